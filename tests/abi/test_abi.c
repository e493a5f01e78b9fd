/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes of the public structs and values of the error codes, as other people's programs have compiled them in.
 * A size may only grow, at the struct's end, where the struct begins with `size`; a value never changes. The numbers
 * are counted by hand for LP64. */
#include <libdfu/sim.h>

#include "support.h"

struct pinned {
    const char *name;
    size_t size;
    size_t expected;
};

#define NAMED(name) #name, sizeof(struct name)

static const struct pinned structs[] = {
    {NAMED(dfu_context_options), 48},
    {NAMED(dfu_crc_model), 48},
    {NAMED(dfu_device_info), 80},
    {NAMED(dfu_detach_options), 16},
    {NAMED(dfu_erase_time), 8},
    {NAMED(dfu_error_info), 48},
    {NAMED(dfu_estimate), 40},
    {NAMED(dfu_gang_board), 64},
    {NAMED(dfu_gang_event), 48},
    {NAMED(dfu_gang_options), 96},
    {NAMED(dfu_image_crc_options), 48},
    {NAMED(dfu_image_info), 88},
    {NAMED(dfu_image_options), 88},
    {NAMED(dfu_open_options), 24},
    {NAMED(dfu_optbytes_area_info), 40},
    {NAMED(dfu_optbytes_family_info), 48},
    {NAMED(dfu_optbytes_field_info), 48},
    {NAMED(dfu_plan_options), 40},
    {NAMED(dfu_plan_summary), 96},
    {NAMED(dfu_progress), 40},
    {NAMED(dfu_protect_options), 40},
    {NAMED(dfu_protect_result), 32},
    {NAMED(dfu_range), 16},
    {NAMED(dfu_region), 56},
    {NAMED(dfu_result), 96},
    {NAMED(dfu_run_options), 64},
    {NAMED(dfu_segment), 40},
    {NAMED(dfu_selector), 32},
    {NAMED(dfu_session_info), 56},
    {NAMED(dfu_sim_counters), 136},
    {NAMED(dfu_sim_memory), 56},
    {NAMED(dfu_sim_options), 40},
    {NAMED(dfu_sim_serve_options), 48},
    {NAMED(dfu_sim_profile_info), 72},
    {NAMED(dfu_step), 40},
    {NAMED(dfu_suffix), 24},
    {NAMED(dfu_target), 32},
    {NAMED(dfu_times), 88},
    {NAMED(dfu_transport_ops), 128},
    {NAMED(dfu_usb_config), 16},
    {NAMED(dfu_usb_device), 64},
    {NAMED(dfu_usb_holder), 16},
    {NAMED(dfu_usb_setup), 8},
    {NAMED(dfu_vectors), 40},
    {NAMED(dfu_watch_options), 32},
    {NAMED(dfu_watch_result), 32},
};

static void test_sizes(void **state)
{
    (void)state;
    if (sizeof(void *) != 8 || sizeof(long) != 8) {
        print_message("skipped: sizes are pinned for LP64\n");
        skip();
    }
    int wrong = 0;
    for (size_t i = 0; i < sizeof structs / sizeof structs[0]; i++) {
        if (structs[i].size == structs[i].expected)
            continue;
        print_error("struct %s has %zu bytes, pinned are %zu\n", structs[i].name, structs[i].size, structs[i].expected);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* Size comes first wherever it is there, or growing would not work. */
static void test_size_first(void **state)
{
    (void)state;
    assert_int_equal(offsetof(struct dfu_context_options, size), 0);
    assert_int_equal(offsetof(struct dfu_device_info, size), 0);
    assert_int_equal(offsetof(struct dfu_error_info, size), 0);
    assert_int_equal(offsetof(struct dfu_gang_board, size), 0);
    assert_int_equal(offsetof(struct dfu_gang_event, size), 0);
    assert_int_equal(offsetof(struct dfu_gang_options, size), 0);
    assert_int_equal(offsetof(struct dfu_image_crc_options, size), 0);
    assert_int_equal(offsetof(struct dfu_image_info, size), 0);
    assert_int_equal(offsetof(struct dfu_image_options, size), 0);
    assert_int_equal(offsetof(struct dfu_open_options, size), 0);
    assert_int_equal(offsetof(struct dfu_plan_options, size), 0);
    assert_int_equal(offsetof(struct dfu_result, size), 0);
    assert_int_equal(offsetof(struct dfu_run_options, size), 0);
    assert_int_equal(offsetof(struct dfu_selector, size), 0);
    assert_int_equal(offsetof(struct dfu_sim_options, size), 0);
    assert_int_equal(offsetof(struct dfu_suffix, size), 0);
    assert_int_equal(offsetof(struct dfu_transport_ops, size), 0);
    assert_int_equal(offsetof(struct dfu_watch_options, size), 0);
    assert_int_equal(offsetof(struct dfu_watch_result, size), 0);
}

static void test_codes(void **state)
{
    (void)state;
    static const int codes[][2] = {
        {DFU_OK, 0},
        {DFU_ERR_ARGUMENT, -1},
        {DFU_ERR_NO_MEMORY, -2},
        {DFU_ERR_UNSUPPORTED, -3},
        {DFU_ERR_INTERNAL, -4},
        {DFU_ERR_FILE, -20},
        {DFU_ERR_FORMAT, -21},
        {DFU_ERR_WRONG_TARGET, -22},
        {DFU_ERR_RANGE, -23},
        {DFU_ERR_NO_DEVICE, -40},
        {DFU_ERR_AMBIGUOUS, -41},
        {DFU_ERR_ACCESS, -42},
        {DFU_ERR_BUSY, -43},
        {DFU_ERR_GONE, -44},
        {DFU_ERR_USB, -60},
        {DFU_ERR_TIMEOUT, -61},
        {DFU_ERR_PROTOCOL, -62},
        {DFU_ERR_STALL, -63},
        {DFU_ERR_DEVICE, -80},
        {DFU_ERR_PROTECTED, -81},
        {DFU_ERR_MISMATCH, -82},
        {DFU_ERR_NOT_LEFT, -83},
        {DFU_ERR_SOME_FAILED, -84},
        {DFU_ERR_CANCELLED, -100},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_int_equal(codes[i][0], codes[i][1]);
        assert_string_not_equal(dfu_code_name(codes[i][0]), "DFU_ERR_?");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_size_first),
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
