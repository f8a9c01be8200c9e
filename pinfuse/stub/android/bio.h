/* Sessions that an app drives through OpenSSL's BIO_f_ssl, whose functions call their own library inside: its table of
 * methods is made ours, so that every such BIO of the library asks us. docs/native-tls.md. */
#ifndef ZQ_BIO_H
#define ZQ_BIO_H

#include "tls.h"

/* Make a library's table ours, unless it is already; what was there goes into its bio. 0 for a table of an unknown
 * kind, which is left as it is. */
int zq_bio_is_ours(const zq_tls *t);

/* The library's BIO_f_ssl() where its table is ours; else one whose BIOs cannot be made. */
const void *zq_bio_methods(const zq_tls *t);

#endif
