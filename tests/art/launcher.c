/* Starts ART out of its library with the options given, then hands $PROBE to the static method run of $PROBE_CLASS. */
#include <dlfcn.h>
#include <jni.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_OPTIONS = 32 };

int main(int argc, char **argv) {
    JavaVMOption options[MOST_OPTIONS];
    JavaVM *machine;
    JNIEnv *env;
    void *art = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    if (!art) return fprintf(stderr, "%s\n", dlerror()), 1;
    jint (*create)(JavaVM **, JNIEnv **, void *) = (jint(*)(JavaVM **, JNIEnv **, void *))dlsym(art, "JNI_CreateJavaVM");
    int count = 0;
    for (int i = 2; i < argc && count < MOST_OPTIONS; i++) options[count++].optionString = argv[i];
    JavaVMInitArgs arguments = {JNI_VERSION_1_6, count, options, JNI_FALSE};
    if (!create || create(&machine, &env, &arguments)) return fprintf(stderr, "ART did not start\n"), 2;
    jclass probe = (*env)->FindClass(env, getenv("PROBE_CLASS"));
    jmethodID run = probe ? (*env)->GetStaticMethodID(env, probe, "run", "(Ljava/lang/String;)V") : 0;
    if (run) (*env)->CallStaticVoidMethod(env, probe, run, (*env)->NewStringUTF(env, getenv("PROBE")));
    if ((*env)->ExceptionCheck(env)) return (*env)->ExceptionDescribe(env), 3;
    _exit(0); /* without the threads that a whole system would end */
}
