#include "got.h"

#include "linker.h"

extern int mprotect(void *start, size_t size, int rights);
extern unsigned long getauxval(unsigned long kind);

enum { AT_PAGESZ = 6, READABLE = 1, WRITABLE = 2 };
enum {
    DT_PLTRELSZ = 2, DT_STRTAB = 5, DT_SYMTAB = 6, DT_RELA = 7, DT_RELASZ = 8, DT_REL = 17, DT_RELSZ = 18,
    DT_PLTREL = 20, DT_JMPREL = 23, DT_ANDROID_REL = 0x6000000f, DT_ANDROID_RELSZ = 0x60000010,
    DT_ANDROID_RELA = 0x60000011, DT_ANDROID_RELASZ = 0x60000012
};

/* Relocation types that write the address of a symbol: the table's slots, and words in data. */
#if defined(__aarch64__)
enum { SLOT = 1026, GLOBAL = 1025, WORD = 257 };
#elif defined(__arm__)
enum { SLOT = 22, GLOBAL = 21, WORD = 2 };
#else
enum { SLOT = 7, GLOBAL = 6, WORD = 1 };
#endif

typedef struct {
    const zq_hook *hooks;
    u32 count;
    uintptr_t page, sum;
    const char *folder; /* of this library: its path, and how long the folder's part of it is */
    u32 folder_length;
} search;

typedef struct {
    const search *s;
    uintptr_t base, relro, relro_end;
    const char *strings;
    const elf_symbol *symbols;
    int beside_us;
} image;

static u32 folder_of(const char *path) {
    u32 n = 0;
    for (u32 i = 0; path[i]; i++)
        if (path[i] == '/') n = i + 1;
    return n;
}

static int begins(const char *text, const char *with) {
    while (*with && *text == *with) text++, with++;
    return !*with;
}

/* Libraries of the system keep to themselves; one without a path (API 21 and 22 tell none) may be one of them. */
static int is_the_systems(const char *path) {
    static const char folders[][20] = {"/system/", "/system_ext/", "/apex/", "/vendor/", "/product/", "/odm/",
                                       "/data/dalvik-cache/"};
    if (*path != '/') return 1;
    for (u32 i = 0; i < sizeof folders / sizeof *folders; i++)
        if (begins(path, folders[i])) return 1;
    return 0;
}

/* One at a time: another thread would close the page that this one opened. */
static void put(const image *m, uintptr_t *slot, void *function) {
    static int putting;
    uintptr_t page = (uintptr_t)slot & ~(m->s->page - 1);
    int sealed = page + m->s->page > m->relro && page < m->relro_end;
    while (__atomic_exchange_n(&putting, 1, __ATOMIC_ACQUIRE)) continue;
    if (!sealed || !mprotect((void *)page, m->s->page, READABLE | WRITABLE)) {
        __atomic_store_n(slot, (uintptr_t)function, __ATOMIC_RELEASE);
        if (page >= m->relro && page + m->s->page <= m->relro_end) mprotect((void *)page, m->s->page, READABLE);
    }
    __atomic_store_n(&putting, 0, __ATOMIC_RELEASE);
}

static void relocation(const image *m, uintptr_t offset, uintptr_t info) {
    u32 type = elf_type_of(info), symbol = elf_symbol_of(info);
    if (!symbol || (type != SLOT && type != GLOBAL && type != WORD)) return;
    const char *name = m->strings + m->symbols[symbol].name;
    for (u32 i = 0; i < m->s->count; i++) {
        const zq_hook *hook = &m->s->hooks[i];
        if ((hook->beside_us && !m->beside_us) || !zq_same_text(name, hook->name)) continue;
        uintptr_t *slot = (uintptr_t *)(m->base + offset), is = *slot;
        if (is && is != (uintptr_t)hook->function) put(m, slot, hook->function);
        return;
    }
}

static void table(const image *m, uintptr_t at, size_t size, int addends) {
    size_t step = (addends ? 3 : 2) * sizeof(uintptr_t);
    for (size_t i = 0; at && i + step <= size; i += step) {
        const uintptr_t *words = (const uintptr_t *)(at + i);
        relocation(m, words[0], words[1]);
    }
}

/* One signed LEB128 number; 0 at the end. */
static int number(const u8 **p, const u8 *end, i64 *out) {
    u64 value = 0;
    u32 shift = 0;
    u8 byte;
    do {
        if (*p >= end || shift > 63) return 0;
        byte = *(*p)++;
        value |= (u64)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && byte & 0x40) value |= ~(u64)0 << shift;
    *out = (i64)value;
    return 1;
}

/* Android's packed relocations (bionic: linker_reloc_iterators.h). */
static void packed(const image *m, const u8 *p, size_t size) {
    enum { BY_INFO = 1, BY_DELTA = 2, BY_ADDEND = 4, HAS_ADDEND = 8 };
    const u8 *end = p + size;
    i64 left, offset, many, flags, delta = 0, info = 0, ignored;
    if (size < 4 || zq_le32(p) != 0x32535041) return;
    p += 4;
    if (!number(&p, end, &left) || !number(&p, end, &offset)) return;
    for (; left > 0; left -= many) {
        if (!number(&p, end, &many) || !number(&p, end, &flags) || many <= 0 || many > left) return;
        if (flags & BY_DELTA && !number(&p, end, &delta)) return;
        if (flags & BY_INFO && !number(&p, end, &info)) return;
        if (flags & HAS_ADDEND && flags & BY_ADDEND && !number(&p, end, &ignored)) return;
        for (i64 i = 0; i < many; i++) {
            if (!(flags & BY_DELTA) && !number(&p, end, &delta)) return;
            offset += delta;
            if (!(flags & BY_INFO) && !number(&p, end, &info)) return;
            if (flags & HAS_ADDEND && !(flags & BY_ADDEND) && !number(&p, end, &ignored)) return;
            relocation(m, (uintptr_t)offset, (uintptr_t)info);
        }
    }
}

/* Values by tag; glibc has made addresses of those that are pointers, bionic has not. */
typedef struct {
    uintptr_t strings, symbols, rel, rela, jump, rel_size, rela_size, jump_size, jump_kind, packed, packed_size;
} tables;

static tables tables_of(const elf_dynamic *d) {
    tables t = {0};
    for (; d->tag; d++) {
        switch ((u32)d->tag) {
        case DT_STRTAB: t.strings = d->value; break;
        case DT_SYMTAB: t.symbols = d->value; break;
        case DT_REL: t.rel = d->value; break;
        case DT_RELSZ: t.rel_size = d->value; break;
        case DT_RELA: t.rela = d->value; break;
        case DT_RELASZ: t.rela_size = d->value; break;
        case DT_JMPREL: t.jump = d->value; break;
        case DT_PLTRELSZ: t.jump_size = d->value; break;
        case DT_PLTREL: t.jump_kind = d->value; break;
        case DT_ANDROID_REL: case DT_ANDROID_RELA: t.packed = d->value; break;
        case DT_ANDROID_RELSZ: case DT_ANDROID_RELASZ: t.packed_size = d->value; break;
        default: break;
        }
    }
    return t;
}

/* What of the library is sealed after its relocations; its dynamic section, null for none. */
static const elf_dynamic *survey_image(const loaded *library, image *m) {
    const elf_dynamic *dynamic = 0;
    for (u32 i = 0; i < library->count; i++) {
        const elf_program *p = &library->programs[i];
        if (p->kind == PT_DYNAMIC) dynamic = (const elf_dynamic *)(m->base + p->address);
        if (p->kind != PT_GNU_RELRO) continue;
        m->relro = (m->base + p->address) & ~(m->s->page - 1);
        m->relro_end = m->base + p->address + p->size;
    }
    return dynamic;
}

static int one(loaded *library, size_t size, void *data) {
    const search *s = data;
    image m = {.s = s, .base = library->base};
    (void)size;
    if (!library->name || is_the_systems(library->name)) return 0;
    if (zq_lies_in(library, (uintptr_t)zq_got_scan)) return 0;
    const elf_dynamic *dynamic = survey_image(library, &m);
    if (!dynamic) return 0;
    tables t = tables_of(dynamic);
#define AT(value) ((value) && (value) < m.base ? m.base + (value) : (value))
    m.strings = (const char *)AT(t.strings), m.symbols = (const elf_symbol *)AT(t.symbols);
    m.beside_us = folder_of(library->name) == s->folder_length;
    for (u32 i = 0; m.beside_us && i < s->folder_length; i++) m.beside_us = library->name[i] == s->folder[i];
    if (!t.strings || !t.symbols) return 0;
    table(&m, AT(t.rel), t.rel_size, 0);
    table(&m, AT(t.rela), t.rela_size, 1);
    table(&m, AT(t.jump), t.jump_size, t.jump_kind == DT_RELA);
    if (t.packed) packed(&m, (const u8 *)AT(t.packed), t.packed_size);
#undef AT
    return 0;
}

/* Our own place, and a sum over all that is loaded. */
static int survey(loaded *library, size_t size, void *data) {
    search *s = data;
    (void)size;
    s->sum = s->sum * 31 + (library->base ^ (uintptr_t)library->programs);
    if (!library->name || !zq_lies_in(library, (uintptr_t)zq_got_scan)) return 0;
    s->folder = library->name, s->folder_length = folder_of(library->name);
    return 0;
}

void zq_got_scan(const zq_hook *hooks, u32 count) {
    static uintptr_t last;
    search s = {hooks, count, getauxval(AT_PAGESZ), 0, "", 0};
    dl_iterate_phdr(survey, &s);
    if (!s.page || !s.folder_length || s.sum == __atomic_load_n(&last, __ATOMIC_RELAXED)) return;
    dl_iterate_phdr(one, &s);
    __atomic_store_n(&last, s.sum, __ATOMIC_RELAXED);
}

typedef struct {
    uintptr_t *word;
    void *function;
} wish;

static int put_there(loaded *library, size_t size, void *data) {
    const wish *w = data;
    search s = {.page = getauxval(AT_PAGESZ)};
    image m = {.s = &s, .base = library->base};
    (void)size;
    if (!s.page || !zq_lies_in(library, (uintptr_t)w->word)) return 0;
    survey_image(library, &m);
    put(&m, w->word, w->function);
    return 1;
}

int zq_got_put(void **word, void *function) {
    wish w = {(uintptr_t *)word, function};
    return dl_iterate_phdr(put_there, &w) && *word == function;
}
