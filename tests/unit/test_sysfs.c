/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has an interface, from a folder that looks like Linux's /sys/bus/usb/devices, and whether a udevd runs. */
#include "support.h"
#include "usb/sysfs.h"
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void make(const char *interface, const char *driver)
{
    char name[256];
    assert_true(snprintf(name, sizeof name, "%s/%s", root, interface) < (int)sizeof name);
    assert_int_equal(mkdir(name, 0777), 0);
    if (driver == NULL)
        return;
    assert_true(snprintf(name, sizeof name, "%s/%s/driver", root, interface) < (int)sizeof name);
    assert_int_equal(symlink(driver, name), 0);
}

static int make_tree(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "sysfs.XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    /* as the kernel writes them */
    make("1-1:1.0", "../../../../../../../bus/usb/drivers/usbfs");
    make("1-1:1.1", NULL);
    make("1-1.4:2.3", "../../../../../../../../bus/usb/drivers/trancevibrator");
    make("1-2:1.0", "cdc_acm");
    make("1-3:1.0", "../drivers/");
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command);
}

static void names_the_driver(void **state)
{
    (void)state;
    char driver[32];
    assert_true(dfui_sysfs_driver(root, "1-1", 1, 0, driver, sizeof driver));
    assert_string_equal(driver, "usbfs");
    assert_true(dfui_sysfs_driver(root, "1-1.4", 2, 3, driver, sizeof driver));
    assert_string_equal(driver, "trancevibrator");
    assert_true(dfui_sysfs_driver(root, "1-2", 1, 0, driver, sizeof driver));
    assert_string_equal(driver, "cdc_acm");
}

static void says_when_there_is_none(void **state)
{
    (void)state;
    char driver[32];
    assert_false(dfui_sysfs_driver(root, "1-1", 1, 1, driver, sizeof driver)); /* no driver */
    assert_false(dfui_sysfs_driver(root, "1-1", 2, 0, driver, sizeof driver)); /* not the configuration in force */
    assert_false(dfui_sysfs_driver(root, "1-9", 1, 0, driver, sizeof driver)); /* no device */
    assert_false(dfui_sysfs_driver(root, "1-3", 1, 0, driver, sizeof driver)); /* no name */
    assert_false(dfui_sysfs_driver(root, "1-1.4", 2, 3, driver, 14));          /* it does not fit */
    assert_true(dfui_sysfs_driver(root, "1-1.4", 2, 3, driver, 15));
}

static bool listens(const char *text)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s/unix", root);
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
    assert_true(
        listens(HEAD OTHER "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411 /run/udev/control\n" OTHER));
    assert_false(listens(HEAD OTHER));
    assert_false(listens(HEAD "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411 /run/udev/control2\n"));
    assert_false(listens(HEAD "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411 /x/run/udev/control\n"));
    assert_false(listens(HEAD "ffff9a0000000002: 00000002 00000000 00010000 0005 01 16411"));
    assert_false(listens(""));
    assert_false(dfui_udevd_listens("no/such/file"));
}

int main(void)
{
#if !defined(__linux__)
    puts("skipped: sysfs is Linux's");
    return 77;
#endif
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_the_driver), cmocka_unit_test(says_when_there_is_none),
                                       cmocka_unit_test(finds_udevd)};
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
