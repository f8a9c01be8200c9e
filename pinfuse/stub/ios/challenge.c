#include "challenge.h"

#include "../core/host.h"
#include "trust.h"

cf zq_challenge_trust(cf challenge) {
    cf space = challenge ? zq_send(challenge, "protectionSpace") : 0;
    return space ? zq_send(space, "serverTrust") : 0;
}

int zq_judge_challenge(cf challenge, int final) {
    char name[ZQ_HOST + 1];
    cf trust = zq_challenge_trust(challenge);
    if (!trust) return ZQ_GO_ON;
    cf host = zq_send(zq_send(challenge, "protectionSpace"), "host");
    if (!host || !CFStringGetCString(host, name, sizeof name, CF_UTF8)) name[0] = 0;
    return zq_judge(trust, zq_platform_accepts(trust), name, final);
}

/* An answer that accepts is asked about once more; the app may give none, or several. */
static challenge_answer checked(cf_kept challenge, challenge_answer answer) {
    return (challenge_answer)_Block_copy(^(long disposition, cf credential) {
      int stops = disposition == CHALLENGE_USE && zq_judge_challenge(challenge, 1) != ZQ_GO_ON;
      answer(stops ? CHALLENGE_CANCEL : disposition, stops ? 0 : credential);
    });
}

/* Puts a challenge to the stub, and then, unless it must stop, to the app. */
static void put(cf challenge, challenge_answer answer, void (^to_app)(challenge_answer answer)) {
    int becomes = zq_judge_challenge(challenge, 0);
    if (becomes == ZQ_STOP) answer(CHALLENGE_CANCEL, 0);
    else if (becomes == ZQ_GO_ON) to_app(answer);
    else {
        challenge_answer once_more = checked(challenge, answer);
        to_app(once_more);
        _Block_release(once_more);
    }
}

static cf answering(zq_imp original, cf selector) {
    typedef void (*method)(cf, cf, cf, cf, challenge_answer);
    return _Block_copy(^(cf self, cf asks, cf challenge, challenge_answer answer) {
      put(challenge, answer, ^(challenge_answer given) {
        if (original) ((method)original)(self, selector, asks, challenge, given);
        else given(CHALLENGE_DEFAULT, 0);
      });
    });
}

static cf answering_for_task(zq_imp original, cf selector) {
    typedef void (*method)(cf, cf, cf, cf, cf, challenge_answer);
    return _Block_copy(^(cf self, cf asks, cf task, cf challenge, challenge_answer answer) {
      put(challenge, answer, ^(challenge_answer given) {
        if (original) ((method)original)(self, selector, asks, task, challenge, given);
        else given(CHALLENGE_DEFAULT, 0);
      });
    });
}

const zq_method ZQ_FOR_SESSION = {"URLSession:didReceiveChallenge:completionHandler:", "v@:@@@?", answering};
const zq_method ZQ_FOR_TASK = {"URLSession:task:didReceiveChallenge:completionHandler:", "v@:@@@@?", answering_for_task};
const zq_method ZQ_FOR_WEB = {"webView:didReceiveAuthenticationChallenge:completionHandler:", "v@:@@@?", answering};

static cf make_delegate(void) {
    cf class = objc_allocateClassPair(objc_getClass("NSObject"), "zqd", 0);
    if (!class) return 0; /* no room for a class */
    zq_add(class, ZQ_FOR_SESSION.name, ZQ_FOR_SESSION.types, 0, answering);
    zq_add(class, ZQ_FOR_WEB.name, ZQ_FOR_WEB.types, 0, answering);
    objc_registerClassPair(class);
    return zq_send(class, "new");
}

cf zq_delegate(void) {
    static cf one;
    static zq_lock making;
    zq_take(&making);
    if (!one) one = make_delegate();
    zq_give(&making);
    return one;
}

/* The class that an object says it has: not the one that key-value observing puts in between, and which goes away. A
 * class, which says itself, answers with the methods of its own class. */
static cf class_of(cf delegate) {
    cf said = zq_send(delegate, "class");
    return said == delegate ? object_getClass(delegate) : said;
}

int zq_cover(cf delegate, const zq_method *method) {
    cf real = object_getClass(delegate), said = class_of(delegate);
    int found = zq_replace(real, method->name, method->make);
    if (said != real) found |= zq_replace(said, method->name, method->make);
    if (!zq_responds(delegate, method->name)) return 0;
    if (!found) zq_add(real, method->name, method->types, 1, method->make);
    return 1;
}

void zq_give_method(cf delegate, const zq_method *method) {
    zq_add(class_of(delegate), method->name, method->types, 0, method->make);
}
