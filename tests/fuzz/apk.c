/* The reader of the APK Signing Block: the app's own file, which somebody may have made to break it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../pinfuse/stub/android/apk.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static char path[64];
    static int file = -1;
    u8 digests[ZQ_SIGNERS * 32];
    if (file < 0) {
        file = memfd_create("apk", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (ftruncate(file, 0) || pwrite(file, data, size, 0) != (ssize_t)size) abort();
    if (zq_apk_signers(path, digests) > ZQ_SIGNERS) __builtin_trap();
    return 0;
}
