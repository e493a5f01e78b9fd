/* SPDX-License-Identifier: BSD-2-Clause */
#if defined(__linux__)
#define _GNU_SOURCE /* ppoll */
#endif
#include "sim/serve_socket.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_HOST "127.0.0.1"
#define DEFAULT_PORT "3240"

#if defined(MSG_NOSIGNAL)
#define SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)
#else
#define SEND_FLAGS MSG_DONTWAIT
#endif

struct place {
    char host[64];
    char port[8];
};

static int copy(char *out, size_t room, const char *from, size_t length)
{
    if (length >= room)
        return 0;
    memcpy(out, from, length);
    out[length] = '\0';
    return 1;
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT", "ADDRESS", ":PORT". An address with several colons and no brackets is IPv6. */
static int split(const char *text, struct place *out)
{
    *out = (struct place){DEFAULT_HOST, DEFAULT_PORT};
    const char *host = text;
    const char *colon = strrchr(text, ':');
    size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
    if (text[0] == '[') {
        const char *close = strchr(text, ']');
        if (close == NULL || (close[1] != '\0' && close[1] != ':'))
            return 0;
        host = text + 1;
        length = (size_t)(close - host);
        colon = close[1] == ':' ? close + 1 : NULL;
    } else if (colon != NULL && strchr(text, ':') != colon) {
        length = strlen(text);
        colon = NULL;
    }
    if (length > 0 && !copy(out->host, sizeof out->host, host, length))
        return 0;
    return colon == NULL || (colon[1] != '\0' && copy(out->port, sizeof out->port, colon + 1, strlen(colon + 1)));
}

static void name_of(const struct sockaddr *address, socklen_t length, char name[SERVE_NAME_SIZE])
{
    char host[SERVE_NAME_SIZE - 12];
    char port[8];
    if (getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        (void)snprintf(name, SERVE_NAME_SIZE, "a socket");
    else
        (void)snprintf(name, SERVE_NAME_SIZE, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

static int bind_at(const struct addrinfo *at, const char *address, struct dfu_error **err)
{
    int on = 1;
    int fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
        listen(fd, 8) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    int code = error == EADDRINUSE ? DFU_ERR_BUSY : (error == EACCES ? DFU_ERR_ACCESS : DFU_ERR_FILE);
    (void)dfu_error_set(err, code, "cannot listen at %s: %s", address, strerror(error));
    if (code == DFU_ERR_BUSY)
        dfu_error_set_hint(err, "give another port, as in 127.0.0.1:3241");
    return code;
}

int dfui_serve_listen(const char *address, char name[SERVE_NAME_SIZE], struct dfu_error **err)
{
    struct place place;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (!split(address == NULL ? "" : address, &place) || getaddrinfo(place.host, place.port, &hints, &found) != 0) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "\"%.80s\" is no address to listen at", address);
        dfu_error_set_hint(err, "write ADDRESS:PORT, as in 127.0.0.1:3240");
        return DFU_ERR_ARGUMENT;
    }
    int fd = bind_at(found, address == NULL ? DEFAULT_HOST ":" DEFAULT_PORT : address, err);
    freeaddrinfo(found);
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&bound, &length) == 0)
        name_of((struct sockaddr *)&bound, length, name);
    return fd;
}

int dfui_serve_accept(int listener, char name[SERVE_NAME_SIZE])
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    int on = 1;
    int fd = accept(listener, (struct sockaddr *)&from, &length);
    if (fd < 0)
        return -1;
    name_of((struct sockaddr *)&from, length, name);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#if defined(SO_NOSIGPIPE)
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    return fd;
}

static int later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

long dfui_serve_send(int fd, const uint8_t *data, size_t length)
{
    ssize_t n = send(fd, data, length, SEND_FLAGS);
    if (n >= 0)
        return (long)n;
    return later() ? 0 : -1;
}

long dfui_serve_receive(int fd, uint8_t *data, size_t length)
{
    ssize_t n = recv(fd, data, length, MSG_DONTWAIT);
    if (n > 0)
        return (long)n;
    return n < 0 && later() ? 0 : -1;
}

int dfui_serve_poll(struct pollfd *fds, size_t count, uint64_t limit_us)
{
#if defined(__linux__)
    struct timespec limit = {.tv_sec = (time_t)(limit_us / 1000000), .tv_nsec = (long)(limit_us % 1000000) * 1000};
    return ppoll(fds, count, &limit, NULL);
#else
    return poll(fds, (nfds_t)count, (int)(limit_us / 1000)); /* then in steps of no time at all */
#endif
}
