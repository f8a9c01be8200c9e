/* The well: 16 KiB or more that hold the sealed rules; docs/vault-format.md has the layout. The build of the payload
 * says how large it is. */
#ifndef ZQ_VAULT_H
#define ZQ_VAULT_H

#include "base.h"

#ifndef ZQ_WELL_SIZE
#define ZQ_WELL_SIZE 16384
#endif

enum {
    ZQ_WELL = ZQ_WELL_SIZE,
    ZQ_SALT = 32,
    ZQ_SLOTS = 16,
    ZQ_SLOT = 48,
    ZQ_MATERIAL = 64,
    ZQ_PLAIN = ZQ_WELL - 2048,
    ZQ_SEALED = ZQ_PLAIN + 16,
    ZQ_GAP = ZQ_WELL - ZQ_SALT - ZQ_SLOTS * ZQ_SLOT - ZQ_SEALED,
    ZQ_VERSION = 4
};

/* Decrypt the rules into plain[ZQ_PLAIN] for this package and one of n signers (32 bytes each, one after the
 * other); 1 when a key slot opened, else 0 and plain is untouched. */
int zq_vault_open(const u8 *well, span package, const u8 *signers, u32 n, u8 *plain);

#endif
