/* What the adapter holds for every way in: the opened rules, and what is remembered. */
#ifndef ZQ_ADAPTER_H
#define ZQ_ADAPTER_H

#include "../core/memory.h"

/* The opened rules, ZQ_PLAIN bytes; null while the vault is closed. */
const u8 *zq_opened(void);

/* What this install remembers, as far as it was loaded. */
const zq_memory *zq_met(void);

#endif
