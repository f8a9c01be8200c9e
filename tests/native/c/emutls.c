/* Thread-local variables as compilers for older Androids have them, for one thread: V8 takes it from its C++ library. */
typedef struct {
    unsigned long size, align, index;
    void *first;
} variable;

void *__emutls_get_address(variable *one) {
    static char room[4096];
    static unsigned long used;
    if (!one->index) used = (used + 15) & ~15ul, one->index = used + 1, used += one->size;
    return room + one->index - 1;
}
