/* NSURLSession: every session gets a delegate whose answer about a server is ours first. */
#include "challenge.h"

#define MAKE "sessionWithConfiguration:delegate:delegateQueue:"

enum { MOST_PROTOCOLS = 16 };
static cf shared; /* the session that stands for NSURLSession's shared one */
static cf protocols[MOST_PROTOCOLS]; /* classes that the app registered with NSURLProtocol, in their order */
static u32 registered;
static zq_lock at_protocols;

/* A server's certificate is put to the session's method, and to the task's only where there is none: so nothing is
 * added beside a method for tasks. */
static void prepare(cf delegate) {
    int of_session = zq_cover(delegate, &ZQ_FOR_SESSION), of_tasks = zq_cover(delegate, &ZQ_FOR_TASK);
    if (!of_session && !of_tasks) zq_give_method(delegate, &ZQ_FOR_SESSION);
}

static cf with_delegate(zq_imp original, cf selector) {
    typedef cf (*method)(cf, cf, cf, cf, cf);
    return _Block_copy(^cf(cf self, cf configuration, cf delegate, cf queue) {
      if (delegate) prepare(delegate);
      return ((method)original)(self, selector, configuration, delegate ? delegate : zq_delegate(), queue);
    });
}

static cf make_session(cf class, cf configuration) {
    return ZQ_MESSAGE(cf(*)(cf, cf, cf, cf, cf))(class, sel_registerName(MAKE), configuration, zq_delegate(), 0);
}

static cf without_delegate(zq_imp original, cf selector) {
    (void)original, (void)selector;
    return _Block_copy(^cf(cf self, cf configuration) { return make_session(self, configuration); });
}

/* The shared session cannot be ended, and ours must not be either. */
static cf unless_shared(zq_imp original, cf selector) {
    return _Block_copy(^(cf self) {
      if (self != __atomic_load_n(&shared, __ATOMIC_ACQUIRE)) ((void (*)(cf, cf))original)(self, selector);
    });
}

/* The default configuration, with the app's protocols as the shared session would ask them: the last one first. */
static cf shared_configuration(void) {
    cf configuration = zq_send(objc_getClass("NSURLSessionConfiguration"), "defaultSessionConfiguration");
    cf classes[MOST_PROTOCOLS];
    u32 n = 0;
    zq_take(&at_protocols);
    for (u32 i = registered; i; i--) classes[n++] = protocols[i - 1];
    zq_give(&at_protocols);
    cf own = n ? CFArrayCreate(0, classes, n, 0) : 0;
    if (!own) return configuration;
    zq_send1(configuration, "setProtocolClasses:",
             zq_send1(own, "arrayByAddingObjectsFromArray:", zq_send(configuration, "protocolClasses")));
    CFRelease(own);
    return configuration;
}

static cf make_shared(cf class) {
    cf none = 0, there = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
    if (there) return there;
    cf made = make_session(class, shared_configuration());
    if (!made) return 0;
    zq_replace(object_getClass(made), "invalidateAndCancel", unless_shared);
    zq_replace(object_getClass(made), "finishTasksAndInvalidate", unless_shared);
    CFRetain(made);
    if (__atomic_compare_exchange_n(&shared, &none, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
    zq_send(made, "invalidateAndCancel"); /* another thread was faster */
    CFRelease(made);
    return none;
}

static cf shared_session(zq_imp original, cf selector) {
    (void)original, (void)selector;
    return _Block_copy(^cf(cf self) { return make_shared(self); });
}

static void forget_protocol(cf class) {
    u32 kept = 0;
    for (u32 i = 0; i < registered; i++)
        if (protocols[i] != class) protocols[kept++] = protocols[i];
    registered = kept;
}

/* Another list of protocols takes another shared session: that of a session cannot be changed. */
static void change_protocols(cf class, int add) {
    zq_take(&at_protocols);
    forget_protocol(class);
    if (add && registered < MOST_PROTOCOLS) protocols[registered++] = class;
    zq_give(&at_protocols);
    __atomic_store_n(&shared, (cf)0, __ATOMIC_RELEASE);
}

static cf register_protocol(zq_imp original, cf selector) {
    return _Block_copy(^bool(cf self, cf class) {
      bool done = ((bool (*)(cf, cf, cf))original)(self, selector, class);
      if (done) change_protocols(class, 1);
      return done;
    });
}

static cf unregister_protocol(zq_imp original, cf selector) {
    return _Block_copy(^(cf self, cf class) {
      ((void (*)(cf, cf, cf))original)(self, selector, class);
      change_protocols(class, 0);
    });
}

/* A delegate of one task (iOS 15): what it does not answer is put to the session's. */
static cf task_delegate(zq_imp original, cf selector) {
    return _Block_copy(^(cf self, cf delegate) {
      if (delegate) zq_cover(delegate, &ZQ_FOR_SESSION), zq_cover(delegate, &ZQ_FOR_TASK);
      ((void (*)(cf, cf, cf))original)(self, selector, delegate);
    });
}

void zq_hook_sessions(void) {
    cf class = objc_getClass("NSURLSession");
    zq_replace_of_class(class, MAKE, with_delegate);
    zq_replace_of_class(class, "sessionWithConfiguration:", without_delegate);
    zq_replace_of_class(class, "sharedSession", shared_session);
    zq_replace_of_class(objc_getClass("NSURLProtocol"), "registerClass:", register_protocol);
    zq_replace_of_class(objc_getClass("NSURLProtocol"), "unregisterClass:", unregister_protocol);
    zq_replace(objc_getClass("NSURLSessionTask"), "setDelegate:", task_delegate);
}
