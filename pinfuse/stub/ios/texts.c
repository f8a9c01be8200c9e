#include "texts.h"

#include "../core/rules.h"
#include "process.h"

enum { LONGEST_TAG = 64 };

static const struct {
    const char *key, *text;
} BUILT_IN[] = {
    {"title", "Connection blocked"},
    {"message", "{app} did not connect to {server}, because the server could not prove that it is the right one."},
    {"button", "OK"},
};

static u32 length(const char *text) {
    u32 n = 0;
    while (text[n]) n++;
    return n;
}

static span of(const char *text) { return (span){(const u8 *)text, length(text)}; }

/* One text off the front that ends with 0; 0 when there is none. */
static int cut(span *rest, span *out) {
    u32 n = 0;
    while (n < rest->n && rest->p[n]) n++;
    if (n == rest->n) return 0;
    *out = (span){rest->p, n};
    rest->p += n + 1, rest->n -= n + 1;
    return 1;
}

/* The value of `key`, or of `key.language`. */
static span find(span key, span language) {
    const u8 *plain = zq_opened();
    span rest = plain ? zq_settings(plain) : (span){0, 0}, name, value;
    while (cut(&rest, &name) && cut(&rest, &value)) {
        u32 n = language.n ? key.n + 1 + language.n : key.n;
        if (name.n != n || !zq_equal(name.p, key.p, key.n)) continue;
        if (!language.n) return value;
        if (name.p[key.n] == '.' && zq_equal(name.p + key.n + 1, language.p, language.n)) return value;
    }
    return (span){0, 0};
}

span zq_setting(const char *key) { return find(of(key), (span){0, 0}); }

int zq_setting_is(const char *key, const char *value) { return zq_span_equal(zq_setting(key), of(value)); }

/* Where the next part of a tag begins, or its end. */
static u32 part_after(span tag, u32 at) {
    while (at < tag.n && tag.p[at] != '-') at++;
    return at < tag.n ? at + 1 : at;
}

/* In a language: the tag as it is (`zh-Hant-TW`), without region (`zh-Hant`), without script (`zh-TW`), the language alone. */
static span translated(span key, span tag) {
    char shorter[LONGEST_TAG];
    u32 second = part_after(tag, 0), third = part_after(tag, second), n = 0;
    span found = find(key, tag);
    if (!found.n && third < tag.n) found = find(key, (span){tag.p, third - 1});
    if (!found.n && third < tag.n && tag.n < LONGEST_TAG) {
        for (u32 i = 0; i < tag.n; i++)
            if (i < second || i >= third) shorter[n++] = (char)tag.p[i];
        found = find(key, (span){(const u8 *)shorter, n});
    }
    return found.n || second == tag.n ? found : find(key, (span){tag.p, second - 1});
}

/* Then the text without a language, then the one that is built in. */
static span template_of(const char *key, const char *language) {
    span found = *language ? translated(of(key), of(language)) : (span){0, 0};
    if (!found.n) found = zq_setting(key);
    for (u32 i = 0; !found.n && i < sizeof BUILT_IN / sizeof *BUILT_IN; i++)
        if (zq_span_equal(of(BUILT_IN[i].key), of(key))) found = of(BUILT_IN[i].text);
    return found;
}

static u32 put(char *out, u32 at, span text) {
    for (u32 i = 0; i < text.n && at + 1 < ZQ_TEXT; i++) out[at++] = (char)text.p[i];
    return at;
}

char *zq_text(const char *key, const char *language, const char *app, const char *host, const char *reason,
              char out[ZQ_TEXT]) {
    const struct {
        const char *name, *value;
    } places[] = {
        {"{app}", app},
        {"{host}", *host ? host : "?"},
        {"{server}", *host ? host : "a server"}, /* of the built-in text */
        {"{reason}", reason},
    };
    span text = template_of(key, language);
    u32 at = 0;
    for (u32 i = 0; i < text.n;) {
        u32 n = 0;
        for (u32 k = 0; !n && k < sizeof places / sizeof *places; k++) {
            span name = of(places[k].name);
            if (name.n > text.n - i || !zq_equal(text.p + i, name.p, name.n)) continue;
            at = put(out, at, of(places[k].value));
            n = name.n;
        }
        if (!n) at = put(out, at, (span){text.p + i, n = 1});
        i += n;
    }
    out[at] = 0;
    return out;
}
