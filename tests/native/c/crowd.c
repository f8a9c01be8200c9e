/* Many threads that load a library and run it at the same time. Words: PATH, then those of the library. */
#include <pthread.h>

#include "system.h"

enum { THREADS = 12 };
static int count;
static char **words;

static void *one(void *nothing) {
    void *library = dlopen(words[0], RTLD_NOW | RTLD_LOCAL);
    return (void *)(long)(library ? ((int (*)(int, char **))dlsym(library, "run"))(count - 1, words + 1) : 9);
}

/* How many of them were not served. */
int run(int n, char **given) {
    pthread_t threads[THREADS];
    void *result;
    int failed = 0;
    count = n, words = given;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, one, 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], &result), failed += result != 0;
    return failed;
}
