/* The Objective-C runtime (objc4: runtime.h, message.h), and methods of other people's classes replaced through it. */
#ifndef ZQ_OBJC_H
#define ZQ_OBJC_H

#include "system.h"

typedef void (*zq_imp)(void); /* a method's code; cast to its real type to call it */

cf objc_getClass(const char *name);
cf object_getClass(cf object);
cf sel_registerName(const char *name);
cf objc_allocateClassPair(cf super, const char *name, size_t more);
void objc_registerClassPair(cf class);
extern void objc_msgSend(void);
extern void _objc_msgForward(void);

/* A message without, with one and with two objects. */
cf zq_send(cf to, const char *name);
cf zq_send1(cf to, const char *name, cf one);
cf zq_send2(cf to, const char *name, cf one, cf two);
int zq_responds(cf object, const char *name);

/* Any message: a cast of objc_msgSend to the type of the method. */
#define ZQ_MESSAGE(type) ((type)(void *)objc_msgSend)

/* Makes the block that takes the place of a method: it is called with the object and the arguments, and calls original
 * with the object, selector and the arguments. original is null where the class has no such method. The block is on
 * the heap; zq_replace and zq_add release it. */
typedef cf (*zq_maker)(zq_imp original, cf selector);

/* Replaces the code of a method where it is defined, so that subclasses and calls of super get the same; once. 0 where
 * the class has no such method. */
int zq_replace(cf class, const char *name, zq_maker make);
void zq_replace_of_class(cf class, const char *name, zq_maker make);

/* Adds a method that a class lacks. forwards: its objects answer the message in another way, which stays the original. */
void zq_add(cf class, const char *name, const char *types, int forwards, zq_maker make);

#endif
