/* Types and small helpers of the core: freestanding C11, no libc, no allocation. */
#ifndef ZQ_BASE_H
#define ZQ_BASE_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

/* A run of bytes that somebody else owns. */
typedef struct {
    const u8 *p;
    u32 n;
} span;

void zq_copy(u8 *to, const u8 *from, u32 n);
void zq_fill(u8 *to, u8 value, u32 n);
/* Overwrite secrets; never removed by the compiler. */
void zq_wipe(void *p, u32 n);
/* 1 when equal; time depends on n only. */
int zq_equal(const u8 *a, const u8 *b, u32 n);
int zq_span_equal(span a, span b);

static inline u32 zq_be16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static inline u32 zq_be32(const u8 *p) {
    return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}
static inline u64 zq_be64(const u8 *p) { return (u64)zq_be32(p) << 32 | zq_be32(p + 4); }
static inline u32 zq_le32(const u8 *p) {
    return (u32)p[3] << 24 | (u32)p[2] << 16 | (u32)p[1] << 8 | p[0];
}
static inline u64 zq_le64(const u8 *p) { return (u64)zq_le32(p + 4) << 32 | zq_le32(p); }

#endif
