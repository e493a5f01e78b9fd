/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices, and who has their interfaces, from a folder that looks like Linux's /sys/bus/usb/devices. */
#include "support.h"

#if defined(__linux__)
#include "usb/sysfs.h"
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void name_it(char name[256], const char *device, const char *attribute)
{
    assert_true(snprintf(name, 256, "%s/%s/%s", root, device, attribute) < 256);
}

static void folder(const char *device)
{
    char name[256];
    name_it(name, device, "");
    assert_int_equal(mkdir(name, 0777), 0);
}

static void attribute(const char *device, const char *which, const void *data, size_t length)
{
    char name[256];
    name_it(name, device, which);
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

static void line(const char *device, const char *which, const char *text)
{
    attribute(device, which, text, strlen(text));
}

static void interface(const char *device, const char *driver, const char *alt)
{
    char name[256];
    folder(device);
    line(device, "bAlternateSetting", alt);
    name_it(name, device, "driver");
    if (driver != NULL)
        assert_int_equal(symlink(driver, name), 0);
}

/* USB 2.0 tables 9-8, 9-10 and 9-12: an STM32 in its ROM, and a hub. */
static const uint8_t rom[] = {18, 1, 0,  1, 0, 0,    0, 64,  0x83, 0x04, 0x11, 0xDF, 0,   0x22, 1,    2, 3,    1,
                              9,  2, 36, 0, 1, 1,    0, 192, 50,   9,    4,    0,    0,   0,    0xFE, 1, 2,    4,
                              9,  4, 0,  1, 0, 0xFE, 1, 2,   5,    9,    0x21, 0x0B, 255, 0,    0,    8, 0x1A, 1};
static const uint8_t hub[] = {18, 1, 0,  2, 9, 0, 1, 64,  0xE3, 0x05, 0x08, 0x06, 0x18, 0x60, 0, 1, 0, 1,
                              9,  2, 18, 0, 1, 1, 0, 224, 50,   9,    4,    0,    0,    1,    9, 0, 0, 0};

static void device(const char *path, const void *descriptors, size_t length, const char *number, const char *config)
{
    folder(path);
    attribute(path, "descriptors", descriptors, length);
    line(path, "devnum", number);
    line(path, "bConfigurationValue", config);
}

/* As the kernel writes them. */
static int make_tree(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "sysfs.XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    device("usb1", hub, sizeof hub, "1\n", "1\n");
    device("1-10", rom, sizeof rom, "23\n", "1\n");
    line("1-10", "serial", "357E38583339\n");
    interface("1-10:1.0", "../../../../../../../bus/usb/drivers/usbfs", " 1\n");
    device("1-2", hub, sizeof hub, "4\n", "1\n");
    device("1-2.3", rom, sizeof rom, "127\n", "\n"); /* not configured */
    device("1-2.1", rom, sizeof rom, "9\n", "1\n");  /* without a serial number */
    interface("1-2.1:1.0", NULL, " 0\n");
    device("2-1", rom, 17, "3\n", "1\n"); /* it went away while it was read */
    folder("2-2");
    folder("2-3"); /* the same, a little earlier */
    attribute("2-3", "descriptors", rom, sizeof rom);
    device("3", rom, sizeof rom, "5\n", "1\n");
    device("1-1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", rom, sizeof rom, "6\n", "1\n");
    line("2-2", "busnum", "12x\n");
    interface("3-1.4:2.3", "../../../../../../../../bus/usb/drivers/trancevibrator", " 0\n");
    interface("3-2:1.0", "cdc_acm", "x\n");
    interface("3-3:1.0", "../drivers/", "70000\n");
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command);
}

static char seen[512];

static int note(const struct dfu_usb_device *d, void *arg)
{
    size_t used = strlen(seen);
    const int *stop = arg;
    (void)snprintf(seen + used, sizeof seen - used, "%s %04x:%04x #%u %u/%u %s %s\n", d->path, d->vid, d->pid,
                   d->address, d->active_config, d->config_count, d->serial != NULL ? d->serial : "-",
                   d->holder_count > 0 ? d->holders[0].driver : "-");
    return stop != NULL ? *stop : DFU_OK;
}

static void shows_devices_in_the_order_of_their_paths(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    seen[0] = '\0';
    assert_dfu_ok(dfui_sysfs_visit(root, note, NULL, &err), err);
    assert_string_equal(seen, "1-2 05e3:0608 #4 0/1 - -\n"
                              "1-2.1 0483:df11 #9 1/1 - -\n"
                              "1-2.3 0483:df11 #127 0/1 - -\n"
                              "1-10 0483:df11 #23 1/1 357E38583339 usbfs\n");
}

static int check_rom(const struct dfu_usb_device *d, void *arg)
{
    int *found = arg;
    if (strcmp(d->path, "1-10") != 0)
        return DFU_OK;
    *found = 1;
    assert_int_equal(d->size, sizeof *d);
    assert_int_equal(d->bcd_device, 0x2200);
    assert_int_equal(d->serial_index, 3);
    assert_int_equal(d->product_index, 2);
    assert_int_equal(d->configs[0].length, sizeof rom - 18);
    assert_memory_equal(d->configs[0].data, rom + 18, sizeof rom - 18);
    assert_int_equal(d->holder_count, 1);
    assert_int_equal(d->holders[0].config, 1);
    assert_int_equal(d->holders[0].interface_number, 0);
    return DFU_OK;
}

static void shows_all_of_a_device(void **state)
{
    (void)state;
    int found = 0;
    assert_int_equal(dfui_sysfs_visit(root, check_rom, &found, NULL), DFU_OK);
    assert_int_equal(found, 1);
}

static void the_visitor_ends_it(void **state)
{
    (void)state;
    int stop = 7;
    seen[0] = '\0';
    assert_int_equal(dfui_sysfs_visit(root, note, &stop, NULL), 7);
    assert_string_equal(seen, "1-2 05e3:0608 #4 0/1 - -\n");
}

static void no_folder_no_devices(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    char name[256];
    seen[0] = '\0';
    assert_dfu_ok(dfui_sysfs_visit("no/such/folder", note, NULL, &err), err);
    assert_string_equal(seen, "");
    name_it(name, "1-2", "devnum");
    assert_dfu_error(dfui_sysfs_visit(name, note, NULL, &err), err, DFU_ERR_USB, "cannot look for USB devices");
}

/* More than the first read takes: 8 configurations of 20000 bytes. */
static void takes_long_descriptors_whole(void **state)
{
    (void)state;
    static uint8_t data[18 + 8 * 20000];
    size_t at = 18;
    memcpy(data, rom, 18);
    data[17] = 8;
    for (uint8_t config = 1; config <= 8; config++) {
        const uint8_t head[9] = {9, 2, 0x20, 0x4E, 0, config, 0, 192, 50};
        memcpy(data + at, head, 9);
        for (size_t i = 9; i + 1 < 20000; i += data[at + i])
            data[at + i] = 20000 - i >= 255 ? 253 : (uint8_t)(20000 - i);
        at += 20000;
    }
    device("9-1", data, sizeof data, "2\n", "1\n");
    seen[0] = '\0';
    assert_int_equal(dfui_sysfs_visit(root, note, NULL, NULL), DFU_OK);
    assert_non_null(strstr(seen, "\n9-1 0483:df11 #2 0/8 - -\n"));
}

/* Whether a device is there is not known then, and that is not the same as that it is not. A link to itself stands for
 * what a system may have too few of. */
static void what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    char whole[64];
    char name[256];
    memcpy(whole, root, sizeof whole);
    name_it(name, "odd", "");
    assert_int_equal(mkdir(name, 0777), 0);
    assert_true(snprintf(root, sizeof root, "%s/odd", whole) < (int)sizeof root);
    folder("1-1");
    name_it(name, "1-1", "devnum");
    assert_int_equal(symlink("devnum", name), 0);
    int number = dfui_sysfs_number(root, "1-1", "devnum");
    int no_number = dfui_sysfs_visit(root, note, NULL, &err);
    assert_dfu_error(no_number, err, DFU_ERR_USB, "cannot look for USB devices: 1-1 cannot be read");
    assert_int_equal(unlink(name), 0);
    line("1-1", "devnum", "2\n");
    name_it(name, "1-1", "descriptors");
    assert_int_equal(symlink("descriptors", name), 0);
    int no_descriptors = dfui_sysfs_visit(root, note, NULL, &err);
    memcpy(root, whole, sizeof whole);
    assert_dfu_error(no_descriptors, err, DFU_ERR_USB, "cannot look for USB devices: 1-1 cannot be read");
    assert_int_equal(number, DFUI_SYSFS_UNREADABLE);
}

static void numbers(void **state)
{
    (void)state;
    assert_int_equal(dfui_sysfs_number(root, "1-2.3", "devnum"), 127);
    assert_int_equal(dfui_sysfs_number(root, "1-2.3", "bConfigurationValue"), DFUI_SYSFS_NONE);
    assert_int_equal(dfui_sysfs_number(root, "1-9", "devnum"), DFUI_SYSFS_NONE);
    assert_int_equal(dfui_sysfs_number(root, "2-2", "busnum"), DFUI_SYSFS_NONE);
    assert_int_equal(dfui_sysfs_number(root, "3-2:1.0", "bAlternateSetting"), DFUI_SYSFS_NONE);
    assert_int_equal(dfui_sysfs_number(root, "3-3:1.0", "bAlternateSetting"), DFUI_SYSFS_NONE);
    assert_int_equal(dfui_sysfs_alt(root, "1-10", 0), 1);
    assert_int_equal(dfui_sysfs_alt(root, "1-2.1", 0), 0);
    assert_int_equal(dfui_sysfs_alt(root, "1-2.1", 1), DFUI_SYSFS_NONE); /* no such interface */
    assert_int_equal(dfui_sysfs_alt(root, "1-2.3", 0), DFUI_SYSFS_NONE); /* not configured */
}

static void names_the_driver(void **state)
{
    (void)state;
    char driver[32];
    assert_true(dfui_sysfs_driver(root, "1-10", 1, 0, driver, sizeof driver));
    assert_string_equal(driver, "usbfs");
    assert_true(dfui_sysfs_driver(root, "3-1.4", 2, 3, driver, sizeof driver));
    assert_string_equal(driver, "trancevibrator");
    assert_true(dfui_sysfs_driver(root, "3-2", 1, 0, driver, sizeof driver));
    assert_string_equal(driver, "cdc_acm");
}

static void says_when_there_is_none(void **state)
{
    (void)state;
    char driver[32];
    assert_false(dfui_sysfs_driver(root, "1-2.1", 1, 0, driver, sizeof driver)); /* no driver */
    assert_false(dfui_sysfs_driver(root, "1-10", 2, 0, driver, sizeof driver));  /* not the configuration in force */
    assert_false(dfui_sysfs_driver(root, "1-9", 1, 0, driver, sizeof driver));   /* no device */
    assert_false(dfui_sysfs_driver(root, "3-3", 1, 0, driver, sizeof driver));   /* no name */
    assert_false(dfui_sysfs_driver(root, "3-1.4", 2, 3, driver, 14));            /* it does not fit */
    assert_true(dfui_sysfs_driver(root, "3-1.4", 2, 3, driver, 15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_devices_in_the_order_of_their_paths),
        cmocka_unit_test(shows_all_of_a_device),
        cmocka_unit_test(the_visitor_ends_it),
        cmocka_unit_test(no_folder_no_devices),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
        cmocka_unit_test(numbers),
        cmocka_unit_test(names_the_driver),
        cmocka_unit_test(says_when_there_is_none),
        cmocka_unit_test(takes_long_descriptors_whole),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
#else
int main(void)
{
    puts("skipped: sysfs is Linux's");
    return 77;
}
#endif
