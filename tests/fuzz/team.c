/* The reader of the stub's own code signature on iOS. dyld has checked load commands and segments; what the signature
 * says of itself is checked by nobody who would refuse to load the library. */
#include <string.h>

#include "../../pinfuse/stub/ios/team.h"

enum { LINKEDIT_AT = 4096, ROOM = 8192, ADDRESS = 1 << 20, COMMANDS = 2 * 72 + 16 };

/* The library in memory: the signature is the last thing in it, so that every read behind its end is seen. */
extern u8 image[LINKEDIT_AT + ROOM] __asm__("___dso_handle");
u8 image[LINKEDIT_AT + ROOM];

static void put(u32 at, u64 value, u32 size) { memcpy(image + at, &value, size); }

static void segment(u32 at, const char *name, u64 address, u64 offset, u64 size) {
    put(at, 0x19, 4), put(at + 4, 72, 4);
    memcpy(image + at + 8, name, strlen(name));
    put(at + 24, address, 8), put(at + 32, size, 8), put(at + 40, offset, 8), put(at + 48, size, 8);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    u8 digest[32];
    if (size > ROOM) return -1;
    memset(image, 0, sizeof image);
    put(16, 3, 4), put(20, COMMANDS, 4);
    segment(32, "__TEXT", ADDRESS, 0, LINKEDIT_AT);
    segment(32 + 72, "__LINKEDIT", ADDRESS + LINKEDIT_AT, LINKEDIT_AT, ROOM);
    put(32 + 144, 0x1d, 4), put(32 + 148, 16, 4), put(32 + 152, sizeof image - size, 4), put(32 + 156, size, 4);
    memcpy(image + sizeof image - size, data, size);
    if (zq_team_signer(digest) & ~1) __builtin_trap();
    return 0;
}
