/* Verdicts on trust objects of Security, after the platform has evaluated them. */
#ifndef ZQ_TRUST_H
#define ZQ_TRUST_H

#include "system.h"

/* The platform's own evaluation: 1 when it accepts. */
int zq_platform_accepts(cf trust);

enum {
    ZQ_GO_ON,
    ZQ_STOP,       /* the session must not go on; that is told (tell.h) */
    ZQ_IF_ACCEPTED /* it may, if the app itself accepts: then the same question is to be asked again, as a final one */
};

/* What becomes of a session. accepted: the platform evaluated the object and accepted, so that its chain is a path whose
 * signatures hold; where it did not, only the leaf counts. host: null where only the object's policy knows it. final:
 * the app is not asked any more, or has accepted; only then is a host remembered that the platform refuses. */
int zq_judge(cf trust, int accepted, const char *host, int final);

/* A CFError for a refused session; the caller owns it. */
cf zq_refusal(void);

#endif
