/* 32 random bytes of this phone and app in the Keychain, out of every backup. */
#ifndef ZQ_SECRET_H
#define ZQ_SECRET_H

#include "../core/memory.h"

enum {
    ZQ_SECRET_HERE,
    ZQ_SECRET_GONE,      /* there is none */
    ZQ_SECRET_FORBIDDEN, /* this app has no Keychain: it is not signed for one */
    ZQ_SECRET_FAILS      /* it may work again, as after the first unlock */
};

/* The bytes, made first where there are none and make is not 0. */
i32 zq_secret(u8 out[ZQ_SECRET], int make);

#endif
