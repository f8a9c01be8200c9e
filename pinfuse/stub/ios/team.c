#include "team.h"

#include "../core/hash.h"

/* dyld and ld: the start of this image in memory. */
extern const u8 image[] __asm__("___dso_handle");

/* mach-o/loader.h; offsets in bytes. */
enum { HEADER = 32, COMMANDS_AT = 16, COMMANDS_SIZE_AT = 20, MOST_COMMANDS = 4096 };
enum { SEGMENT_64 = 0x19, CODE_SIGNATURE = 0x1d, SEGMENT_SIZE = 72, SIGNATURE_SIZE = 16 };
/* osfmk/kern/cs_blobs.h; all numbers there are big endian. */
enum { SLOT_DIRECTORY = 0, MOST_BLOBS = 64, WITH_TEAM = 0x20200, TEAM_AT = 48, LONGEST_TEAM = 64 };
static const u32 SUPER_BLOB = 0xfade0cc0, DIRECTORY = 0xfade0c02;

typedef struct {
    u64 address, memory_size, offset, size;
    u8 found;
} segment;

static int named(const u8 *command, const char *name) {
    for (u32 i = 0; i < 16; i++) {
        if (command[8 + i] != (u8)name[i]) return 0;
        if (!name[i]) return 1;
    }
    return 1;
}

static void take_segment(const u8 *command, segment *out) {
    *out = (segment){zq_le64(command + 24), zq_le64(command + 32), zq_le64(command + 40), zq_le64(command + 48), 1};
}

/* The bytes of the code signature as they are mapped with __LINKEDIT; n 0 when there are none. */
static span signature(void) {
    const u8 *at = image + HEADER, *end = at + zq_le32(image + COMMANDS_SIZE_AT);
    u32 count = zq_le32(image + COMMANDS_AT), from = 0, size = 0;
    segment text = {0}, last = {0};
    for (u32 i = 0; i < count && i < MOST_COMMANDS && end - at >= 8; i++) {
        u32 kind = zq_le32(at), length = zq_le32(at + 4);
        if (length < 8 || length > (u64)(end - at)) break;
        if (kind == SEGMENT_64 && length >= SEGMENT_SIZE && named(at, "__TEXT")) take_segment(at, &text);
        if (kind == SEGMENT_64 && length >= SEGMENT_SIZE && named(at, "__LINKEDIT")) take_segment(at, &last);
        if (kind == CODE_SIGNATURE && length >= SIGNATURE_SIZE) from = zq_le32(at + 8), size = zq_le32(at + 12);
        at += length;
    }
    u64 inside = from - last.offset;
    if (!text.found || !last.found || !size || from < last.offset) return (span){0, 0};
    if (inside > last.size || size > last.size - inside || last.size > last.memory_size) return (span){0, 0};
    return (span){image + (last.address - text.address) + inside, size};
}

/* A blob inside another: its own length, checked. n 0 for one with another magic. */
static span blob(span in, u32 at, u32 magic) {
    if (at > in.n || in.n - at < 8 || zq_be32(in.p + at) != magic) return (span){0, 0};
    u32 n = zq_be32(in.p + at + 4);
    return n >= 8 && n <= in.n - at ? (span){in.p + at, n} : (span){0, 0};
}

/* The team of a CodeDirectory: ends with 0 inside of it. */
static span team_of(span directory) {
    if (directory.n < TEAM_AT + 4 || zq_be32(directory.p + 8) < WITH_TEAM) return (span){0, 0};
    u32 at = zq_be32(directory.p + TEAM_AT), n = 0;
    if (!at || at >= directory.n) return (span){0, 0};
    while (at + n < directory.n && directory.p[at + n]) n++;
    if (at + n == directory.n || n > LONGEST_TEAM) return (span){0, 0};
    return (span){directory.p + at, n};
}

int zq_team_signer(u8 out[32]) {
    static const u8 prefix[] = {'t', 'e', 'a', 'm', ':'};
    span all = blob(signature(), 0, SUPER_BLOB), team = {0, 0};
    u32 count = all.n >= 12 ? zq_be32(all.p + 8) : 0;
    for (u32 i = 0; i < count && i < MOST_BLOBS && 12 + 8 * (i + 1) <= all.n; i++)
        if (zq_be32(all.p + 12 + 8 * i) == SLOT_DIRECTORY) team = team_of(blob(all, zq_be32(all.p + 16 + 8 * i), DIRECTORY));
    if (!team.n) return 0;
    zq_sha256 s;
    zq_sha256_init(&s);
    zq_sha256_add(&s, prefix, sizeof prefix);
    zq_sha256_add(&s, team.p, team.n);
    zq_sha256_end(&s, out);
    return 1;
}
