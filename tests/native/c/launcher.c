/* A native library that loads another one when it needs it. Words: PATH, then those of the other. */
#include "system.h"

int run(int count, char **words) {
    void *library = dlopen(words[0], RTLD_NOW | RTLD_LOCAL);
    if (!library) return printf("%s\n", dlerror()), 2;
    return ((int (*)(int, char **))dlsym(library, "run"))(count - 1, words + 1);
}
