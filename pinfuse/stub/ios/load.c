/* What happens when dyld has loaded the library, before anything of the app runs. */
#include "challenge.h"

static void hook(void *ignored) {
    (void)ignored;
    zq_hook_sessions();
    zq_hook_connections();
    zq_hook_web_views();
}

/* Once more when the app runs: a framework may have been loaded, or a method replaced, since. */
__attribute__((constructor)) static void begin(void) {
    hook(0);
    dispatch_async_f(MAIN_QUEUE, 0, hook);
}
