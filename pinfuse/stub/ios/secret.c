#include "secret.h"

#include "system.h"
#include "tell.h"

enum { MOST_PAIRS = 6 };

typedef struct {
    cf keys[MOST_PAIRS], values[MOST_PAIRS];
    cf_index count;
} pairs;

static void add(pairs *p, cf key, cf value) { p->keys[p->count] = key, p->values[p->count++] = value; }

static cf dictionary(const pairs *p) {
    return CFDictionaryCreate(0, p->keys, p->values, p->count, &kCFTypeDictionaryKeyCallBacks,
                              &kCFTypeDictionaryValueCallBacks);
}

static i32 meaning(i32 status) {
    if (status == ERR_ITEM_NOT_FOUND) return ZQ_SECRET_GONE;
    if (status == ERR_MISSING_ENTITLEMENT) return ZQ_SECRET_FORBIDDEN;
    return status ? ZQ_SECRET_FAILS : ZQ_SECRET_HERE;
}

static i32 read_item(const pairs *item, u8 out[ZQ_SECRET]) {
    pairs all = *item;
    cf found = 0;
    add(&all, kSecReturnData, kCFBooleanTrue);
    cf query = dictionary(&all);
    i32 said = meaning(query ? SecItemCopyMatching(query, &found) : -1);
    if (query) CFRelease(query);
    if (said == ZQ_SECRET_HERE && (!found || CFDataGetLength(found) != ZQ_SECRET)) said = ZQ_SECRET_FAILS;
    if (said == ZQ_SECRET_HERE) zq_copy(out, CFDataGetBytePtr(found), ZQ_SECRET);
    if (found) CFRelease(found);
    return said;
}

/* Another process may be faster: then there is an item, and it counts. */
static i32 make_item(const pairs *item, u8 out[ZQ_SECRET]) {
    pairs all = *item;
    if (SecRandomCopyBytes(0, ZQ_SECRET, out)) return ZQ_SECRET_FAILS;
    cf data = CFDataCreate(0, out, ZQ_SECRET);
    if (!data) return ZQ_SECRET_FAILS;
    add(&all, kSecValueData, data);
    add(&all, kSecAttrAccessible, kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly);
    cf whole = dictionary(&all);
    i32 status = whole ? SecItemAdd(whole, 0) : -1;
    if (whole) CFRelease(whole);
    CFRelease(data);
    return status && status != ERR_DUPLICATE_ITEM ? meaning(status) : read_item(item, out);
}

i32 zq_secret(u8 out[ZQ_SECRET], int make) {
    pairs item = {.count = 0};
    cf name = zq_string("zqk");
    if (!name) return ZQ_SECRET_FAILS;
    add(&item, kSecClass, kSecClassGenericPassword);
    add(&item, kSecAttrService, name);
    add(&item, kSecAttrAccount, name);
    i32 said = read_item(&item, out);
    if (said == ZQ_SECRET_GONE && make) said = make_item(&item, out);
    CFRelease(name);
    return said;
}
