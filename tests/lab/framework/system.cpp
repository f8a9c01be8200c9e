/*
 * What the parsers ask of the system on their way: a few properties, clocks, the log, files (none is here).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "natives.h"

static jstring property(JNIEnv *env, jstring name, jstring otherwise) {
    std::string asked = text(env, name);
    if (asked == "ro.build.version.sdk") return env->NewStringUTF(std::to_string(level).c_str());
    if (asked == "ro.build.version.codename" || asked == "ro.build.version.all_codenames") {
        return env->NewStringUTF("REL");
    }
    if (asked == "ro.build.version.sdk_full") return env->NewStringUTF((std::to_string(level) + ".0").c_str());
    if (asked.rfind("ro.product.cpu.abilist", 0) == 0) return env->NewStringUTF("x86_64");
    return otherwise;
}
NATIVE(jstring, android_os_SystemProperties_native_1get__Ljava_lang_String_2)(JNIEnv *env, jclass, jstring name) {
    return property(env, name, env->NewStringUTF(""));
}
NATIVE(jstring, android_os_SystemProperties_native_1get__Ljava_lang_String_2Ljava_lang_String_2)
(JNIEnv *env, jclass, jstring name, jstring otherwise) {
    return property(env, name, otherwise);
}

NATIVE(jlong, android_os_SystemProperties_native_1find)(JNIEnv *, jclass, jstring) { return 0; } /* by name */
static jlong number(JNIEnv *env, jstring name, jlong otherwise) {
    jstring found = property(env, name, nullptr);
    return found ? atoll(text(env, found).c_str()) : otherwise;
}
NATIVE(jint, android_os_SystemProperties_native_1get_1int__Ljava_lang_String_2I)
(JNIEnv *env, jclass, jstring name, jint otherwise) {
    return static_cast<jint>(number(env, name, otherwise));
}
NATIVE(jlong, android_os_SystemProperties_native_1get_1long__Ljava_lang_String_2J)
(JNIEnv *env, jclass, jstring name, jlong otherwise) {
    return number(env, name, otherwise);
}
NATIVE(jboolean, android_os_SystemProperties_native_1get_1boolean__Ljava_lang_String_2Z)
(JNIEnv *, jclass, jstring, jboolean otherwise) {
    return otherwise;
}
NATIVE(void, android_os_SystemProperties_native_1add_1change_1callback)(JNIEnv *, jclass) {}
NATIVE(jboolean, dalvik_system_VMRuntime_is64Bit)(JNIEnv *, jobject) { return true; }
static jobject array_of(JNIEnv *env, jclass type, jint size) {
    jclass arrays = env->FindClass("java/lang/reflect/Array");
    jmethodID make = env->GetStaticMethodID(arrays, "newInstance", "(Ljava/lang/Class;I)Ljava/lang/Object;");
    return env->CallStaticObjectMethod(arrays, make, type, size);
}
NATIVE(jobject, dalvik_system_VMRuntime_newUnpaddedArray)(JNIEnv *env, jobject, jclass type, jint size) {
    return array_of(env, type, size);
}
NATIVE(jobject, dalvik_system_VMRuntime_newNonMovableArray)(JNIEnv *env, jobject, jclass type, jint size) {
    return array_of(env, type, size);
}
NATIVE(jlong, dalvik_system_VMRuntime_addressOf)(JNIEnv *, jobject, jobject) { return 0; } /* for styles */
NATIVE(jint, libcore_io_Linux_getuid)(JNIEnv *, jobject) { return 1000; }
NATIVE(jint, libcore_io_Linux_nativeGetuid)(JNIEnv *, jobject) { return 1000; }
NATIVE(jobject, libcore_io_Posix_open)(JNIEnv *env, jobject, jstring, jint, jint) {
    jclass type = env->FindClass("android/system/ErrnoException");
    jmethodID make = env->GetMethodID(type, "<init>", "(Ljava/lang/String;I)V");
    env->Throw(static_cast<jthrowable>(env->NewObject(type, make, env->NewStringUTF("open"), ENOENT)));
    return nullptr; /* the files of a phone are not here */
}
NATIVE(jstring, libcore_io_Posix_strerror)(JNIEnv *env, jobject, jint number) {
    return env->NewStringUTF(strerror(number));
}
NATIVE(void, android_system_OsConstants_initConstants)(JNIEnv *, jclass) {}
NATIVE(jboolean, android_os_Trace_nativeIsTagEnabled)(JNIEnv *, jclass, jlong) { return false; }

static jlong milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
NATIVE(jlong, android_os_SystemClock_uptimeMillis)(JNIEnv *, jclass) { return milliseconds(); }
NATIVE(jlong, android_os_SystemClock_uptimeNanos)(JNIEnv *, jclass) { return milliseconds() * 1000000; }
NATIVE(jlong, android_os_SystemClock_elapsedRealtimeNanos)(JNIEnv *, jclass) { return milliseconds() * 1000000; }
NATIVE(jlong, android_os_SystemClock_elapsedRealtime)(JNIEnv *, jclass) { return milliseconds(); }

NATIVE(jint, android_util_Log_println_1native)(JNIEnv *env, jclass, jint, jint priority, jstring tag, jstring message) {
    if (getenv("LAB_LOG")) fprintf(stderr, "%d %s: %s\n", priority, text(env, tag).c_str(), text(env, message).c_str());
    return 0;
}
NATIVE(jboolean, android_util_Log_isLoggable)(JNIEnv *, jclass, jstring, jint) { return false; }
NATIVE(jint, android_os_Process_myPid)(JNIEnv *, jclass) { return getpid(); }
NATIVE(jint, android_os_Process_myUid)(JNIEnv *, jclass) { return 10001; }
NATIVE(jlong, android_os_Trace_nativeGetEnabledTags)(JNIEnv *, jclass) { return 0; }
