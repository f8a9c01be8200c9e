/* SecTrustEvaluate and its kin, as the app's own code calls them: the system's answer, and ours where that is yes. */
#include "trust.h"

EXPORTED i32 SecTrustEvaluate(cf trust, u32 *result);
EXPORTED bool SecTrustEvaluateWithError(cf trust, cf *error);
EXPORTED i32 SecTrustEvaluateAsync(cf trust, cf queue, trust_block done);
EXPORTED i32 SecTrustEvaluateAsyncWithError(cf trust, cf queue, trust_error_block done);
EXPORTED i32 SecTrustGetTrustResult(cf trust, u32 *result);

static int is_yes(u32 result) { return result == TRUST_PROCEED || result == TRUST_UNSPECIFIED; }

static int refused(cf trust) { return zq_judge(trust, 1, 0, 1) != ZQ_GO_ON; }

static u32 judged(cf trust, u32 result) { return is_yes(result) && refused(trust) ? TRUST_FATAL : result; }

i32 SecTrustEvaluate(cf trust, u32 *result) {
    u32 found = 0;
    i32 status = own_SecTrustEvaluate(trust, &found);
    u32 answer = status ? found : judged(trust, found);
    if (result) *result = answer;
    return !result && answer != found ? ERR_NOT_TRUSTED : status;
}

i32 SecTrustGetTrustResult(cf trust, u32 *result) {
    i32 status = own_SecTrustGetTrustResult(trust, result);
    if (!status && result) *result = judged(trust, *result);
    return status;
}

/* Before iOS 12 only the older function is there; the platform's reason is lost then. */
static bool platform(cf trust, cf *error) {
    if (own_SecTrustEvaluateWithError) return own_SecTrustEvaluateWithError(trust, error);
    bool accepted = zq_platform_accepts(trust);
    if (!accepted && error) *error = zq_refusal();
    return accepted;
}

bool SecTrustEvaluateWithError(cf trust, cf *error) {
    if (error) *error = 0;
    if (!platform(trust, error)) return false;
    if (!refused(trust)) return true;
    if (error) *error = zq_refusal();
    return false;
}

/* The system copies a block that outlives the call. */
i32 SecTrustEvaluateAsync(cf trust, cf queue, trust_block done) {
    return own_SecTrustEvaluateAsync(trust, queue, ^(cf evaluated, u32 result) {
      done(evaluated, judged(evaluated, result));
    });
}

static void answer(trust_error_block done, cf trust, bool accepted, cf error) {
    cf refusal = accepted && refused(trust) ? zq_refusal() : 0;
    done(trust, accepted && !refusal, refusal ? refusal : error);
    if (refusal) CFRelease(refusal);
}

i32 SecTrustEvaluateAsyncWithError(cf trust, cf queue, trust_error_block done) {
    if (own_SecTrustEvaluateAsyncWithError)
        return own_SecTrustEvaluateAsyncWithError(trust, queue, ^(cf evaluated, bool accepted, cf error) {
          answer(done, evaluated, accepted, error);
        });
    return own_SecTrustEvaluateAsync(trust, queue, ^(cf evaluated, u32 result) {
      cf error = is_yes(result) ? 0 : zq_refusal();
      answer(done, evaluated, is_yes(result), error);
      if (error) CFRelease(error);
    });
}
