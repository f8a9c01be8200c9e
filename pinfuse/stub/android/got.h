/* Functions put in the place of others in libraries that are loaded already, by their relocations. */
#ifndef ZQ_GOT_H
#define ZQ_GOT_H

#include "../core/base.h"

typedef struct {
    const char *name;
    void *function;
    int beside_us; /* only in libraries of our own folder, which see the same libraries as we do */
} zq_hook;

/* Go through every loaded library of the app (none of the system's), and let what it imports under these names be
 * ours. What is so already is left alone; nothing is done when nothing was loaded since the last time. */
void zq_got_scan(const zq_hook *hooks, u32 count);

/* Let a word of a loaded library be ours, also where it is read-only; 1 when it is. */
int zq_got_put(void **word, void *function);

#endif
