/* What the virtual machine sees: four natives, registered on load; see docs/architecture.md. */
#include "../core/host.h"
#include "../core/memory.h"
#include "../core/rules.h"
#include "../core/vault.h"
#include "../core/verdict.h"
#include "adapter.h"
#include "apk.h"
#include "hooks.h"
#include "jni.h"
#include "tell.h"

/* The well: 16 KiB of filler that the build of an app overwrites. Made by stub/build, never assumed constant. */
extern const u8 zq_well[ZQ_WELL];

enum { CLOSED = 0, OPENING = 1, OPEN = 2, LONGEST_TEXT = 1024, LONGEST_PACKAGE = 256 };
enum { E_CONTEXT = -1, E_VAULT = -3 };

static u8 plain[ZQ_PLAIN];
static int state;
static zq_memory memory;
static int remembering; /* 1 while one thread is in native_c */

/* The text that a method without arguments gives, as UTF-8 with a final 0; its length, or −1. */
static i32 text_of(jni_env env, jref object, const char *method, char *out, i32 size) {
    jref class = jni_class_of(env, object);
    void *id = class ? jni_method_id(env, class, method, "()Ljava/lang/String;") : 0;
    jref text = id && !jni_failed(env) ? jni_call_object(env, object, id) : 0;
    if (jni_failed(env) || !text) return -1;
    i32 n = jni_utf_length(env, text);
    if (n < 0 || n >= size) return -1;
    jni_utf(env, text, 0, jni_string_length(env, text), (u8 *)out);
    if (jni_failed(env)) return -1;
    out[n] = 0;
    return n;
}

/* Digests that the caller and the file itself both report, into out; how many. */
static u32 both(jni_env env, jref reported, const u8 *inside, u32 count, u8 *out) {
    u8 digest[32];
    u32 n = 0;
    i32 many = reported ? jni_array_length(env, reported) : 0;
    for (i32 i = 0; i < many && i < ZQ_SIGNERS; i++) {
        jref element = jni_element(env, reported, i);
        if (jni_failed(env) || !element) continue;
        if (jni_array_length(env, element) == 32) {
            jni_bytes(env, element, 0, 32, digest);
            for (u32 k = 0; k < count; k++)
                if (zq_equal(inside + 32 * k, digest, 32)) zq_copy(out + 32 * n++, digest, 32);
        }
        jni_drop(env, element);
    }
    return n;
}

static i32 open_for(jni_env env, jref context, jref reported) {
    char package[LONGEST_PACKAGE + 1], path[LONGEST_TEXT];
    u8 inside[ZQ_SIGNERS * 32], agreed[ZQ_SIGNERS * 32];
    const u8 *well = zq_well;
    i32 n = context ? text_of(env, context, "getPackageName", package, sizeof package) : -1;
    if (n < 0 || text_of(env, context, "getPackageCodePath", path, sizeof path) < 0) return E_CONTEXT;
    u32 count = zq_apk_signers(path, inside);
    u32 signers = both(env, reported, inside, count, agreed);
    __asm__ volatile("" : "+r"(well)); /* the well is patched after the compiler has seen it */
    return zq_vault_open(well, (span){(const u8 *)package, (u32)n}, agreed, signers, plain) ? 0 : E_VAULT;
}

static i32 native_a(jni_env env, jref class, jref context, jref reported) {
    (void)class;
    zq_hooks_install();
    for (;;) {
        int expected = CLOSED;
        if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == OPEN) return zq_tell_waiting(), 0;
        if (__atomic_compare_exchange_n(&state, &expected, OPENING, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) break;
    }
    i32 code = open_for(env, context, reported);
    __atomic_store_n(&state, code ? CLOSED : OPEN, __ATOMIC_RELEASE);
    zq_tell_waiting();
    return code;
}

/* The chain's certificates into bytes, one after the other; 0 when they are more than is judged. */
static int take_chain(jni_env env, jref array, u8 *bytes, span *chain, u32 *count) {
    i32 many = array ? jni_array_length(env, array) : 0;
    u32 used = 0;
    if (many > ZQ_CHAIN) return 0;
    for (i32 i = 0; i < many; i++) {
        jref element = jni_element(env, array, i);
        if (jni_failed(env) || !element) return 0;
        i32 n = jni_array_length(env, element);
        if (n < 0 || (u32)n > ZQ_CHAIN_BYTES - used) return 0;
        jni_bytes(env, element, 0, n, bytes + used);
        chain[i] = (span){bytes + used, (u32)n};
        used += (u32)n;
        jni_drop(env, element);
    }
    *count = (u32)many;
    return !jni_failed(env);
}

/* A question and the bytes it points into. */
typedef struct {
    u8 bytes[ZQ_CHAIN_BYTES], name[ZQ_HOST];
    span chain[ZQ_CHAIN];
    zq_question question;
} asked;

/* What is more than is judged becomes an empty chain or host, which are malformed. */
static void take_question(jni_env env, jref array, jref host, i64 now, i32 flags, asked *out) {
    out->question = (zq_question){out->chain, 0, 0, 0, now, (u32)flags};
    if (!take_chain(env, array, out->bytes, out->chain, &out->question.count)) out->question.count = 0;
    if (!host) return;
    i32 n = jni_array_length(env, host);
    out->question.host = out->name;
    if (n <= 0 || n > (i32)sizeof out->name) return;
    jni_bytes(env, host, 0, n, out->name);
    out->question.host_length = (u32)n;
}

const u8 *zq_opened(void) { return __atomic_load_n(&state, __ATOMIC_ACQUIRE) == OPEN ? plain : 0; }

const zq_memory *zq_met(void) { return &memory; }

static void give(jni_env env, jref out, const zq_verdict *verdict) {
    if (out && jni_array_length(env, out) >= 4) jni_set_ints(env, out, 0, 4, &verdict->verdict);
    jni_failed(env);
}

static i32 native_b(jni_env env, jref class, jref array, jref host, i64 now, i32 flags, jref out) {
    asked asked;
    zq_verdict verdict;
    (void)class;
    zq_hooks_install();
    take_question(env, array, host, now, flags, &asked);
    zq_decide(zq_opened(), &memory, &asked.question, &verdict);
    give(env, out, &verdict);
    return verdict.verdict;
}

/* A byte[] of least to most bytes; its length, 0 for every other. */
static u32 take(jni_env env, jref array, u8 *to, u32 least, u32 most) {
    i32 n = array ? jni_array_length(env, array) : 0;
    if (n <= 0 || (u32)n < least || (u32)n > most) return 0;
    jni_bytes(env, array, 0, n, to);
    return jni_failed(env) ? 0 : (u32)n;
}

/* The memory with the host of this question added; null, with the verdict as it is, where nothing is to be added. */
static jref remember(jni_env env, const u8 *rules, zq_memory_keys keys, jref sealed, const u8 *fresh,
                     const zq_question *question, zq_verdict *verdict) {
    static u8 file[ZQ_SEALED_MEMORY];
    u32 n = take(env, sealed, file, 1, sizeof file);
    if (n) zq_memory_load(&memory, keys, file, n);
    zq_decide(rules, &memory, question, verdict);
    if (!(verdict->verdict & ZQ_FIRST_MET)) return 0;
    n = zq_memory_seal(&memory, keys, verdict->wish, fresh, file);
    jref made = n ? jni_new_bytes(env, (i32)n) : 0;
    if (jni_failed(env) || !made) return 0;
    jni_put_bytes(env, made, 0, (i32)n, file);
    if (jni_failed(env)) return 0;
    verdict->verdict = 0, verdict->reason = R_OK, verdict->pin = 0;
    return made;
}

static jref native_c(jni_env env, jref class, jref secret, jref sealed, jref fresh, jref array, jref host, i64 now,
                     i32 flags, jref out) {
    asked asked;
    zq_verdict verdict;
    zq_rules rules;
    u8 install[ZQ_SECRET], once[ZQ_FRESH];
    const u8 *clear = zq_opened();
    jref made = 0;
    (void)class;
    take_question(env, array, host, now, flags, &asked);
    int ready = take(env, secret, install, ZQ_SECRET, ZQ_SECRET) && take(env, fresh, once, ZQ_FRESH, ZQ_FRESH);
    if (ready && clear && zq_rules_read(clear, &rules)) {
        while (__atomic_exchange_n(&remembering, 1, __ATOMIC_ACQUIRE)) continue;
        made = remember(env, clear, (zq_memory_keys){rules.memory_key, install}, sealed, once, &asked.question, &verdict);
        __atomic_store_n(&remembering, 0, __ATOMIC_RELEASE);
    } else {
        zq_decide(clear, &memory, &asked.question, &verdict);
    }
    zq_wipe(install, sizeof install);
    give(env, out, &verdict);
    return made;
}

/* The settings of the opened vault; null while it is closed. */
static jref native_d(jni_env env, jref class) {
    const u8 *clear = zq_opened();
    span settings = clear ? zq_settings(clear) : (span){0, 0};
    (void)class;
    jref made = settings.p ? jni_new_bytes(env, (i32)settings.n) : 0;
    if (jni_failed(env) || !made) return 0;
    jni_put_bytes(env, made, 0, (i32)settings.n, settings.p);
    return jni_failed(env) ? 0 : made;
}

__attribute__((visibility("default"))) i32 JNI_OnLoad(void *vm, void *reserved);

i32 JNI_OnLoad(void *vm, void *reserved) {
    const jni_method natives[] = {
        {"a", "(Ljava/lang/Object;[[B)I", (void *)native_a},
        {"b", "([[B[BJI[I)I", (void *)native_b},
        {"c", "([B[B[B[[B[BJI[I)[B", (void *)native_c},
        {"d", "()[B", (void *)native_d},
    };
    void *const *const *machine = vm;
    jni_env env = 0;
    (void)reserved;
    if (JNI(machine, VM_GET_ENV, i32, void *, void **, i32)(vm, (void **)&env, JNI_1_6) || !env) return -1;
    jref class = jni_find_class(env, "zqk/N");
    if (jni_failed(env) || !class || jni_register(env, class, natives, 4)) return -1;
    zq_tell_whom(vm, env, class);
    zq_hooks_install();
    return jni_failed(env) ? -1 : JNI_1_6;
}
