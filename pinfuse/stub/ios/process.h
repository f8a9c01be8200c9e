/* The vault of this process, opened once, and verdicts in its light. */
#ifndef ZQ_PROCESS_H
#define ZQ_PROCESS_H

#include "../core/memory.h"
#include "../core/verdict.h"

enum { ZQ_NO_BUNDLE = -1, ZQ_CLOSED = -3 };

/* Opens the vault unless it is open; 0, ZQ_CLOSED, or ZQ_NO_BUNDLE when the system does not say which app this is. */
i32 zq_ready(void);

/* The opened rules, or null. */
const u8 *zq_opened(void);

/* The verdict on a session. Bit ZQ_FIRST_MET: zq_meet must be asked; the other bit holds if that fails. */
void zq_ask(const zq_question *question, zq_verdict *out);

/* zq_ask in the light of what this install remembers. sealed is what was made last (n 0: nothing) and is overwritten;
 * fresh is ZQ_FRESH bytes that no other call had. Returns the length of what must be stored before the session goes
 * on, in made, or 0 where nothing changed. */
u32 zq_meet(const u8 secret[ZQ_SECRET], u8 *sealed, u32 n, const u8 *fresh, const zq_question *question,
            zq_verdict *out, u8 made[ZQ_SEALED_MEMORY]);

#endif
