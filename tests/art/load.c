/*
 * Runtime.nativeLoad, which Android has in libopenjdkjvm: ART loads the library itself, for the class loader that asked,
 * so that its JNI_OnLoad finds the app's classes. The two strings are std::string as libstdc++ lays them out.
 */
#include <dlfcn.h>
#include <jni.h>
#include <string.h>

#define LOAD                                                                                          \
    "_ZN3art9JavaVMExt17LoadNativeLibraryEP7_JNIEnvRKNSt7__cxx1112basic_stringIcSt11char_traitsIcE" \
    "SaIcEEEP8_jobjectP7_jclassPS8_"

struct text {
    char *start;
    size_t size;
    char near[16];
};

typedef jboolean load_library(
    JavaVM *vm, JNIEnv *env, const struct text *path, jobject loader, jclass caller, struct text *error);

JNIEXPORT jstring Java_java_lang_Runtime_nativeLoad(
    JNIEnv *env, jclass self, jstring name, jobject loader, jclass caller) {
    JavaVM *vm;
    struct text path, error = {error.near, 0, ""};
    load_library *load = (load_library *)dlsym(RTLD_DEFAULT, LOAD);
    if (!load || (*env)->GetJavaVM(env, &vm)) return (*env)->NewStringUTF(env, "ART's loader was not found");
    path.start = (char *)(*env)->GetStringUTFChars(env, name, 0);
    path.size = strlen(path.start);
    jboolean done = load(vm, env, &path, loader, caller, &error);
    (*env)->ReleaseStringUTFChars(env, name, path.start);
    return done ? 0 : (*env)->NewStringUTF(env, error.start);
}
