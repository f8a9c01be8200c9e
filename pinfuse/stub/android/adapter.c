/* What the virtual machine sees: two natives, registered on load; see docs/architecture.md. */
#include "../core/host.h"
#include "../core/vault.h"
#include "../core/verdict.h"
#include "apk.h"
#include "jni.h"

/* The well: 16 KiB of filler that the build of an app overwrites. Made by stub/build, never assumed constant. */
extern const u8 zq_well[ZQ_WELL];

enum { CLOSED = 0, OPENING = 1, OPEN = 2, LONGEST_TEXT = 1024, LONGEST_PACKAGE = 256 };
enum { E_CONTEXT = -1, E_VAULT = -3 };

static u8 plain[ZQ_PLAIN];
static int state;

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
    for (;;) {
        int expected = CLOSED;
        if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == OPEN) return 0;
        if (__atomic_compare_exchange_n(&state, &expected, OPENING, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) break;
    }
    i32 code = open_for(env, context, reported);
    __atomic_store_n(&state, code ? CLOSED : OPEN, __ATOMIC_RELEASE);
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

static i32 native_b(jni_env env, jref class, jref array, jref host, i64 now, i32 flags, jref out) {
    u8 bytes[ZQ_CHAIN_BYTES], name[ZQ_HOST];
    span chain[ZQ_CHAIN];
    zq_verdict verdict;
    zq_question question = {chain, 0, 0, 0, now, (u32)flags};
    (void)class;
    if (!take_chain(env, array, bytes, chain, &question.count)) question.count = 0;
    if (host) {
        i32 n = jni_array_length(env, host);
        question.host = name;
        if (n > 0 && n <= (i32)sizeof name) {
            jni_bytes(env, host, 0, n, name);
            question.host_length = (u32)n;
        }
    }
    int is_open = __atomic_load_n(&state, __ATOMIC_ACQUIRE) == OPEN;
    zq_decide(is_open ? plain : 0, &question, &verdict);
    if (out && jni_array_length(env, out) >= 4) jni_set_ints(env, out, 0, 4, &verdict.verdict);
    jni_failed(env);
    return verdict.verdict;
}

__attribute__((visibility("default"))) i32 JNI_OnLoad(void *vm, void *reserved);

i32 JNI_OnLoad(void *vm, void *reserved) {
    const jni_method natives[] = {
        {"a", "(Ljava/lang/Object;[[B)I", (void *)native_a},
        {"b", "([[B[BJI[I)I", (void *)native_b},
    };
    void *const *const *machine = vm;
    jni_env env = 0;
    (void)reserved;
    if (JNI(machine, VM_GET_ENV, i32, void *, void **, i32)(vm, (void **)&env, JNI_1_6) || !env) return -1;
    jref class = jni_find_class(env, "zqk/N");
    if (jni_failed(env) || !class || jni_register(env, class, natives, 2)) return -1;
    return jni_failed(env) ? -1 : JNI_1_6;
}
