#include "often.h"

static int same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

int zq_allows(zq_often *limit, const char *host, double now) {
    u32 place = 0;
    if (!limit->begun || now - limit->begun >= limit->span || now < limit->begun) limit->begun = now, limit->count = 0;
    while (place < limit->kept && !same(limit->seen[place].host, host)) place++;
    int known = place < limit->kept, soon = known && now - limit->seen[place].at < limit->again;
    if (soon || limit->count >= limit->most) return 0;
    if (!known) place = limit->kept < ZQ_KEPT ? limit->kept++ : limit->next++ % ZQ_KEPT;
    zq_copy((u8 *)limit->seen[place].host, (const u8 *)host, ZQ_HOST + 1);
    limit->seen[place].at = now;
    limit->count++;
    return 1;
}
