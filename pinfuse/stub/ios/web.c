/* WKWebView: the navigation delegate's answer about a server is ours first; a view without one gets ours. */
#include "challenge.h"

typedef struct {
    double x, y, width, height;
} rectangle; /* CGRect */

static void prepare(cf delegate) {
    if (!zq_cover(delegate, &ZQ_FOR_WEB)) zq_give_method(delegate, &ZQ_FOR_WEB);
}

static cf set_delegate(zq_imp original, cf selector) {
    return _Block_copy(^(cf self, cf delegate) {
      if (delegate) prepare(delegate);
      ((void (*)(cf, cf, cf))original)(self, selector, delegate ? delegate : zq_delegate());
    });
}

static cf complete(cf view) {
    if (view && !zq_send(view, "navigationDelegate")) zq_send1(view, "setNavigationDelegate:", zq_delegate());
    return view;
}

static cf framed(zq_imp original, cf selector) {
    return _Block_copy(^cf(cf self, rectangle frame, cf configuration) {
      return complete(((cf(*)(cf, cf, rectangle, cf))original)(self, selector, frame, configuration));
    });
}

static cf decoded(zq_imp original, cf selector) {
    return _Block_copy(^cf(cf self, cf coder) { return complete(((cf(*)(cf, cf, cf))original)(self, selector, coder)); });
}

void zq_hook_web_views(void) {
    cf class = objc_getClass("WKWebView");
    zq_replace(class, "setNavigationDelegate:", set_delegate);
    zq_replace(class, "initWithFrame:configuration:", framed);
    zq_replace(class, "initWithCoder:", decoded);
}
