#include "tell.h"

#include "objc.h"
#include "texts.h"

enum { MOST_WAITING = 8 };

static const char *const WORDS[] = {
    "ok", "unlisted", "pin", "path", "role", "rsa-bits", "ec-bits", "digest", "expired", "first-use", "host",
    "malformed", "provenance", "vault",
};

static zq_event waiting[MOST_WAITING];
static u32 count;
static zq_lock at_waiting;

const char *zq_word(i32 reason) { return reason >= 0 && reason <= R_VAULT ? WORDS[reason] : WORDS[R_VAULT]; }

cf zq_string(const char *text) { return CFStringCreateWithCString(0, text, CF_UTF8); }

static cf number(i32 value) { return CFNumberCreate(0, CF_INT32, &value); }

/* NSNotification `PFuseSessionRefused`; userInfo: host (may be empty), reason, certificate (−1: none), mode. */
static void post(const zq_event *event) {
    cf name = zq_string("PFuseSessionRefused");
    cf keys[] = {zq_string("host"), zq_string("reason"), zq_string("certificate"), zq_string("mode")};
    cf values[] = {zq_string(event->host), zq_string(zq_word(event->reason)), number(event->certificate),
                   zq_string(event->refused ? "enforce" : "report")};
    typedef void (*message)(cf, cf, cf, cf, cf);
    cf center = objc_getClass("NSNotificationCenter");
    if (!values[0]) values[0] = zq_string("");
    cf info = CFDictionaryCreate(0, keys, values, 4, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
    if (center && info)
        ZQ_MESSAGE(message)(zq_send(center, "defaultCenter"), sel_registerName("postNotificationName:object:userInfo:"),
                            name, 0, info);
    for (u32 i = 0; i < 4; i++) CFRelease(keys[i]), CFRelease(values[i]);
    CFRelease(name);
    if (info) CFRelease(info);
}

static int next(zq_event *out) {
    zq_take(&at_waiting);
    int any = count > 0;
    if (any) {
        *out = waiting[0];
        count--;
        for (u32 i = 0; i < count; i++) waiting[i] = waiting[i + 1];
    }
    zq_give(&at_waiting);
    return any;
}

static void tell_all(void *ignored) {
    zq_event event;
    (void)ignored;
    while (next(&event)) {
        post(&event);
        if (event.refused) zq_show(&event);
    }
}

void zq_tell(const char *host, const zq_verdict *verdict) {
    i32 refused = verdict->verdict & ZQ_REFUSED;
    if (!refused && verdict->reason == R_OK) return;
    if (!refused && verdict->reason == R_UNLISTED && !zq_setting_is("unlisted", "block")) return;
    zq_take(&at_waiting);
    if (count < MOST_WAITING) {
        zq_event *event = &waiting[count++];
        u32 n = 0;
        while (host && n < ZQ_HOST && host[n]) event->host[n] = host[n], n++;
        event->host[n] = 0;
        event->reason = verdict->reason, event->certificate = verdict->certificate, event->refused = refused;
    }
    zq_give(&at_waiting);
    dispatch_async_f(MAIN_QUEUE, 0, tell_all);
}
