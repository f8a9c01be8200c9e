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
    int refused = zq_refused(trust, zq_platform_accepts(trust), name);
    CFRelease(trust);
    return refused ? ERR_XCERT_CHAIN_INVALID : status;
}

void sec_protocol_options_set_verify_block(cf options, verify_block block, cf queue) {
    if (!own_sec_protocol_options_set_verify_block) return;
    if (!block) {
        own_sec_protocol_options_set_verify_block(options, block, queue);
        return;
    }
    own_sec_protocol_options_set_verify_block(
        options,
        ^(cf metadata, cf peer, verify_answer answer) {
          cf trust = sec_trust_copy_ref ? sec_trust_copy_ref(peer) : 0;
          const char *host = sec_protocol_metadata_get_server_name ? sec_protocol_metadata_get_server_name(metadata) : 0;
          int refused = !trust || zq_refused(trust, zq_platform_accepts(trust), host);
          if (trust) CFRelease(trust);
          if (refused) answer(false);
          else block(metadata, peer, answer);
        },
        queue);
}
