/* The dynamic linker, and ELF as far as it is read in memory: the same on bionic and glibc (bionic: dlfcn.h, link.h,
 * elf.h; System V ABI). */
#ifndef ZQ_LINKER_H
#define ZQ_LINKER_H

#include "../core/base.h"

#if __SIZEOF_POINTER__ == 8
typedef struct {
    u32 kind, flags;
    u64 offset, address, physical, file_size, size, align;
} elf_program;
typedef struct {
    u32 name;
    u8 info, other;
    u16 section;
    u64 value, size;
} elf_symbol;
static inline u32 elf_symbol_of(uintptr_t info) { return (u32)(info >> 32); }
static inline u32 elf_type_of(uintptr_t info) { return (u32)info; }
#else
typedef struct {
    u32 kind, offset, address, physical, file_size, size, flags, align;
} elf_program;
typedef struct {
    u32 name, value, size;
    u8 info, other;
    u16 section;
} elf_symbol;
static inline u32 elf_symbol_of(uintptr_t info) { return info >> 8; }
static inline u32 elf_type_of(uintptr_t info) { return info & 0xff; }
#endif

typedef struct {
    uintptr_t tag, value;
} elf_dynamic;

enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_GNU_RELRO = 0x6474e552 };

/* struct dl_phdr_info, the part that every version has. */
typedef struct {
    uintptr_t base;
    const char *name;
    const elf_program *programs;
    u16 count;
} loaded;

/* RTLD_LAZY | RTLD_NOLOAD: these two have the same value everywhere. */
enum { ALREADY_THERE = 5 };

extern int dl_iterate_phdr(int (*each)(loaded *library, size_t size, void *data), void *data);
extern void *dlopen(const char *path, int flags);
extern void *dlsym(void *library, const char *name);

/* 1 when an address lies in one of the library's segments. */
static inline int zq_lies_in(const loaded *library, uintptr_t at) {
    for (u32 i = 0; i < library->count; i++) {
        const elf_program *p = &library->programs[i];
        if (p->kind == PT_LOAD && at - (library->base + p->address) < p->size) return 1;
    }
    return 0;
}

static inline int zq_same_text(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

#endif
