/* Authentication challenges (NSURLAuthenticationChallenge), and who is asked about them. */
#ifndef ZQ_CHALLENGE_H
#define ZQ_CHALLENGE_H

#include "objc.h"

/* NSURLSessionAuthChallengeDisposition */
enum { CHALLENGE_USE = 0, CHALLENGE_DEFAULT = 1, CHALLENGE_CANCEL = 2 };
typedef void (^challenge_answer)(long disposition, cf credential);

/* The trust object of a challenge; null for one about a password, a client certificate and the like. */
cf zq_challenge_trust(cf challenge);

/* What becomes of the session that a challenge speaks of (trust.h). */
int zq_judge_challenge(cf challenge, int final);

/* An object that answers every challenge as the system would, once the stub allows. One for the whole process. */
cf zq_delegate(void);

/* A method that a delegate may have. */
typedef struct {
    const char *name, *types;
    zq_maker make;
} zq_method;
extern const zq_method ZQ_FOR_SESSION, ZQ_FOR_TASK, ZQ_FOR_WEB;

/* Replaces a method of a delegate, whether its class has it or its objects forward the message; 0 where it does not
 * answer the message at all. */
int zq_cover(cf delegate, const zq_method *method);

/* Adds a method to a delegate that does not answer the message. */
void zq_give_method(cf delegate, const zq_method *method);

/* Replace what makes sessions, connections and web views, where their classes are loaded; may be called again. */
void zq_hook_sessions(void);
void zq_hook_connections(void);
void zq_hook_web_views(void);

#endif
