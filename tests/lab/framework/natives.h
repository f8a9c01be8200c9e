/* What the natives of resources.cpp and system.cpp share. */
#pragma once
#include <jni.h>

#include <string>

#define NATIVE(type, name) extern "C" JNIEXPORT type JNICALL Java_##name

/* The API level of the classes above. */
extern int level;

inline std::string text(JNIEnv *env, jstring from) {
    if (from == nullptr) return "";
    const char *chars = env->GetStringUTFChars(from, nullptr);
    std::string out = chars;
    env->ReleaseStringUTFChars(from, chars);
    return out;
}
