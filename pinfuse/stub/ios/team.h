/* Which team signed this very library: read out of its own code signature in memory. */
#ifndef ZQ_TEAM_H
#define ZQ_TEAM_H

#include "../core/base.h"

/* SHA-256 of "team:" and the Team ID into out, and 1; 0 when the signature names no team or there is none. */
int zq_team_signer(u8 out[32]);

#endif
