/* NSURLConnection: the delegate's answer about a server is ours first. */
#include "challenge.h"
#include "trust.h"

#define WILL_SEND "connection:willSendRequestForAuthenticationChallenge:"
#define CAN_ANSWER "connection:canAuthenticateAgainstProtectionSpace:"
#define DID_RECEIVE "connection:didReceiveAuthenticationChallenge:"

/* What NSURLConnection does for a delegate that only has the two older methods, or none (NSURLConnection.h). */
static void answer_as_before(cf self, cf connection, cf challenge) {
    typedef bool (*question)(cf, cf, cf, cf);
    cf space = zq_send(challenge, "protectionSpace");
    bool asked = !zq_challenge_trust(challenge) && !zq_send(space, "distinguishedNames");
    if (zq_responds(self, CAN_ANSWER)) asked = ZQ_MESSAGE(question)(self, sel_registerName(CAN_ANSWER), connection, space);
    if (asked && zq_responds(self, DID_RECEIVE)) zq_send2(self, DID_RECEIVE, connection, challenge);
    else zq_send1(zq_send(challenge, "sender"), "performDefaultHandlingForAuthenticationChallenge:", challenge);
}

static cf answering(zq_imp original, cf selector) {
    return _Block_copy(^(cf self, cf connection, cf challenge) {
      if (zq_judge_challenge(challenge, 0) != ZQ_GO_ON)
          zq_send1(zq_send(challenge, "sender"), "cancelAuthenticationChallenge:", challenge);
      else if (original) ((void (*)(cf, cf, cf, cf))original)(self, selector, connection, challenge);
      else answer_as_before(self, connection, challenge);
    });
}

static const zq_method FOR_CONNECTION = {WILL_SEND, "v@:@@", answering};

static void prepare(cf delegate) {
    if (!zq_cover(delegate, &FOR_CONNECTION)) zq_give_method(delegate, &FOR_CONNECTION);
}

static cf with_delegate(zq_imp original, cf selector) {
    return _Block_copy(^cf(cf self, cf request, cf delegate) {
      if (delegate) prepare(delegate);
      return ((cf(*)(cf, cf, cf, cf))original)(self, selector, request, delegate);
    });
}

static cf with_delegate_at_once(zq_imp original, cf selector) {
    return _Block_copy(^cf(cf self, cf request, cf delegate, bool at_once) {
      if (delegate) prepare(delegate);
      return ((cf(*)(cf, cf, cf, cf, bool))original)(self, selector, request, delegate, at_once);
    });
}

void zq_hook_connections(void) {
    cf class = objc_getClass("NSURLConnection");
    zq_replace(class, "initWithRequest:delegate:", with_delegate);
    zq_replace(class, "initWithRequest:delegate:startImmediately:", with_delegate_at_once);
    zq_replace_of_class(class, "connectionWithRequest:delegate:", with_delegate);
}
