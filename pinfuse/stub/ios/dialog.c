/* The dialog about a refused session. All of this runs on the main queue. UIKit is looked up while it runs: extensions
 * may not have it, and have nothing to show a dialog on. */
#include "objc.h"
#include "often.h"
#include "texts.h"

enum { MOST_WAITING = 5, MOST_TRIES = 120, LONGEST_NAME = 256, LONGEST_LANGUAGE = 32 };
static const i64 A_SECOND = 1000000000;
enum { STYLE_ALERT = 1, STYLE_DEFAULT = 0 };

/* Apps try a host several times: a minute for those that want to see it always, else once. 20 an hour. */
static const double AGAIN_AFTER = 60, NEVER_AGAIN = 1e12, HOUR = 3600;
static zq_often told;

static zq_event waiting[MOST_WAITING];
static u32 waits, tries;
static int trying; /* a later try is on its way */

/* The app to show a dialog in; null in an extension. */
static cf application_of_process(void) {
    cf class = objc_getClass("UIApplication"), key = zq_string("NSExtension");
    cf extension = CFBundleGetValueForInfoDictionaryKey(CFBundleGetMainBundle(), key);
    CFRelease(key);
    return class && !extension ? zq_send(class, "sharedApplication") : 0;
}

/* What the window in front shows; of the others the first that shows something. */
static cf root(cf application) {
    cf window = zq_send(application, "keyWindow"), found = window ? zq_send(window, "rootViewController") : 0;
    cf all = !found && zq_responds(application, "windows") ? zq_send(application, "windows") : 0;
    for (cf_index i = 0; all && !found && i < CFArrayGetCount(all); i++)
        found = zq_send(CFArrayGetValueAtIndex(all, i), "rootViewController");
    return found;
}

/* The view controller in front; null where there is none, or a dialog of ours or of the app is in front. */
static cf front(cf application) {
    cf top = root(application), over = top;
    while (over && (over = zq_send(top, "presentedViewController"))) top = over;
    cf alert = objc_getClass("UIAlertController");
    if (!top || !alert) return 0;
    return ZQ_MESSAGE(bool (*)(cf, cf, cf))(top, sel_registerName("isKindOfClass:"), alert) ? 0 : top;
}

static void name_of_app(char out[LONGEST_NAME]) {
    static const char *const KEYS[] = {"CFBundleDisplayName", "CFBundleName", 0};
    zq_copy((u8 *)out, (const u8 *)"The app", 8);
    for (u32 i = 0; KEYS[i]; i++) {
        cf key = zq_string(KEYS[i]), value = CFBundleGetValueForInfoDictionaryKey(CFBundleGetMainBundle(), key);
        CFRelease(key);
        if (value && CFStringGetCString(value, out, LONGEST_NAME, CF_UTF8) && *out) return;
    }
}

static void language_of_phone(char out[LONGEST_LANGUAGE]) {
    cf all = CFLocaleCopyPreferredLanguages();
    out[0] = 0;
    if (all && CFArrayGetCount(all) && !CFStringGetCString(CFArrayGetValueAtIndex(all, 0), out, LONGEST_LANGUAGE, CF_UTF8))
        out[0] = 0;
    if (all) CFRelease(all);
}

static void add_button(cf alert, cf title, cf pressed) {
    typedef cf (*message)(cf, cf, cf, long, cf);
    cf action = ZQ_MESSAGE(message)(objc_getClass("UIAlertAction"), sel_registerName("actionWithTitle:style:handler:"),
                                    title, STYLE_DEFAULT, pressed);
    if (action) zq_send1(alert, "addAction:", action);
}

/* The address of the set as text; the caller owns it. */
static cf link_text(void) {
    span link = zq_setting("link");
    return link.n ? CFStringCreateWithBytes(0, link.p, (cf_index)link.n, CF_UTF8, false) : 0;
}

static void open_link(void) {
    typedef void (*message)(cf, cf, cf, cf, cf);
    const char *name = "openURL:options:completionHandler:"; /* iOS 10 */
    cf application = application_of_process(), text = link_text();
    cf address = text ? CFURLCreateWithString(0, text, 0) : 0, none = CFDictionaryCreate(0, 0, 0, 0, 0, 0);
    if (application && address && none && zq_responds(application, name))
        ZQ_MESSAGE(message)(application, sel_registerName(name), address, none, 0);
    else if (application && address) zq_send1(application, "openURL:", address);
    if (none) CFRelease(none);
    if (address) CFRelease(address);
    if (text) CFRelease(text);
}

/* A button that opens the address, and is called by its host. */
static void add_link(cf alert) {
    cf text = link_text(), address = text ? CFURLCreateWithString(0, text, 0) : 0;
    cf host = address ? CFURLCopyHostName(address) : 0;
    if (host)
        add_button(alert, host, ^(cf action) {
          (void)action;
          open_link();
        });
    if (host) CFRelease(host);
    if (address) CFRelease(address);
    if (text) CFRelease(text);
}

static cf filled(const char *key, const zq_event *event) {
    static char text[ZQ_TEXT];
    char app[LONGEST_NAME], language[LONGEST_LANGUAGE];
    name_of_app(app);
    language_of_phone(language);
    return zq_string(zq_text(key, language, app, event->host, zq_word(event->reason), text));
}

static void present(cf controller, const zq_event *event) {
    typedef cf (*maker)(cf, cf, cf, cf, long);
    typedef void (*presenter)(cf, cf, cf, bool, cf);
    cf title = filled("title", event), message = filled("message", event), button = filled("button", event);
    cf alert = ZQ_MESSAGE(maker)(objc_getClass("UIAlertController"),
                                 sel_registerName("alertControllerWithTitle:message:preferredStyle:"), title, message,
                                 STYLE_ALERT);
    if (alert && title && message && button) {
        add_button(alert, button, 0);
        add_link(alert);
        ZQ_MESSAGE(presenter)(controller, sel_registerName("presentViewController:animated:completion:"), alert, true, 0);
    }
    if (title) CFRelease(title);
    if (message) CFRelease(message);
    if (button) CFRelease(button);
}

/* One dialog at a time: the next is tried a second later. */
static void show_next(void *later) {
    if (later) trying = 0;
    cf application = waits ? application_of_process() : 0, controller = application ? front(application) : 0;
    if (controller) {
        present(controller, &waiting[0]);
        waits--, tries = 0;
        for (u32 i = 0; i < waits; i++) waiting[i] = waiting[i + 1];
    }
    if (!application || ++tries > MOST_TRIES) waits = tries = 0;
    if (!waits || trying) return;
    trying = 1;
    dispatch_after_f(dispatch_time(0, A_SECOND), MAIN_QUEUE, &trying, show_next);
}

void zq_show(const zq_event *event) {
    if (zq_setting_is("show", "never") || waits == MOST_WAITING) return;
    told.again = zq_setting_is("show", "always") ? AGAIN_AFTER : NEVER_AGAIN, told.span = HOUR, told.most = 20;
    if (!zq_allows(&told, event->host, CFAbsoluteTimeGetCurrent())) return;
    waiting[waits++] = *event;
    show_next(0);
}
