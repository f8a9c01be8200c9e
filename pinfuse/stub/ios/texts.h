/* The texts of the dialog: what the vault holds for the phone's language, or what is built in. */
#ifndef ZQ_TEXTS_H
#define ZQ_TEXTS_H

#include "../core/base.h"

enum { ZQ_TEXT = 6144 };

/* The value of a setting; n 0 where there is none. */
span zq_setting(const char *key);

/* 1 when a setting has just this value. */
int zq_setting_is(const char *key, const char *value);

/* A text (title, message, button) with its placeholders filled in, and a final 0; returns out. language: the phone's,
 * as `de-AT`, or an empty one; host: empty where nobody knows it. */
char *zq_text(const char *key, const char *language, const char *app, const char *host, const char *reason,
              char out[ZQ_TEXT]);

#endif
