/* The few natives of libcore that are called before an app, in place of libicu_jni, libjavacore and libopenjdk. */
#include <jni.h>
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <stdlib.h>
JNIEXPORT jint JNI_OnLoad(JavaVM *vm, void *r) { return JNI_VERSION_1_6; }
JNIEXPORT jlong Java_java_lang_System_nanoTime(JNIEnv *e, jclass c) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000L + t.tv_nsec; }
JNIEXPORT jlong Java_java_lang_System_currentTimeMillis(JNIEnv *e, jclass c) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000L + t.tv_nsec / 1000000; }
JNIEXPORT void Java_java_lang_System_log(JNIEnv *e, jclass c, jstring s) { const char *t = (*e)->GetStringUTFChars(e, s, 0); fprintf(stderr, "%s\n", t); (*e)->ReleaseStringUTFChars(e, s, t); }
JNIEXPORT void Java_java_lang_Runtime_nativeExit(JNIEnv *e, jclass c, jint n) { exit(n); }
JNIEXPORT jint Java_java_lang_Float_floatToRawIntBits(JNIEnv *e, jclass c, jfloat f) { union { jfloat f; jint i; } u = {f}; return u.i; }
JNIEXPORT jfloat Java_java_lang_Float_intBitsToFloat(JNIEnv *e, jclass c, jint i) { union { jint i; jfloat f; } u = {i}; return u.f; }
JNIEXPORT jlong Java_java_lang_Double_doubleToRawLongBits(JNIEnv *e, jclass c, jdouble f) { union { jdouble f; jlong i; } u = {f}; return u.i; }
JNIEXPORT jdouble Java_java_lang_Double_longBitsToDouble(JNIEnv *e, jclass c, jlong i) { union { jlong i; jdouble f; } u = {i}; return u.f; }
JNIEXPORT jobject Java_sun_misc_Unsafe_allocateInstance(JNIEnv *e, jobject u, jclass c) { return (*e)->AllocObject(e, c); }
JNIEXPORT jboolean Java_java_nio_ByteOrder_isLittleEndian(JNIEnv *e, jclass c) { return JNI_TRUE; }
#define MATH(name) JNIEXPORT jdouble Java_java_lang_Math_##name(JNIEnv *e, jclass c, jdouble x) { return name(x); }
MATH(log) MATH(log10) MATH(exp) MATH(sqrt) MATH(floor) MATH(ceil) MATH(rint)
JNIEXPORT jdouble Java_java_lang_Math_pow(JNIEnv *e, jclass c, jdouble x, jdouble y) { return pow(x, y); }
JNIEXPORT jstring Java_java_util_Locale_toLanguageTag(JNIEnv *e, jobject l) { return (*e)->NewStringUTF(e, "en-US"); }
JNIEXPORT jstring Java_java_util_Locale_getScript(JNIEnv *e, jobject l) { return (*e)->NewStringUTF(e, ""); }
JNIEXPORT jobject Java_java_util_Locale_forLanguageTag(JNIEnv *e, jclass c, jstring tag) { return (*e)->GetStaticObjectField(e, c, (*e)->GetStaticFieldID(e, c, "US", "Ljava/util/Locale;")); }
