#include "tell.h"

#include "../core/hash.h"
#include "../core/host.h"

extern int pthread_create(void *thread, const void *attributes, void *(*run)(void *), void *argument);
extern int pthread_detach(uintptr_t thread);
extern int getpid(void);

enum { WAITING = 8, HEAD = 6, MOST = HEAD + 32 * ZQ_CHAIN + ZQ_HOST };

/* As Java reads it (zqk/N.java): reason, certificate, refused, how many were left out before it (2), how many digests
 * follow, SHA-256 of each certificate, the host (none: not known). */
typedef struct {
    u32 size;
    u8 bytes[MOST];
} message;

static message ring[WAITING];
static u32 first, count, missed;
static int busy;    /* 1 while one thread is at the ring */
static int telling; /* 1 while our thread lives */

static const void *machine; /* published last */
static jref class;
static int process;

static void lock(void) {
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) continue;
}

static void unlock(void) { __atomic_store_n(&busy, 0, __ATOMIC_RELEASE); }

/* The oldest message, and away with it; 0 when there is none, and then our thread is over. */
static int take(message *out) {
    lock();
    int there = count != 0;
    if (there) *out = ring[first], first = (first + 1) % WAITING, count--;
    else telling = 0;
    unlock();
    return there;
}

static void *run(void *nothing) {
    struct {
        i32 version;
        const char *name;
        jref group;
    } as = {JNI_1_6, "zqk", 0};
    jni_env env = 0;
    message one;
    void *method = 0;
    int attached = !jni_attach(machine, &env, &as) && env;
    if (attached) method = jni_static_method_id(env, class, "e", "([B)V");
    if (attached) jni_failed(env);
    while (take(&one)) {
        jref bytes = method ? jni_new_bytes(env, (i32)one.size) : 0;
        if (attached && !jni_failed(env) && bytes) {
            jni_put_bytes(env, bytes, 0, (i32)one.size, one.bytes);
            jni_call_static(env, class, method, &(i64){(i64)(uintptr_t)bytes});
            jni_failed(env);
            jni_drop(env, bytes);
        }
    }
    if (attached) jni_detach(machine);
    return nothing;
}

void zq_tell_waiting(void) {
    uintptr_t thread;
    if (!__atomic_load_n(&machine, __ATOMIC_ACQUIRE) || getpid() != process) return; /* a fork has no machine */
    lock();
    int begin = count && !telling;
    if (begin) telling = 1;
    unlock();
    if (!begin) return;
    if (!pthread_create(&thread, 0, run, 0)) {
        pthread_detach(thread);
        return;
    }
    lock();
    telling = 0;
    unlock();
}

void zq_tell_whom(void *whom, jni_env env, jref of) {
    class = jni_keep(env, of);
    process = getpid();
    if (!jni_failed(env) && class) __atomic_store_n(&machine, whom, __ATOMIC_RELEASE);
}

void zq_tell(const zq_question *question, const zq_verdict *verdict, int refused) {
    u8 digests[ZQ_CHAIN][32];
    u32 n = question->count <= ZQ_CHAIN ? question->count : 0;
    u32 host = question->host && question->host_length <= ZQ_HOST ? question->host_length : 0;
    for (u32 i = 0; i < n; i++) zq_sha256_of(question->chain[i], digests[i]);
    lock();
    if (count < WAITING) {
        message *one = &ring[(first + count++) % WAITING];
        u8 *p = one->bytes;
        p[0] = (u8)verdict->reason, p[1] = (u8)verdict->certificate, p[2] = (u8)refused;
        p[3] = (u8)(missed >> 8), p[4] = (u8)missed, p[5] = (u8)n, missed = 0;
        zq_copy(p + HEAD, digests[0], 32 * n);
        zq_copy(p + HEAD + 32 * n, question->host, host);
        one->size = HEAD + 32 * n + host;
    } else if (missed < 0xffff) {
        missed++;
    }
    unlock();
    zq_tell_waiting();
}
