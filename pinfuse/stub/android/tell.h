/* What Java is told of native sessions (docs/native-tls.md, "What is told"): a few verdicts wait here, and a thread of
 * our own, made when there is something to tell, brings them to Java and ends. No thread of the app ever runs Java or
 * waits for it. */
#ifndef ZQ_TELL_H
#define ZQ_TELL_H

#include "../core/verdict.h"
#include "jni.h"

/* One verdict; chain: DER, leaf first, count may be 0. What there is no room for is counted and left out. */
void zq_tell(const zq_question *question, const zq_verdict *verdict, int refused);

/* A host that is first met: Java is given the whole chain, to remember it for the sessions that come after this one, and
 * tells it only when it cannot. One at a time; another one in between is left out. */
void zq_tell_met(const zq_question *question, const zq_verdict *verdict, int refused);

/* The machine that is told, and the class of the natives there; called once, by JNI_OnLoad. */
void zq_tell_whom(void *machine, jni_env env, jref class);

/* Bring what waits: it may have come before there was anybody to be told. */
void zq_tell_waiting(void);

#endif
