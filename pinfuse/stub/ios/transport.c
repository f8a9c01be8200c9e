/* TLS of the app's own making: SecureTransport, and Network.framework where the app verifies by itself. */
#include "../core/host.h"
#include "trust.h"

EXPORTED i32 SSLHandshake(cf context);
EXPORTED void sec_protocol_options_set_verify_block(cf options, verify_block block, cf queue);

/* The name that the app gave for the peer; an empty one where it gave none. */
static void peer_name(cf context, char name[ZQ_HOST + 1]) {
    size_t size = 0;
    name[0] = 0;
    if (SSLGetPeerDomainNameLength(context, &size) || !size || size > ZQ_HOST) return;
    if (SSLGetPeerDomainName(context, name, &size) || size > ZQ_HOST) size = 0;
    name[size] = 0;
}

/* After the handshake, and where the app breaks it to judge the peer by itself. A peer without certificates is
 * refused where the app named a host: it is no server with a certificate then. */
i32 SSLHandshake(cf context) {
    char name[ZQ_HOST + 1];
    cf trust = 0;
    i32 status = own_SSLHandshake(context);
    if (status && status != ERR_SERVER_AUTH_COMPLETED) return status;
    peer_name(context, name);
    if (SSLCopyPeerTrust(context, &trust) || !trust) return *name ? ERR_XCERT_CHAIN_INVALID : status;
    int becomes = zq_judge(trust, zq_platform_accepts(trust), name, !status);
    CFRelease(trust);
    return becomes == ZQ_STOP ? ERR_XCERT_CHAIN_INVALID : status;
}

typedef struct {
    char text[ZQ_HOST + 1];
} host_name; /* a block holds it by value */

static host_name server_name(cf metadata) {
    host_name out = {{0}};
    const char *name = sec_protocol_metadata_get_server_name ? sec_protocol_metadata_get_server_name(metadata) : 0;
    for (u32 i = 0; name && name[i] && i < ZQ_HOST; i++) out.text[i] = name[i];
    return out;
}

/* The app's block, whose yes is asked about once more; it may answer never, or several times. */
static void ask_app(verify_block block, cf metadata, cf peer, cf_kept trust, verify_answer answer) {
    host_name host = server_name(metadata);
    block(metadata, peer, ^(bool accepted) {
      answer(accepted && zq_judge(trust, 0, host.text, 1) == ZQ_GO_ON);
    });
}

static void verify(verify_block block, cf metadata, cf peer, verify_answer answer) {
    host_name host = server_name(metadata);
    cf trust = sec_trust_copy_ref ? sec_trust_copy_ref(peer) : 0;
    int becomes = trust ? zq_judge(trust, zq_platform_accepts(trust), host.text, 0) : ZQ_STOP;
    if (becomes == ZQ_STOP) answer(false);
    else if (becomes == ZQ_GO_ON) block(metadata, peer, answer);
    else ask_app(block, metadata, peer, trust, answer);
    if (trust) CFRelease(trust);
}

void sec_protocol_options_set_verify_block(cf options, verify_block block, cf queue) {
    verify_block ours = ^(cf metadata, cf peer, verify_answer answer) { verify(block, metadata, peer, answer); };
    if (own_sec_protocol_options_set_verify_block)
        own_sec_protocol_options_set_verify_block(options, block ? ours : block, queue);
}
