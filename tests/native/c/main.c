/* A process that loads libraries, each as its own, and runs the last one. Words: PATH… -- WORDS. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **words) {
    void *last = 0;
    int i = 1;
    for (; i < count && strcmp(words[i], "--"); i++)
        if (!(last = dlopen(words[i], RTLD_NOW | RTLD_LOCAL))) return printf("%s\n", dlerror()), 2;
    return ((int (*)(int, char **))dlsym(last, "run"))(count - i - 1, words + i + 1);
}
