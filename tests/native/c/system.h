/* As much of the C library as the clients use: its own headers, or, for bionic without the NDK, the same by hand. */
#ifndef SYSTEM_H
#define SYSTEM_H
#ifndef __ANDROID__
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#else
#include <stddef.h>
struct in_addr { unsigned s_addr; };
struct sockaddr;
struct sockaddr_in { unsigned short sin_family, sin_port; struct in_addr sin_addr; char rest[8]; };
struct pollfd { int fd; short events, revents; };
enum { AF_INET = 2, SOCK_STREAM = 1, INADDR_LOOPBACK = 0x7f000001, F_SETFL = 4, O_NONBLOCK = 2048, POLLIN = 1, POLLOUT = 4 };
#define RTLD_NOW (sizeof(void *) == 8 ? 2 : 0)
#define RTLD_LOCAL 0
#define htons(n) ((unsigned short)((n) << 8 | ((n) >> 8 & 0xff)))
#define htonl(n) __builtin_bswap32(n)
extern int printf(const char *, ...), puts(const char *), atoi(const char *), strcmp(const char *, const char *);
extern void exit(int), perror(const char *), *dlopen(const char *, int), *dlsym(void *, const char *);
extern char *getenv(const char *), *dlerror(void);
extern size_t strlen(const char *);
extern void *memcpy(void *, const void *, size_t);
extern int socket(int, int, int), connect(int, const void *, unsigned), fcntl(int, int, ...), close(int);
extern int poll(struct pollfd *, unsigned long, int), fflush(void *);
#endif
#endif
