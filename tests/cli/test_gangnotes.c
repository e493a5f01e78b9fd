/* SPDX-License-Identifier: BSD-2-Clause */
/* What the plans of several boards have to say is said once, or with the path of the board that it holds for. */
#include "support.h"

#include "gangnotes.h"

#include <unistd.h>

#define LARGE "@Internal Flash  /0x08000000/04*016Kg"
#define SMALL "@Internal Flash  /0x08000000/32*002Kg"
#define FLASH UINT64_C(0x08000000)

static struct gangnotes notes;
static struct cli cli;

static int start(void **state)
{
    (void)state;
    memset(&notes, 0, sizeof notes);
    memset(&cli, 0, sizeof cli);
    return 0;
}

/* What is said of a board at a path whose image has so many bytes that are no vector table. */
static const char *said(const char *path, const char *layout, size_t length, int was_read)
{
    static char text[1000];
    static const uint8_t bytes[16384] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct dfu_memmap *map = NULL;
    struct dfu_image *image = NULL;
    struct dfu_plan *plan = NULL;
    struct dfu_error *err = NULL;
    struct dfu_target target;
    FILE *file = tmpfile();
    int old = dup(STDERR_FILENO);
    DFU_INIT(&target);
    target.transfer_size = 2048;
    target.attributes = DFU_CAN_DOWNLOAD | DFU_CAN_UPLOAD;
    assert_non_null(file);
    assert_dfu_ok(dfu_memmap_new(&map, &err), err);
    assert_dfu_ok(dfu_memmap_add(map, 0, layout, &err), err);
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, FLASH, bytes, length, DFU_OVERLAP_ERROR, &err), err);
    assert_dfu_ok(dfu_plan_write(map, &target, image, NULL, &plan, &err), err);
    cli.device_path = (char *)(uintptr_t)path;
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    gangnotes_say(&notes, &cli, plan, was_read);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    (void)close(old);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    dfu_plan_free(plan);
    dfu_image_free(image);
    dfu_memmap_free(map);
    return text;
}

#define WARNINGS(path)                                                                                                 \
    "warning: " path "initial stack pointer 0x04030201 at 0x08000000 is not in RAM\n"                                  \
    "warning: " path "reset vector 0x08070605 at 0x08000004 points outside the image\n"
#define IN_PART "sector 0x08000000..0x08004000 is covered in part: its other 16284 bytes are erased\n"

static void the_same_is_said_once(void **state)
{
    (void)state;
    assert_string_equal(said("1-2", LARGE, 100, 0), WARNINGS("") "note: " IN_PART);
    assert_string_equal(said("1-1", LARGE, 100, 0), "");
    assert_string_equal(said("1-3", LARGE, 100, 0), "");
    gangnotes_end(&notes);
}

static void what_differs_names_the_board(void **state)
{
    (void)state;
    assert_string_equal(said("1-1", LARGE, 100, 0), WARNINGS("") "note: " IN_PART);
    assert_string_equal(
        said("1-2", SMALL, 100, 0),
        "note: 1-2: sector 0x08000000..0x08000800 is covered in part: its other 1948 bytes are erased\n");
    assert_string_equal(said("1-3", SMALL, 2048, 0), "note: 1-3: not so here: " IN_PART);
    assert_string_equal(said("1-4", LARGE, 100, 0), "");
    gangnotes_end(&notes);
}

/* Four bytes are no vector table, and a memory that is not erased has no sectors. */
static void the_first_is_silent(void **state)
{
    (void)state;
    assert_string_equal(said("1-1", "@SRAM /0x08000000/04*016Ke", 4, 0), "");
    assert_string_equal(
        said("1-2", SMALL, 4, 0),
        "note: 1-2: sector 0x08000000..0x08000800 is covered in part: its other 2044 bytes are erased\n");
    gangnotes_end(&notes);
}

/* Warnings are about the image; what else is noted depends on what a board holds. */
static void each_that_was_read_speaks_for_itself(void **state)
{
    (void)state;
    assert_string_equal(said("1-1", LARGE, 100, 1), WARNINGS("") "note: 1-1: " IN_PART);
    assert_string_equal(said("1-2", LARGE, 100, 1), "note: 1-2: " IN_PART);
    gangnotes_end(&notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_is_said_once, start),
        cmocka_unit_test_setup(what_differs_names_the_board, start),
        cmocka_unit_test_setup(the_first_is_silent, start),
        cmocka_unit_test_setup(each_that_was_read_speaks_for_itself, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
