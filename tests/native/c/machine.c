/* The virtual machine of these tests, as far as the stub looks at one: it runs the library's JNI_OnLoad, opens the
 * vault by the native that is registered there, and says what it is told. Indices are those of ../../../pinfuse/stub/android/jni.h. */
#include "system.h"

extern int JNI_OnLoad(void *machine, void *reserved);

typedef struct {
    const char *name, *signature;
    void *function;
} native;

static int (*open_vault)(void *env, void *holder, void *context, void *signers);
static const char *texts[] = {"", "org.example.native", "/nonexistent/base.apk"};

static void *find_class(void *env, const char *name) { return (void *)1; }
static void *class_of(void *env, void *object) { return (void *)2; }
static void *method_id(void *env, void *holder, const char *name, const char *signature) {
    return (void *)(strcmp(name, "getPackageName") ? 2L : 1L);
}
static void *call(void *env, void *object, void *method, const void *arguments) { return method; }
static int length(void *env, void *text) { return (int)strlen(texts[(long)text]); }
static void region(void *env, void *text, int from, int n, char *to) { memcpy(to, texts[(long)text] + from, n); }
static unsigned char failed(void *env) { return 0; }
static void clear(void *env) {}
static int register_natives(void *env, void *holder, const native *natives, int count) {
    for (int i = 0; i < count; i++)
        if (!strcmp(natives[i].name, "a")) open_vault = natives[i].function;
    return 0;
}


/* What is told comes as bytes that are new for each; one thread tells. */
static struct {
    int size;
    unsigned char bytes[1024];
} told;
static volatile int attached, heard;

static void *keep(void *env, void *object) { return (void *)7; }
static void *static_method(void *env, void *holder, const char *name, const char *signature) {
    return (void *)(holder == (void *)7 && !strcmp(name, "e") && !strcmp(signature, "([B)V") ? 8L : 0L);
}
static void *new_bytes(void *env, int size) { return told.size = size, size <= (int)sizeof told.bytes ? &told : 0; }
static void put_bytes(void *env, void *array, int from, int n, const void *bytes) { memcpy(told.bytes + from, bytes, n); }
static void drop(void *env, void *object) {}
static void hear(void *env, void *holder, void *method, void *const *values) {
    const unsigned char *b = told.bytes;
    int missed = b[3] << 8 | b[4], at = 6 + 32 * b[5];
    if (holder != (void *)7 || method != (void *)8 || values[0] != &told || !attached) puts("told 99");
    static char text[1024];
    char *to = text;
    for (int i = 6; i < at; i++) {
        if (i % 32 == 6) *to++ = ' ';
        *to++ = "0123456789abcdef"[b[i] >> 4], *to++ = "0123456789abcdef"[b[i] & 15];
    }
    *to = 0;
    printf("told %d certificate %d refused %d missed %d host %.*s digests%s\n", b[0], (signed char)b[1], b[2], missed,
           told.size - at, (const char *)b + at, text);
    fflush(0);
    heard += 1 + missed;
}

static void *table[235] = {[6] = find_class, [17] = clear, [21] = keep, [23] = drop, [31] = class_of, [33] = method_id,
                           [36] = call, [113] = static_method, [143] = hear, [164] = length, [168] = length,
                           [176] = new_bytes, [208] = put_bytes, [215] = register_natives, [221] = region,
                           [228] = failed};
static void **environment = table;
static int get_env(void *machine, void **env, int version) { return *env = &environment, 0; }
static int attach(void *machine, void **env, const void *as) {
    if (*(const int *)as != 0x00010006) return -1;
    return *env = &environment, attached++, 0;
}
static int detach(void *machine) { return attached--, 0; }
static void *invocations[8] = {[5] = detach, [6] = get_env, [7] = attach};
static void **machine = invocations;

__attribute__((constructor)) static void start(void) {
    if (getenv("LIBRARY_ALONE")) return;
    if (getenv("PACKAGE")) texts[1] = getenv("PACKAGE");
    if (JNI_OnLoad(&machine, 0) < 0) puts("JNI_OnLoad failed"), exit(3);
    if (getenv("VAULT_CLOSED")) return;
    if (open_vault(&environment, (void *)1, (void *)3, 0)) puts("the vault stays closed"), exit(3);
}

/* As long as something may come: so many, and then a moment more for those that must not. */
__attribute__((destructor)) static void end(void) {
    int wanted = getenv("TOLD") ? atoi(getenv("TOLD")) : 0;
    for (int i = 0; i < 300 && (heard < wanted || attached); i++) poll(0, 0, 10);
    if (getenv("TOLD")) poll(0, 0, 50), printf("heard %d\nattached %d\n", heard, attached);
}
