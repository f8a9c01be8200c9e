/* What a compiler may call on its own for copies and zeroed locals, so that no library is needed for it
 * (C runtime; "Run-time ABI for the Arm Architecture", 4.3.4). */
#include "base.h"

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

void *memcpy(void *to, const void *from, size_t n) {
    zq_copy(to, from, (u32)n);
    return to;
}

void *memset(void *to, int value, size_t n) {
    zq_fill(to, (u8)value, (u32)n);
    return to;
}

#ifdef __arm__
#define CLEAR(name) \
    void name(void *to, size_t n); \
    void name(void *to, size_t n) { zq_fill(to, 0, (u32)n); }
#define COPY(name) \
    void name(void *to, const void *from, size_t n); \
    void name(void *to, const void *from, size_t n) { zq_copy(to, from, (u32)n); }
CLEAR(__aeabi_memclr)
CLEAR(__aeabi_memclr4)
CLEAR(__aeabi_memclr8)
COPY(__aeabi_memcpy)
COPY(__aeabi_memcpy4)
COPY(__aeabi_memcpy8)
#endif
