/* Who is told of a refused session: the app by a notification, the person by a dialog; both on the main queue. */
#ifndef ZQ_TELL_H
#define ZQ_TELL_H

#include "../core/host.h"
#include "../core/verdict.h"
#include "system.h"

typedef struct {
    char host[ZQ_HOST + 1]; /* empty: unknown */
    i32 reason, certificate, refused;
} zq_event;

/* Tells of a verdict that refuses, or would if it were not for report mode. Never waits. host may be null. */
void zq_tell(const char *host, const zq_verdict *verdict);

/* On the main queue: shows the dialog for an event, now or once there is a window. */
void zq_show(const zq_event *event);

/* The word of a reason (pinfuse/policy/rules.py). */
const char *zq_word(i32 reason);

/* A CFString of a C string in UTF-8; the caller owns it. Null where it is none. */
cf zq_string(const char *text);

#endif
