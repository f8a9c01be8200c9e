/* The few functions of the Java Native Interface that the stub calls, by their index in the function table
 * (JNI specification, "Interface Function Table"); the emulator of the proof fakes exactly these. */
#ifndef ZQ_JNI_H
#define ZQ_JNI_H

#include "../core/base.h"

typedef void *jref;
typedef struct {
    const char *name, *signature;
    void *function;
} jni_method;

enum { JNI_1_6 = 0x00010006 };

enum {
    JNI_FIND_CLASS = 6,
    JNI_EXCEPTION_CLEAR = 17,
    JNI_NEW_GLOBAL_REF = 21,
    JNI_DELETE_LOCAL_REF = 23,
    JNI_GET_OBJECT_CLASS = 31,
    JNI_GET_METHOD_ID = 33,
    JNI_CALL_OBJECT_METHOD_A = 36,
    JNI_GET_STATIC_METHOD_ID = 113,
    JNI_CALL_STATIC_VOID_METHOD_A = 143,
    JNI_GET_STRING_UTF_LENGTH = 168,
    JNI_GET_ARRAY_LENGTH = 171,
    JNI_GET_OBJECT_ARRAY_ELEMENT = 173,
    JNI_NEW_BYTE_ARRAY = 176,
    JNI_GET_BYTE_ARRAY_REGION = 200,
    JNI_SET_BYTE_ARRAY_REGION = 208,
    JNI_SET_INT_ARRAY_REGION = 211,
    JNI_REGISTER_NATIVES = 215,
    JNI_GET_STRING_LENGTH = 164,
    JNI_GET_STRING_UTF_REGION = 221,
    JNI_EXCEPTION_CHECK = 228,
    VM_DETACH = 5,
    VM_GET_ENV = 6,
    VM_ATTACH_AS_DAEMON = 7
};

typedef void *const *const *jni_env;

#define JNI(env, index, type, ...) (((type(*)(__VA_ARGS__))(*(env))[index]))

static inline jref jni_find_class(jni_env e, const char *name) {
    return JNI(e, JNI_FIND_CLASS, jref, jni_env, const char *)(e, name);
}
static inline i32 jni_register(jni_env e, jref c, const jni_method *m, i32 n) {
    return JNI(e, JNI_REGISTER_NATIVES, i32, jni_env, jref, const jni_method *, i32)(e, c, m, n);
}
static inline jref jni_class_of(jni_env e, jref o) { return JNI(e, JNI_GET_OBJECT_CLASS, jref, jni_env, jref)(e, o); }
static inline void *jni_method_id(jni_env e, jref c, const char *name, const char *signature) {
    return JNI(e, JNI_GET_METHOD_ID, void *, jni_env, jref, const char *, const char *)(e, c, name, signature);
}
static inline jref jni_call_object(jni_env e, jref o, void *method) {
    return JNI(e, JNI_CALL_OBJECT_METHOD_A, jref, jni_env, jref, void *, const void *)(e, o, method, 0);
}
static inline i32 jni_array_length(jni_env e, jref a) {
    return JNI(e, JNI_GET_ARRAY_LENGTH, i32, jni_env, jref)(e, a);
}
static inline jref jni_element(jni_env e, jref a, i32 i) {
    return JNI(e, JNI_GET_OBJECT_ARRAY_ELEMENT, jref, jni_env, jref, i32)(e, a, i);
}
static inline void jni_bytes(jni_env e, jref a, i32 from, i32 n, u8 *to) {
    JNI(e, JNI_GET_BYTE_ARRAY_REGION, void, jni_env, jref, i32, i32, u8 *)(e, a, from, n, to);
}
static inline jref jni_new_bytes(jni_env e, i32 n) { return JNI(e, JNI_NEW_BYTE_ARRAY, jref, jni_env, i32)(e, n); }
static inline void jni_put_bytes(jni_env e, jref a, i32 from, i32 n, const u8 *bytes) {
    JNI(e, JNI_SET_BYTE_ARRAY_REGION, void, jni_env, jref, i32, i32, const u8 *)(e, a, from, n, bytes);
}
static inline void jni_set_ints(jni_env e, jref a, i32 from, i32 n, const i32 *values) {
    JNI(e, JNI_SET_INT_ARRAY_REGION, void, jni_env, jref, i32, i32, const i32 *)(e, a, from, n, values);
}
static inline i32 jni_string_length(jni_env e, jref s) {
    return JNI(e, JNI_GET_STRING_LENGTH, i32, jni_env, jref)(e, s);
}
static inline i32 jni_utf_length(jni_env e, jref s) {
    return JNI(e, JNI_GET_STRING_UTF_LENGTH, i32, jni_env, jref)(e, s);
}
static inline void jni_utf(jni_env e, jref s, i32 from, i32 n, u8 *to) {
    JNI(e, JNI_GET_STRING_UTF_REGION, void, jni_env, jref, i32, i32, u8 *)(e, s, from, n, to);
}
static inline jref jni_keep(jni_env e, jref o) { return JNI(e, JNI_NEW_GLOBAL_REF, jref, jni_env, jref)(e, o); }
static inline void *jni_static_method_id(jni_env e, jref c, const char *name, const char *signature) {
    return JNI(e, JNI_GET_STATIC_METHOD_ID, void *, jni_env, jref, const char *, const char *)(e, c, name, signature);
}
/* values: one jvalue, 8 bytes, for each argument; a reference lies in its first bytes. */
static inline void jni_call_static(jni_env e, jref c, void *method, const void *values) {
    JNI(e, JNI_CALL_STATIC_VOID_METHOD_A, void, jni_env, jref, void *, const void *)(e, c, method, values);
}
static inline i32 jni_attach(const void *machine, jni_env *env, void *as) {
    return JNI((jni_env)machine, VM_ATTACH_AS_DAEMON, i32, const void *, jni_env *, void *)(machine, env, as);
}
static inline void jni_detach(const void *machine) {
    JNI((jni_env)machine, VM_DETACH, i32, const void *)(machine);
}
static inline void jni_drop(jni_env e, jref o) { JNI(e, JNI_DELETE_LOCAL_REF, void, jni_env, jref)(e, o); }

/* 1 when an exception was pending; it is cleared. */
static inline int jni_failed(jni_env e) {
    if (!JNI(e, JNI_EXCEPTION_CHECK, u8, jni_env)(e)) return 0;
    JNI(e, JNI_EXCEPTION_CLEAR, void, jni_env)(e);
    return 1;
}

#endif
