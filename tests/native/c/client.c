/* A native library of an app: a TLS client on top of the functions that it imports. What comes of each step is said
 * on standard output. Words: MODE PORT HOST TRUST [MORE]; HOST or TRUST may be "-". */
#include "openssl.h"
#include "system.h"

#ifdef TABLE /* called through words in data, whose relocations are of another kind */
static int (*volatile connect_word)(void *) = SSL_connect;
static int (*volatile write_word)(void *, const void *, int) = SSL_write;
#define SSL_connect connect_word
#define SSL_write write_word
#endif

static const char request[] = "GET / HTTP/1.0\r\nX: secret\r\n\r\n";
static const char *mode;

static int is(const char *name) { return !strcmp(mode, name); }

static int reach(const char *port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
    int file = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(file, (struct sockaddr *)&to, sizeof to)) perror("connect"), exit(2);
    if (is("nonblocking") || is("read")) fcntl(file, F_SETFL, O_NONBLOCK);
    return file;
}

static int lie(int ok, void *store) {
    (void)ok;
    X509_STORE_CTX_set_error(store, 0);
    return 1;
}

static int bear(int ok, void *store) {
    (void)ok, (void)store;
    return 1;
}

static void *context(const char *trust) {
    void *made = SSL_CTX_new(is("any") ? TLS_method() : TLS_client_method());
    void *callback = is("lie") ? (void *)lie : is("bear") ? (void *)bear : 0;
    int blind = !strcmp(trust, "-");
    if (is("tls12") || is("resume12")) SSL_CTX_ctrl(made, SET_MAXIMUM, TLS_1_2, 0);
    if (!blind && SSL_CTX_load_verify_locations(made, trust, 0) != 1) puts("no trust"), exit(2);
    if (!blind) SSL_CTX_set_verify(made, PEER, callback);
    return made;
}

static void *session(void *context, int file, const char *host) {
    void *made = SSL_new(context);
    SSL_set_fd(made, file);
    if (is("param")) SSL_set1_host(made, host);
    else if (strcmp(host, "-")) SSL_ctrl(made, SET_SERVER_NAME, HOST_NAME, (void *)host);
    return made;
}

/* The call until it is no longer told to wait. */
#define WAITING(result, call)                                                     \
    do {                                                                          \
        result = (call);                                                          \
        int why = SSL_get_error(ssl, result);                                     \
        if (result > 0 || (why != 2 && why != 3)) break;                          \
        struct pollfd one = {file, why == 2 ? POLLIN : POLLOUT, 0};               \
        poll(&one, 1, 5000);                                                      \
    } while (1)

static int talk(void *ssl, int file) {
    char answer[4096];
    int result = 1, ex = is("ex");
    size_t done = 0;
    if (is("state") || ex || is("read") || is("nonblocking")) SSL_set_connect_state(ssl);
    else if (is("handshake")) SSL_set_connect_state(ssl), result = SSL_do_handshake(ssl);
    else result = SSL_connect(ssl);
    while (is("read") && !SSL_is_init_finished(ssl)) { /* the handshake by reading nothing, as Node does it */
        struct pollfd one = {file, POLLIN, 0};
        result = SSL_read(ssl, answer, 0);
        if (SSL_get_error(ssl, result) != 2 || !poll(&one, 1, 5000)) break;
    }
    printf("shake %d error %d queue %d\n", result, result == 1 ? 0 : SSL_get_error(ssl, result), ERR_peek_error() != 0);
    /* An app that looks at no result goes on. */
    if (is("past")) { /* by the library's own function, past everybody */
        int (*own)(void *, const void *, int) = dlsym(dlopen("libssl.so.3", RTLD_NOW), "SSL_write");
        result = own == SSL_write ? 77 : own(ssl, request, (int)strlen(request));
        printf("past %d\n", result);
    } else if (ex) result = SSL_write_ex(ssl, request, strlen(request), &done) ? (int)done : -1;
    else WAITING(result, SSL_write(ssl, request, (int)strlen(request)));
    printf("write %d error %d\n", result, result > 0 ? 0 : SSL_get_error(ssl, result));
    if (ex) result = SSL_read_ex(ssl, answer, sizeof answer, &done) ? (int)done : -1;
    else WAITING(result, SSL_read(ssl, answer, sizeof answer));
    printf("answer %d\n", result);
    return result > 0;
}

static void end(void *ssl, int file) {
    SSL_shutdown(ssl);
    if (!is("again")) SSL_free(ssl);
    close(file);
}

#ifndef BORING
static int early(void *ssl, const char *file) {
    size_t done = 0;
    int sent;
    SSL_set_session(ssl, PEM_read_bio_SSL_SESSION(BIO_new_file(file, "r"), 0, 0, 0));
    sent = SSL_write_early_data(ssl, request, strlen(request), &done);
    printf("early %d\n", sent ? (int)done : -1);
    printf("shake %d\n", SSL_do_handshake(ssl));
    printf("accepted %d\n", SSL_get_early_data_status(ssl));
    return sent;
}
#else
static void *ticket;

static int keep(void *ssl, void *session) {
    (void)ssl;
    ticket = session;
    return 1;
}

/* The session is the one that the server gave before. */
static int early(void *ssl, const char *file) {
    char answer[4096];
    (void)file;
    printf("shake %d\n", SSL_connect(ssl));
    printf("early %d\n", SSL_in_early_data(ssl));
    printf("write %d\n", SSL_write(ssl, request, (int)strlen(request)));
    printf("read %d\n", SSL_read(ssl, answer, sizeof answer));
    printf("accepted %d\n", SSL_early_data_accepted(ssl));
    return 1;
}
#endif

int run(int count, char **words) {
    mode = words[0];
    const char *port = words[1], *host = words[2], *trust = words[3], *more = count > 4 ? words[4] : port;
    void *with = context(trust), *kept;
    int file = reach(port), good;
    void *ssl = session(with, file, host);
#ifdef BORING
    if (is("early")) {
        SSL_CTX_set_session_cache_mode(with, 1), SSL_CTX_sess_set_new_cb(with, keep);
        SSL_CTX_set_early_data_enabled(with, 1);
        talk(ssl, file), end(ssl, file);
        file = reach(more), ssl = session(with, file, host);
        printf("ticket %d\n", ticket != 0);
        if (ticket) SSL_set_session(ssl, ticket);
    }
#endif
    if (is("early")) return !early(ssl, more);
    good = talk(ssl, file);
    if (is("resume") || is("resume12")) { /* a second session that begins where the first ended */
        kept = SSL_get1_session(ssl);
        end(ssl, file);
        file = reach(more), ssl = session(with, file, host);
        if (kept) SSL_set_session(ssl, kept);
        if (kept) SSL_SESSION_free(kept);
        good = talk(ssl, file);
        printf("reused %d\n", SSL_session_reused(ssl));
    }
    if (is("again")) { /* the same object for another server */
        end(ssl, file);
        file = reach(more);
        SSL_clear(ssl), SSL_set_fd(ssl, file);
        good = talk(ssl, file);
    }
    end(ssl, file);
    if (is("again")) SSL_free(ssl);
    SSL_CTX_free(with);
    return !good;
}
