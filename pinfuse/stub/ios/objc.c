#include "objc.h"

/* Parts of the runtime that only this file uses. */
cf class_getInstanceMethod(cf class, cf selector);
cf class_getClassMethod(cf class, cf selector);
bool class_addMethod(cf class, cf selector, zq_imp code, const char *types);
zq_imp method_getImplementation(cf method);
zq_imp method_setImplementation(cf method, zq_imp code);
zq_imp imp_implementationWithBlock(cf block);
cf imp_getBlock(zq_imp code);

static zq_lock replacing; /* held from the look at a method until it is replaced */

cf zq_send(cf to, const char *name) { return ZQ_MESSAGE(cf(*)(cf, cf))(to, sel_registerName(name)); }

cf zq_send1(cf to, const char *name, cf one) { return ZQ_MESSAGE(cf(*)(cf, cf, cf))(to, sel_registerName(name), one); }

cf zq_send2(cf to, const char *name, cf one, cf two) {
    return ZQ_MESSAGE(cf(*)(cf, cf, cf, cf))(to, sel_registerName(name), one, two);
}

int zq_responds(cf object, const char *name) {
    return ZQ_MESSAGE(bool (*)(cf, cf, cf))(object, sel_registerName("respondsToSelector:"), sel_registerName(name));
}

/* Block_private.h: what a block runs. Two blocks of one literal run the same. */
static const void *runs(cf block) { return *(const void *const *)((const u8 *)block + 16); }

static int replace(cf method, cf selector, zq_maker make) {
    if (!method) return 0;
    zq_take(&replacing);
    zq_imp original = method_getImplementation(method);
    cf block = make(original, selector), there = imp_getBlock(original);
    if (!there || runs(there) != runs(block)) method_setImplementation(method, imp_implementationWithBlock(block));
    zq_give(&replacing);
    _Block_release(block);
    return 1;
}

int zq_replace(cf class, const char *name, zq_maker make) {
    cf selector = sel_registerName(name);
    return class && replace(class_getInstanceMethod(class, selector), selector, make);
}

void zq_replace_of_class(cf class, const char *name, zq_maker make) {
    cf selector = sel_registerName(name);
    if (class) replace(class_getClassMethod(class, selector), selector, make);
}

void zq_add(cf class, const char *name, const char *types, int forwards, zq_maker make) {
    cf selector = sel_registerName(name);
    cf block = make(forwards ? _objc_msgForward : (zq_imp)0, selector);
    class_addMethod(class, selector, imp_implementationWithBlock(block), types);
    _Block_release(block);
}
