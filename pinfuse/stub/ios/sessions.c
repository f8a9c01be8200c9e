/* NSURLSession: every session gets a delegate whose answer about a server is ours first. */
#include "challenge.h"

#define MAKE "sessionWithConfiguration:delegate:delegateQueue:"

static cf shared; /* the session that stands for NSURLSession's shared one */

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

static cf make_shared(cf class) {
    cf none = 0, there = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
    if (there) return there;
    cf made = make_session(class, zq_send(objc_getClass("NSURLSessionConfiguration"), "defaultSessionConfiguration"));
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
    zq_replace(objc_getClass("NSURLSessionTask"), "setDelegate:", task_delegate);
}
