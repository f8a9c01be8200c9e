/* A process that loads libraries, each as its own, and runs the last one. Words: PATH… -- WORDS. */
#include "system.h"

int main(int count, char **words) {
    void *last = 0;
    int i = 1;
    for (; i < count && strcmp(words[i], "--"); i++)
        if (!(last = dlopen(words[i], RTLD_NOW | RTLD_LOCAL))) return printf("%s\n", dlerror()), 2;
    return ((int (*)(int, char **))dlsym(last, "run"))(count - i - 1, words + i + 1);
}

#ifdef __ANDROID__
/* bionic's own start of a program: what crtbegin_dynamic.o of the NDK does. */
typedef struct {
    void (**before)(void), (**first)(void), (**last)(void);
} arrays;
extern void __libc_init(void *words, void (*)(void), int (*)(int, char **, char **), const arrays *);

__attribute__((used, visibility("hidden"))) void start(void *words) {
    static void (*none[2])(void);
    arrays all = {none, none, none};
    __libc_init(words, 0, (int (*)(int, char **, char **))main, &all);
}
#if defined(__aarch64__)
__asm__(".globl _start\n_start: mov x29, #0\nmov x30, #0\nmov x0, sp\nb start\n");
#elif defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\nmov %rsp, %rdi\nand $-16, %rsp\ncall start\nhlt\n");
#elif defined(__i386__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\nmov %esp, %eax\nand $-16, %esp\nsub $12, %esp\npush %eax\ncall start\nhlt\n");
#else
__asm__(".arm\n.globl _start\n_start: mov fp, #0\nmov lr, #0\nmov r0, sp\nb start\n");
#endif
#endif
