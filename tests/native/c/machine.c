/* The virtual machine of these tests, as far as the stub looks at one: it runs the library's JNI_OnLoad, and opens
 * the vault by the native that is registered there. Indices are those of ../../../pinfuse/stub/android/jni.h. */
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

static void *table[235] = {[6] = find_class, [17] = clear, [31] = class_of, [33] = method_id, [36] = call,
                           [164] = length, [168] = length, [215] = register_natives, [221] = region, [228] = failed};
static void **environment = table;
static int get_env(void *machine, void **env, int version) { return *env = &environment, 0; }
static void *invocations[8] = {[6] = get_env};
static void **machine = invocations;

__attribute__((constructor)) static void start(void) {
    if (getenv("LIBRARY_ALONE")) return;
    if (getenv("PACKAGE")) texts[1] = getenv("PACKAGE");
    if (JNI_OnLoad(&machine, 0) < 0) puts("JNI_OnLoad failed"), exit(3);
    if (getenv("VAULT_CLOSED")) return;
    if (open_vault(&environment, (void *)1, (void *)3, 0)) puts("the vault stays closed"), exit(3);
}
