/* Verdicts on trust objects of Security, after the platform has evaluated them. */
#ifndef ZQ_TRUST_H
#define ZQ_TRUST_H

#include "system.h"

/* The platform's own evaluation: 1 when it accepts. */
int zq_platform_accepts(cf trust);

/* 1 when the session must not go on. accepted: the platform evaluated the object and accepted, so that its chain is a
 * path whose signatures hold; where it did not, only the leaf counts. host: null where only the object's policy
 * knows it. A refusal is told (tell.h). */
int zq_refused(cf trust, int accepted, const char *host);

/* A CFError for a refused session; the caller owns it. */
cf zq_refusal(void);

#endif
