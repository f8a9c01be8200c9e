/* What a Java process of the lab calls: it runs a library. Words with a 0 behind each: PATH, then those of the library.
 * Indices of the function table as in ../../../pinfuse/stub/android/jni.h. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int Java_lab_Calls_run(void ***env, void *holder, void *array) {
    char bytes[2048], *words[16];
    int size = ((int (*)(void *, void *))(*env)[171])(env, array), count = 0;
    (void)holder;
    if (size > (int)sizeof bytes) return 9;
    ((void (*)(void *, void *, int, int, void *))(*env)[200])(env, array, 0, size, bytes);
    for (char *at = bytes; at < bytes + size && count < 16; at += strlen(at) + 1) words[count++] = at;
    void *library = dlopen(words[0], RTLD_NOW | RTLD_LOCAL);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 9;
    int code = ((int (*)(int, char **))dlsym(library, "run"))(count - 1, words + 1);
    fflush(0);
    return code;
}
