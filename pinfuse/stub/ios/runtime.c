/* What the compiler calls on its own. Defined here, so that no call goes through a pointer that is bound later and must
 * stay writable: all imports lie in __DATA_CONST. */
#include "system.h"

__attribute__((noreturn)) void __stack_chk_fail(void);
void _Block_object_assign(void *to, const void *from, const int flags);
void _Block_object_dispose(const void *object, const int flags);
void bzero(void *to, size_t n);
void __bzero(void *to, size_t n);

/* The frame was overwritten: nothing can be trusted any more. */
void __stack_chk_fail(void) { __builtin_trap(); }

void _Block_object_assign(void *to, const void *from, const int flags) { own_Block_object_assign(to, from, flags); }
void _Block_object_dispose(const void *object, const int flags) { own_Block_object_dispose(object, flags); }

/* A thread that waits for a lock lets the one that holds it run, whatever their priorities. */
void zq_take(zq_lock *lock) {
    if (os_unfair_lock_lock) os_unfair_lock_lock(lock);
    else
        while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) sched_yield();
}

void zq_give(zq_lock *lock) {
    if (os_unfair_lock_lock) os_unfair_lock_unlock(lock);
    else __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* clang turns memset to zero into these for arm64 and x86_64. */
void bzero(void *to, size_t n) { zq_fill(to, 0, (u32)n); }
void __bzero(void *to, size_t n) { zq_fill(to, 0, (u32)n); }
