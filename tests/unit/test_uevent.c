/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for udevd's events, on a pair of sockets in the place of the kernel's, and whether a udevd runs. */
#include "support.h"

#if defined(__linux__)
#include "usb/uevent.h"
#include <libdfu/transport.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_events(int fd, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(send(fd, "libudev", 8, 0), 8);
}

/* A limit of a minute, which the test has not, shows that events end it. */
#define MINUTE_US UINT64_C(60000000)

static void an_event_ends_the_wait_and_all_are_taken(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    assert_int_equal(dfui_uevent_wait(pair[0], 0), DFU_WAIT_QUIET);
    send_events(pair[1], 3);
    assert_int_equal(dfui_uevent_wait(pair[0], MINUTE_US), DFU_WAIT_CHANGED);
    assert_int_equal(dfui_uevent_wait(pair[0], 0), DFU_WAIT_QUIET);
    send_events(pair[1], 1);
    assert_int_equal(dfui_uevent_wait(pair[0], MINUTE_US), DFU_WAIT_CHANGED);
    assert_int_equal(dfui_uevent_wait(pair[0], 0), DFU_WAIT_QUIET);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void trouble_is_a_change(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(dfui_uevent_wait(-2, 0), DFU_WAIT_QUIET); /* as poll() takes it: nothing to wait for */
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    (void)close(pair[1]);
    assert_int_equal(dfui_uevent_wait(pair[0], MINUTE_US), DFU_WAIT_CHANGED); /* and it ends */
    (void)close(pair[0]);
}

static void the_system_has_events(void **state)
{
    (void)state;
    int fd = dfui_uevent_open();
    if (fd < 0)
        skip(); /* a sandbox without netlink */
    struct sockaddr address = {0};
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(fd, &address, &length), 0);
    assert_int_equal(address.sa_family, AF_NETLINK);
    (void)close(fd);
}

static char name[] = "unix.XXXXXX";

static bool listens(const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) < 0, 0);
    assert_int_equal(fclose(f), 0);
    return dfui_udevd_listens(name);
}

#define HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define OTHER "ffff9a0000000001: 00000002 00000000 00010000 0001 01 16385 /run/systemd/notify\n"

/* Lines as Linux 6.1 writes them. */
static void finds_udevd(void **state)
{
    (void)state;
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_true(
        listens(HEAD OTHER "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411 /run/udev/control\n" OTHER));
    assert_false(listens(HEAD OTHER));
    assert_false(listens(HEAD "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411 /run/udev/control2\n"));
    assert_false(listens(HEAD "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411 /x/run/udev/control\n"));
    assert_false(listens(HEAD "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411"));
    assert_false(listens(""));
    (void)unlink(name);
    assert_false(dfui_udevd_listens(name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_event_ends_the_wait_and_all_are_taken),
                                       cmocka_unit_test(trouble_is_a_change), cmocka_unit_test(the_system_has_events),
                                       cmocka_unit_test(finds_udevd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    puts("skipped: udevd is Linux's");
    return 77;
}
#endif
