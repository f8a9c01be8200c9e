/* How often a thing is told: the same one once in a while, and all together so many times in a while. On the main queue
 * only. */
#ifndef ZQ_OFTEN_H
#define ZQ_OFTEN_H

#include "tell.h"

enum { ZQ_KEPT = 32 };

typedef struct {
    double again, span; /* seconds between two of the same; of the span in which `most` are told */
    u32 most;
    double begun;
    u32 count, kept, next;
    struct {
        char host[ZQ_HOST + 1];
        double at;
    } seen[ZQ_KEPT];
} zq_often;

/* 1 when it may be told now, which counts. */
int zq_allows(zq_often *limit, const char *host, double now);

#endif
