#include "process.h"

#include "../core/rules.h"
#include "../core/vault.h"
#include "system.h"
#include "team.h"

/* The well: filler that the build of an app overwrites. Made by stub/build, never assumed constant. */
extern const u8 zq_well[ZQ_WELL];

enum { LONGEST_ID = 256 };

static u8 plain[ZQ_PLAIN];
static zq_memory memory;
static int is_open;
static zq_lock opening, remembering;

static i32 open_for_this_app(void) {
    char id[LONGEST_ID + 1];
    u8 signer[32];
    u32 n = 0;
    const u8 *well = zq_well;
    cf bundle = CFBundleGetMainBundle(), name = bundle ? CFBundleGetIdentifier(bundle) : 0;
    if (!name || !CFStringGetCString(name, id, sizeof id, CF_UTF8)) return ZQ_NO_BUNDLE;
    while (id[n]) n++;
    if (!n) return ZQ_NO_BUNDLE;
    u32 signers = (u32)zq_team_signer(signer);
    __asm__ volatile("" : "+r"(well)); /* the well is patched after the compiler has seen it */
    return zq_vault_open(well, (span){(const u8 *)id, n}, signer, signers, plain) ? 0 : ZQ_CLOSED;
}

i32 zq_ready(void) {
    if (zq_opened()) return 0;
    zq_take(&opening);
    i32 code = zq_opened() ? 0 : open_for_this_app();
    if (!code) __atomic_store_n(&is_open, 1, __ATOMIC_RELEASE);
    zq_give(&opening);
    return code;
}

const u8 *zq_opened(void) { return __atomic_load_n(&is_open, __ATOMIC_ACQUIRE) ? plain : 0; }

void zq_ask(const zq_question *question, zq_verdict *out) { zq_decide(zq_opened(), &memory, question, out); }

u32 zq_meet(const u8 secret[ZQ_SECRET], u8 *sealed, u32 n, const u8 *fresh, const zq_question *question,
            zq_verdict *out, u8 made[ZQ_SEALED_MEMORY]) {
    const u8 *clear = zq_opened();
    zq_rules rules;
    u32 size = 0;
    if (!clear || !zq_rules_read(clear, &rules)) {
        zq_ask(question, out);
        return 0;
    }
    zq_memory_keys keys = {rules.memory_key, secret};
    zq_take(&remembering);
    if (n) zq_memory_load(&memory, keys, sealed, n);
    zq_decide(clear, &memory, question, out);
    if (out->verdict & ZQ_FIRST_MET) size = zq_memory_seal(&memory, keys, out->wish, fresh, made);
    if (size) out->verdict = 0, out->reason = R_OK, out->pin = 0;
    zq_give(&remembering);
    return size;
}
