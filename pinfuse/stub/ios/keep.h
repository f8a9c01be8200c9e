/* Hosts that are trusted on first use, as this install remembers them (docs/first-use.md). */
#ifndef ZQ_KEEP_H
#define ZQ_KEEP_H

#include "../core/verdict.h"

/* For a verdict with ZQ_FIRST_MET: the verdict in the light of what is remembered. A host that is new is believed once
 * it is on the disk; where that fails, the session is refused (allowed in report mode) with R_FIRST_USE. */
void zq_keep(const zq_question *question, zq_verdict *verdict);

#endif
