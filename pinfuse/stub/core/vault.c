#include "vault.h"

#include "aead.h"
#include "hash.h"

/* What a key is for; the first byte of every HKDF info. */
enum { LAYOUT = 1, SLOT_OF_SIGNER = 2, SLOT_OF_PACKAGE = 3, RULES = 4 };

typedef struct {
    const u8 *slots, *sealed;
    u8 material[ZQ_MATERIAL];
    u8 aad[32];
} layout;

/* Slots and sealed rules in an order and with gaps that the salt decides; key material out of the gaps; the
 * digest of everything that is not the sealed rules. */
static void find(const u8 *well, layout *at) {
    u8 code = LAYOUT, seed[36];
    span salt = {well, ZQ_SALT};
    zq_hkdf(salt, salt, (span){&code, 1}, seed, sizeof seed);
    u32 slots_first = seed[0] & 1;
    u32 gap1 = zq_be16(seed + 2) % (ZQ_GAP / 2), gap2 = zq_be16(seed + 4) % (ZQ_GAP / 2);
    u32 first = slots_first ? ZQ_SLOTS * ZQ_SLOT : ZQ_SEALED;
    const u8 *a = well + ZQ_SALT + gap1, *b = a + first + gap2;
    at->slots = slots_first ? a : b;
    at->sealed = slots_first ? b : a;
    const u8 *end = b + (slots_first ? ZQ_SEALED : ZQ_SLOTS * ZQ_SLOT);
    u32 step = zq_be16(seed + 6) | 1, place = zq_be16(seed + 8);
    for (u32 i = 0; i < ZQ_MATERIAL; i++, place += step) {
        u32 k = place % ZQ_GAP;
        const u8 *from = k < gap1 ? well + ZQ_SALT + k : k < gap1 + gap2 ? a + first + (k - gap1) : end + (k - gap1 - gap2);
        at->material[i] = (u8)(*from ^ seed[10 + i % 26]);
    }
    zq_sha256 s;
    zq_sha256_init(&s);
    zq_sha256_add(&s, well, (u32)(at->sealed - well));
    zq_sha256_add(&s, at->sealed + ZQ_SEALED, (u32)(well + ZQ_WELL - at->sealed) - ZQ_SEALED);
    zq_sha256_end(&s, at->aad);
}

/* The data key out of the slot that opens for a signer, or for the package alone when signer is null. One key for
 * all slots; the slot's number goes into the last byte of the nonce. */
static int open_slot(const u8 *well, const layout *at, span package, const u8 *signer, u8 *data_key) {
    u8 info[1 + 32 + 256], key[44];
    u32 n = 0;
    int opened = 0;
    info[n++] = signer ? SLOT_OF_SIGNER : SLOT_OF_PACKAGE;
    if (signer) zq_copy(info + n, signer, 32), n += 32;
    zq_copy(info + n, package.p, package.n), n += package.n;
    zq_hkdf((span){well, ZQ_SALT}, (span){at->material, ZQ_MATERIAL}, (span){info, n}, key, sizeof key);
    for (u32 i = 0; !opened && i < ZQ_SLOTS; i++) {
        key[43] ^= (u8)i;
        opened = zq_open(key, (span){well, 0}, at->slots + i * ZQ_SLOT, 32, data_key);
        key[43] ^= (u8)i;
    }
    zq_wipe(key, sizeof key);
    return opened;
}

int zq_vault_open(const u8 *well, span package, const u8 *signers, u32 n, u8 *plain) {
    layout at;
    u8 ikm[32 + ZQ_MATERIAL], key[44], code = RULES;
    if (package.n > 256) return 0;
    find(well, &at);
    int opened = 0;
    for (u32 who = 0; !opened && who <= n; who++)
        opened = open_slot(well, &at, package, who < n ? signers + 32 * who : 0, ikm);
    if (opened) {
        zq_copy(ikm + 32, at.material, ZQ_MATERIAL);
        zq_hkdf((span){well, ZQ_SALT}, (span){ikm, sizeof ikm}, (span){&code, 1}, key, sizeof key);
        opened = zq_open(key, (span){at.aad, 32}, at.sealed, ZQ_PLAIN, plain);
    }
    zq_wipe(ikm, sizeof ikm);
    zq_wipe(key, sizeof key);
    zq_wipe(&at, sizeof at);
    return opened;
}
