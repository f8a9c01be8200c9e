#include "apk.h"

#include "../core/hash.h"

/* bionic and glibc, the same on every ABI. */
extern int open(const char *path, int flags, ...);
extern i64 lseek64(int file, i64 offset, int whence);
extern i64 zq_pread(int file, void *to, size_t n, i64 offset) __asm__("pread64");
extern int close(int file);

enum { SEEK_TO_END = 2, READ_ONLY = 0, CLOSE_ON_EXEC = 02000000 };
enum { EOCD = 22, EOCD_MAGIC = 0x06054b50, LONGEST_COMMENT = 65535, CHUNK = 1024, BLOCK_FOOT = 24 };
enum { ID_V2 = 0x7109871a, ATTRIBUTE_LINEAGE = 0x3ba06f8c };
static const u32 ID_V3 = 0xf05368c0, ID_V31 = 0x1b93ad61;
static const u64 MAGIC_LOW = 0x20676953204b5041u, MAGIC_HIGH = 0x3234206b636f6c42u;

/* A part of the file that is still to be read. */
typedef struct {
    int file;
    i64 at, end;
} part;

typedef struct {
    u8 *out;
    u32 count;
} found;

static int get(const part *p, i64 offset, u8 *to, u32 n) {
    if (offset < 0 || offset > p->end - (i64)n) return 0;
    for (u32 done = 0; done < n;) {
        i64 got = zq_pread(p->file, to + done, n - done, offset + done);
        if (got <= 0) return 0;
        done += (u32)got;
    }
    return 1;
}

static int get_u32(part *p, u32 *value) {
    u8 b[4];
    if (!get(p, p->at, b, 4)) return 0;
    *value = zq_le32(b);
    p->at += 4;
    return 1;
}

/* A part of u32 length off the front of p. */
static int cut(part *p, part *out) {
    u32 n;
    if (!get_u32(p, &n) || (i64)n > p->end - p->at) return 0;
    *out = (part){p->file, p->at, p->at + n};
    p->at = out->end;
    return 1;
}

static void add_certificate(part certificate, found *f) {
    u8 buffer[CHUNK], digest[32];
    zq_sha256 s;
    zq_sha256_init(&s);
    while (certificate.at < certificate.end) {
        i64 left = certificate.end - certificate.at;
        u32 n = left < CHUNK ? (u32)left : CHUNK;
        if (!get(&certificate, certificate.at, buffer, n)) return;
        zq_sha256_add(&s, buffer, n);
        certificate.at += n;
    }
    zq_sha256_end(&s, digest);
    for (u32 i = 0; i < f->count; i++)
        if (zq_equal(f->out + 32 * i, digest, 32)) return;
    if (f->count < ZQ_SIGNERS) zq_copy(f->out + 32 * f->count++, digest, 32);
}

/* AOSP V3SigningCertificateLineage: version, then nodes of {signed data {certificate, …}, flags, …}. */
static void add_lineage(part lineage, found *f) {
    u32 version;
    part node, data, certificate;
    if (!get_u32(&lineage, &version)) return;
    while (lineage.at < lineage.end && cut(&lineage, &node))
        if (cut(&node, &data) && cut(&data, &certificate)) add_certificate(certificate, f);
}

/* Signed data: digests, certificates (the first is the signer's), [v3: least and most SDK,] attributes. */
static void add_signer(part signer, int v3, found *f) {
    part data, ignored, certificates, certificate, attributes, attribute;
    u32 id, sdk;
    if (!cut(&signer, &data) || !cut(&data, &ignored) || !cut(&data, &certificates)) return;
    if (!cut(&certificates, &certificate)) return;
    add_certificate(certificate, f);
    if (!v3 || !get_u32(&data, &sdk) || !get_u32(&data, &sdk) || !cut(&data, &attributes)) return;
    while (attributes.at < attributes.end && cut(&attributes, &attribute))
        if (get_u32(&attribute, &id) && id == (u32)ATTRIBUTE_LINEAGE) add_lineage(attribute, f);
}

static void add_signers(part value, int v3, found *f) {
    part signers, signer;
    if (!cut(&value, &signers)) return;
    while (signers.at < signers.end && cut(&signers, &signer)) add_signer(signer, v3, f);
}

/* Pairs of u64 length, u32 id, value. */
static void read_pairs(part pairs, found *f) {
    u8 head[12];
    while (get(&pairs, pairs.at, head, 12)) {
        u64 n = zq_le64(head);
        u32 id = zq_le32(head + 8);
        if (n < 4 || n > (u64)(pairs.end - pairs.at - 8)) return;
        part value = {pairs.file, pairs.at + 12, pairs.at + 8 + (i64)n};
        if (id == ID_V2 || id == ID_V3 || id == ID_V31) add_signers(value, id != ID_V2, f);
        pairs.at = value.end;
    }
}

/* Offset of the central directory, out of the end record; −1 when there is none. */
static i64 directory(const part *all) {
    u8 tail[EOCD];
    i64 last = all->end - EOCD;
    for (i64 at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) {
        if (!get(all, at, tail, EOCD)) return -1;
        if (zq_le32(tail) == EOCD_MAGIC && (tail[20] | tail[21] << 8) == last - at) return zq_le32(tail + 16);
    }
    return -1;
}

u32 zq_apk_signers(const char *path, u8 out[ZQ_SIGNERS * 32]) {
    found f = {out, 0};
    u8 foot[BLOCK_FOOT];
    int file = open(path, READ_ONLY | CLOSE_ON_EXEC);
    if (file < 0) return 0;
    part all = {file, 0, lseek64(file, 0, SEEK_TO_END)};
    i64 end = directory(&all) - BLOCK_FOOT;
    if (end > 0 && get(&all, end, foot, BLOCK_FOOT) && zq_le64(foot + 8) == MAGIC_LOW && zq_le64(foot + 16) == MAGIC_HIGH) {
        u64 size = zq_le64(foot);
        i64 after = end + BLOCK_FOOT;
        if (size >= BLOCK_FOOT && size <= (u64)after) read_pairs((part){file, after - (i64)size, end}, &f);
    }
    close(file);
    return f.count;
}
