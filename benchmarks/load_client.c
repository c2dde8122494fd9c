/* A client that leaves the cores to the servers: whole requests over keep-alive connections, each as soon as the last
 * one was answered.
 *
 *   load_client PORT CONNECTIONS SECONDS STATUS FILE
 *
 * FILE holds requests: a line "LENGTH OFFSET OFFSET …", then so many bytes. At each offset stand sixteen digits, which
 * are filled with another number each time. Prints how many requests were answered with STATUS, and the median and the
 * 99th percentile of their times in microseconds, and how many of them were refused (4xx and 5xx); ends with 1 at
 * another status. A dot in STATUS stands for any digit.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TEMPLATES_MAX 1024
#define OFFSETS_MAX 1024
#define READ_BYTES (256 * 1024)

typedef struct { char *text; size_t length; size_t offsets[OFFSETS_MAX]; int fields; } Template;
typedef struct { int fd; long missing; size_t held; double since; char head[4096]; } Connection;

static Template templates[TEMPLATES_MAX];
static int template_count, sent;
static long refused;
static uint64_t number;
static char received[READ_BYTES + sizeof(((Connection *)0)->head) + 1];

static void fail(const char *why) { fprintf(stderr, "%s\n", why); exit(1); }

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void read_templates(const char *path) {
    FILE *file = fopen(path, "rb");
    char line[32 * OFFSETS_MAX];
    if (!file) fail("no requests");
    while (template_count < TEMPLATES_MAX && fgets(line, sizeof line, file)) {
        Template *each = &templates[template_count++];
        char *rest = line;
        each->length = strtoul(rest, &rest, 10);
        while (each->fields < OFFSETS_MAX && *rest == ' ') each->offsets[each->fields++] = strtoul(rest, &rest, 10);
        each->text = malloc(each->length);
        if (!each->text || fread(each->text, 1, each->length, file) != each->length) fail("torn requests");
    }
    fclose(file);
}

static void send_next(Connection *connection) {
    static const char digits[] = "0123456789abcdef";
    Template *each = &templates[sent++ % template_count];
    char filled[16];
    number += 0x9E3779B97F4A7C15u;
    for (int at = 0; at < 16; at++) filled[at] = digits[number >> (60 - 4 * at) & 15];
    for (int field = 0; field < each->fields; field++) memcpy(each->text + each->offsets[field], filled, 16);
    size_t done = 0;
    connection->since = now();
    while (done < each->length) {
        ssize_t wrote = send(connection->fd, each->text + done, each->length - done, MSG_NOSIGNAL);
        if (wrote <= 0) fail("a connection ended");
        done += wrote;
    }
}

static int by_size(const void *one, const void *other) {
    double a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

/* Whether the answer is whole. */
static int receive(Connection *connection, const char *status) {
    memcpy(received, connection->head, connection->held);
    ssize_t got = recv(connection->fd, received + connection->held, READ_BYTES, 0);
    if (got <= 0) fail("the server ended a connection");
    size_t have = connection->held + got;
    connection->held = 0;
    if (connection->missing) {
        connection->missing -= got;
        return connection->missing <= 0;
    }
    received[have] = 0;
    char *end = memmem(received, have, "\r\n\r\n", 4);
    if (!end) {
        if (have > sizeof connection->head) fail("a head without end");
        memcpy(connection->head, received, have);
        connection->held = have;
        return 0;
    }
    for (int at = 0; at < 3; at++) if (status[at] != '.' && received[9 + at] != status[at]) { received[have < 400 ? have : 400] = 0; fail(received); }
    refused += received[9] >= '4';
    char *length = strcasestr(received, "content-length:");
    long body = length && length < end ? strtol(length + 15, NULL, 10) : 0;
    connection->missing = (end + 4 - received) + body - (long)have;
    return connection->missing <= 0;
}

int main(int count, char **given) {
    if (count != 6) fail("PORT CONNECTIONS SECONDS STATUS FILE");
    int connections = atoi(given[2]), waiting = epoll_create1(0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(given[1]))};
    struct epoll_event events[256];
    Connection *all = calloc(connections, sizeof *all);
    long answered = 0, room = 1 << 16;
    float *times = malloc(room * sizeof *times);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    number = (uint64_t)time(NULL) << 20 ^ getpid();
    read_templates(given[5]);
    if (!template_count || !all) fail("nothing to send");
    for (int each = 0; each < connections; each++) {
        Connection *made = &all[each];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = made};
        made->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(made->fd, (struct sockaddr *)&address, sizeof address)) fail("nothing answers");
        setsockopt(made->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(waiting, EPOLL_CTL_ADD, made->fd, &event);
    }
    double end = now() + atof(given[3]);
    for (int each = 0; each < connections; each++) send_next(&all[each]);
    while (now() < end) {
        int ready = epoll_wait(waiting, events, 256, 100);
        for (int each = 0; each < ready; each++) {
            Connection *connection = events[each].data.ptr;
            if (receive(connection, given[4])) {
                connection->missing = 0;
                if (answered == room && !(times = realloc(times, (room *= 2) * sizeof *times))) fail("no memory");
                times[answered++] = (now() - connection->since) * 1e6;
                send_next(connection);
            }
        }
    }
    if (!answered) fail("nothing was answered");
    qsort(times, answered, sizeof *times, by_size);
    printf("%ld %.0f %.0f %ld\n", answered, times[answered / 2], times[answered * 99 / 100], refused);
    return 0;
}
