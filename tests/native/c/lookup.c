/* A native library that looks the functions of OpenSSL up by name, as Qt and .NET do. Words as in client.c. */
#include "system.h"

static void *library;
#define CALL(name, type, ...) ((type(*)(__VA_ARGS__))dlsym(library, #name))
extern int reach(const char *port);

int run(int count, char **words) {
    static const char request[] = "GET / HTTP/1.0\r\nX: secret\r\n\r\n";
    char answer[4096];
    (void)count;
    library = dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) return printf("%s\n", dlerror()), 2;
    void *with = CALL(SSL_CTX_new, void *, void *)(CALL(TLS_client_method, void *, void)());
    void *ssl = CALL(SSL_new, void *, void *)(with);
    CALL(SSL_set_fd, int, void *, int)(ssl, reach(words[1]));
    CALL(SSL_ctrl, long, void *, int, long, const char *)(ssl, 55, 0, words[2]);
    printf("shake %d\n", CALL(SSL_connect, int, void *)(ssl));
    printf("write %d\n", CALL(SSL_write, int, void *, const void *, int)(ssl, request, sizeof request - 1));
    int n = CALL(SSL_read, int, void *, void *, int)(ssl, answer, sizeof answer);
    printf("answer %d\n", n);
    return n <= 0;
}
