#include "keep.h"

#include "../core/hash.h"
#include "process.h"
#include "secret.h"
#include "system.h"

/* sys/fcntl.h, sys/file.h */
enum { READ_ONLY = 0, READ_WRITE = 2, CREATE = 0x200, TRUNCATE = 0x400, CLOSE_ON_EXEC = 0x1000000 };
enum { LOCK_ALONE = 2, OWNER_ONLY = 0600, LONGEST_PATH = 1024 };

/* The file: how the secret is made, 32 random bytes, what is sealed. */
enum { PLAIN = 0, IN_KEYCHAIN = 1, RANDOM = 32, HEAD = 1 + RANDOM };
static u8 record[HEAD + ZQ_SEALED_MEMORY], made[ZQ_SEALED_MEMORY];
static zq_lock keeping;

static int path_of(const char *name, char out[LONGEST_PATH]) {
    static const char folder[] = "/Library/";
    cf home = NSHomeDirectory();
    u32 n = 0;
    if (!home || !CFStringGetCString(home, out, LONGEST_PATH - 32, CF_UTF8)) return 0;
    while (out[n]) n++;
    for (u32 i = 0; folder[i]; i++) out[n++] = folder[i];
    while ((out[n] = *name++)) n++;
    return n > 0;
}

/* The bytes of the file in record; 0 when there is none, or none that was written here; −1 when it cannot be read. */
static i32 load(void) {
    char path[LONGEST_PATH];
    u32 n = 0;
    if (!path_of("zqk", path)) return -1;
    int file = open(path, READ_ONLY | CLOSE_ON_EXEC);
    if (file < 0) return access(path, 0) ? 0 : -1;
    while (n < sizeof record) {
        i64 got = read(file, record + n, sizeof record - n);
        if (got < 0) n = sizeof record + 1;
        if (got <= 0) break;
        n += (u32)got;
    }
    close(file);
    if (n > sizeof record) return -1;
    return n >= HEAD && record[0] <= IN_KEYCHAIN ? (i32)n : 0;
}

/* Whole or not at all: written beside, synced, renamed. */
static int store(const u8 *sealed, u32 n) {
    char path[LONGEST_PATH], beside[LONGEST_PATH];
    if (!path_of("zqk", path) || !path_of("zqk.new", beside)) return 0;
    int file = open(beside, READ_WRITE | CREATE | TRUNCATE | CLOSE_ON_EXEC, OWNER_ONLY);
    if (file < 0) return 0;
    int done = write(file, record, HEAD) == HEAD && write(file, sealed, n) == (i64)n && !fsync(file);
    if (close(file) || !done) return 0;
    return !rename(beside, path);
}

/* The secret of this install: 1, 0 where the Keychain has lost its part, −1 where it does not answer. */
static i32 secret_of(const u8 head[HEAD], u8 out[ZQ_SECRET]) {
    u8 key[ZQ_SECRET];
    i32 found = head[0] == IN_KEYCHAIN ? zq_secret(key, 0) : ZQ_SECRET_HERE;
    if (found == ZQ_SECRET_GONE) return 0;
    if (found != ZQ_SECRET_HERE) return -1;
    if (head[0] == IN_KEYCHAIN) zq_hkdf((span){head + 1, RANDOM}, (span){key, sizeof key}, (span){0, 0}, out, ZQ_SECRET);
    else zq_copy(out, head + 1, ZQ_SECRET);
    zq_wipe(key, sizeof key);
    return 1;
}

/* A new head, for which the Keychain has a part in the secret where the app may use it; −1 as above. */
static i32 begin(u8 out[ZQ_SECRET]) {
    u8 key[ZQ_SECRET];
    i32 there = zq_secret(key, 1);
    zq_wipe(key, sizeof key);
    if (there != ZQ_SECRET_HERE && there != ZQ_SECRET_FORBIDDEN) return -1;
    record[0] = there == ZQ_SECRET_HERE ? IN_KEYCHAIN : PLAIN;
    return SecRandomCopyBytes(0, RANDOM, record + 1) ? -1 : secret_of(record, out);
}

/* 1 when the verdict holds: nothing is to be remembered, or it is on the disk. */
static int meet(const zq_question *question, zq_verdict *verdict) {
    u8 secret[ZQ_SECRET], fresh[ZQ_FRESH];
    i32 n = load(), ready = n > 0 ? secret_of(record, secret) : n;
    if (!ready) ready = begin(secret), n = HEAD;
    if (ready <= 0 || SecRandomCopyBytes(0, sizeof fresh, fresh)) return 0;
    u32 size = zq_meet(secret, record + HEAD, (u32)n - HEAD, fresh, question, verdict, made);
    zq_wipe(secret, sizeof secret);
    return size ? store(made, size) : !(verdict->verdict & ZQ_FIRST_MET);
}

void zq_keep(const zq_question *question, zq_verdict *verdict) {
    char path[LONGEST_PATH];
    i32 otherwise = verdict->verdict & ZQ_REFUSED;
    zq_take(&keeping);
    int lock = path_of("zqk.lock", path) ? open(path, READ_WRITE | CREATE | CLOSE_ON_EXEC, OWNER_ONLY) : -1;
    int held = lock >= 0 && !flock(lock, LOCK_ALONE);
    if (!held || !meet(question, verdict)) verdict->verdict = otherwise, verdict->reason = R_FIRST_USE;
    if (lock >= 0) close(lock);
    zq_give(&keeping);
}
