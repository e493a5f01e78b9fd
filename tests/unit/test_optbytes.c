/* SPDX-License-Identifier: BSD-2-Clause */
/* Values are those of the reference manuals: ST's production values, and bits set and cleared by hand from there. */
#include "support.h"

#define F1_FLASH "@Internal Flash  /0x08000000/128*002Kg"
#define F1_OPTIONS "@Option Bytes  /0x1FFFF800/01*016 g"
#define F0_FLASH "@Internal Flash  /0x08000000/064*0002Kg"
#define F0_OPTIONS "@Option Bytes  /0x1FFFF800/01*016 e"
#define F4_FLASH "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"
#define F4_OPTIONS "@Option Bytes  /0x1FFFC000/01*016 e"
#define F42_FLASH "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg"
#define F42_OPTIONS "@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e"
#define F7_FLASH "@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg"
#define F7_OPTIONS "@Option Bytes  /0x1FFF0000/01*032 e"
#define L1_FLASH "@Internal Flash  /0x08000000/1024*256 g"
#define L1_OPTIONS "@Option Bytes  /0x1FF80000/01*032 e"
#define L4_FLASH "@Internal Flash  /0x08000000/0512*0002Kg"
#define L4_OPTIONS "@Option Bytes  /0x1FFF7800/01*040 e/0x1FFFF800/01*040 e"
#define G4_FLASH "@Internal Flash   /0x08000000/256*02Kg"
#define G4_OPTIONS "@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e"
#define H7_FLASH "@Internal Flash   /0x08000000/16*128Kg"
#define H7_OPTIONS "@Option Bytes   /0x5200201C/01*128 e"
#define U5_OPTIONS "@Option Bytes   /0x40022040/01*64 e"

/* PM0075 table 7: RDP 0xA5, USER and WRP all set. */
static const uint8_t f1_factory[16] = {0xA5, 0x5A, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00,
                                       0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00};
/* RM0091 section 4.1.1: 0x00FF55AA, then 0x00FF00FF. */
static const uint8_t f0_factory[16] = {0xAA, 0x55, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00,
                                       0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00};
/* RM0090 section 3.9.1: RDP and USER 0xAAED with what is reserved as FLASH_OPTCR resets to; nWRP 0xFFFF. */
static const uint8_t f4_factory[16] = {0xED, 0xAA, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
/* RM0385 section 3.7.6 and after: FLASH_OPTCR 0xC0FFAAFD, FLASH_OPTCR1 0x00400080. */
static const uint8_t f7_factory[32] = {0xFD, 0xAA, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC0, 0xFF,
                                       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0xFF, 0xFF, 0xFF, 0xFF,
                                       0xFF, 0xFF, 0x40, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
/* RM0038 table of option bytes: 0xFF5500AA, 0xFF0700F8, no write protection. */
static const uint8_t l1_factory[32] = {0xAA, 0x00, 0x55, 0xFF, 0xF8, 0x00, 0x07, 0xFF, 0x00, 0x00, 0xFF,
                                       0xFF, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00,
                                       0xFF, 0xFF, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0xFF, 0xFF};
/* RM0351 section 3.4.1: ST production value 0xFFEFF8AA with its complement; PCROP1 start 0xFFFFFFFF, end 0xFFFF0000;
 * WRP areas 0xFF00FFFF: first page 0xFF after the last page 0. */
static const uint8_t l4_factory[40] = {0xAA, 0xF8, 0xEF, 0xFF, 0x55, 0x07, 0x10, 0x00, 0xFF, 0xFF,
                                       0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF,
                                       0xFF, 0xFF, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0xFF, 0x00, 0x00,
                                       0xFF, 0x00, 0xFF, 0xFF, 0x00, 0xFF, 0x00, 0x00, 0xFF, 0x00};

static struct dfu_optbytes *make(const char *flash, const char *options, const char *family)
{
    struct dfu_memmap *map = NULL;
    struct dfu_optbytes *o = NULL;
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfu_memmap_new(&map, &err), err);
    assert_dfu_ok(dfu_memmap_add(map, 0, flash, &err), err);
    assert_dfu_ok(dfu_memmap_add(map, 1, options, &err), err);
    assert_dfu_ok(dfu_optbytes_new(map, family, &o, &err), err);
    dfu_memmap_free(map);
    return o;
}

static void load(struct dfu_optbytes *o, uint64_t address, const uint8_t *data, size_t length)
{
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfu_optbytes_load(o, address, data, length, &err), err);
}

static struct dfu_optbytes *loaded(const char *flash, const char *options, uint64_t address, const uint8_t *data,
                                   size_t length)
{
    struct dfu_optbytes *o = make(flash, options, NULL);
    load(o, address, data, length);
    return o;
}

static uint32_t value_of(const struct dfu_optbytes *o, const char *name)
{
    struct dfu_optbytes_field_info f;
    DFU_INIT(&f);
    for (size_t i = 0; dfu_optbytes_field(o, i, &f) == DFU_OK; i++) {
        if (strcmp(f.name, name) == 0)
            return f.value;
    }
    fail_msg("no field %s", name);
    return 0;
}

static const uint8_t *bytes_of(const struct dfu_optbytes *o, size_t area)
{
    struct dfu_optbytes_area_info a;
    DFU_INIT(&a);
    assert_int_equal(dfu_optbytes_area(o, area, &a), DFU_OK);
    return a.data;
}

static void set(struct dfu_optbytes *o, const char *assignment)
{
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfu_optbytes_set(o, assignment, &err), err);
}

static void assert_checks(const struct dfu_optbytes *o)
{
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfu_optbytes_check(o, &err), err);
}

static void assert_protected(const struct dfu_optbytes *o, size_t index, uint64_t start, uint64_t end)
{
    struct dfu_range r;
    assert_int_equal(dfu_optbytes_protected(o, index, &r), DFU_OK);
    assert_int_equal(r.start, start);
    assert_int_equal(r.end, end);
}

static void assert_no_more_protected(const struct dfu_optbytes *o, size_t index)
{
    struct dfu_range r;
    assert_int_equal(dfu_optbytes_protected(o, index, &r), DFU_ERR_RANGE);
}

/* The family is told by place, length and what the map says of erasing. */
static void families(void **state)
{
    (void)state;
    static const struct {
        const char *flash, *options, *family;
    } rows[] = {{F1_FLASH, F1_OPTIONS, "stm32f1"},
                {F0_FLASH, F0_OPTIONS, "stm32f0"},
                {F4_FLASH, F4_OPTIONS, "stm32f4"},
                {F42_FLASH, F42_OPTIONS, "stm32f4"},
                {F7_FLASH, F7_OPTIONS, "stm32f7"},
                {L1_FLASH, L1_OPTIONS, "stm32l1"},
                {L4_FLASH, L4_OPTIONS, "stm32l4"},
                {G4_FLASH, G4_OPTIONS, "stm32g4"},
                {H7_FLASH, H7_OPTIONS, "stm32h7"},
                {F4_FLASH, U5_OPTIONS, "stm32u5"},
                {F4_FLASH, "@Option byte   /0x1FFFC000/01*512 g", NULL}, /* AT32 */
                {F4_FLASH, "@Option Bytes /0x1FFF9000/01*016 e", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dfu_optbytes *o = make(rows[i].flash, rows[i].options, NULL);
        if (rows[i].family == NULL)
            assert_null(dfu_optbytes_family_name(o));
        else
            assert_string_equal(dfu_optbytes_family_name(o), rows[i].family);
        dfu_optbytes_free(o);
    }
}

static void family_by_name(void **state)
{
    (void)state;
    struct dfu_memmap *map = NULL;
    struct dfu_error *err = NULL;
    struct dfu_optbytes *o = make(F4_FLASH, F0_OPTIONS, "stm32f1");
    assert_string_equal(dfu_optbytes_family_name(o), "stm32f1");
    dfu_optbytes_free(o);
    o = make(F4_FLASH, F0_OPTIONS, "stm32f3");
    assert_string_equal(dfu_optbytes_family_name(o), "stm32f0");
    dfu_optbytes_free(o);
    assert_dfu_ok(dfu_memmap_new(&map, &err), err);
    assert_dfu_ok(dfu_memmap_add(map, 0, F4_FLASH, &err), err);
    assert_dfu_error(dfu_optbytes_new(map, NULL, &o, &err), err, DFU_ERR_UNSUPPORTED, "shows no option bytes");
    assert_null(o);
    assert_dfu_ok(dfu_memmap_add(map, 1, F4_OPTIONS, &err), err);
    assert_dfu_error(dfu_optbytes_new(map, "stm32", &o, &err), err, DFU_ERR_ARGUMENT, "no family called 'stm32'");
    assert_dfu_error(dfu_optbytes_new(map, "stm32x9", &o, &err), err, DFU_ERR_ARGUMENT, "stm32f4 stm32f2");
    assert_dfu_error(dfu_optbytes_new(map, "stm32l4", &o, &err), err, DFU_ERR_ARGUMENT, "at 0x1FFF7800");
    dfu_memmap_free(map);
}

static void factory_f1(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(F1_FLASH, F1_OPTIONS, 0x1FFFF800, f1_factory, 16);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "rdp"), 0);
    assert_int_equal(value_of(o, "wdg_sw"), 1);
    assert_int_equal(value_of(o, "nrst_stdby"), 1);
    assert_checks(o);
    assert_no_more_protected(o, 0);
    set(o, "rdp=1");
    assert_int_equal(bytes_of(o, 0)[0], 0x00);
    assert_int_equal(bytes_of(o, 0)[1], 0xFF);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_1);
    set(o, "rdp=0");
    assert_memory_equal(bytes_of(o, 0), f1_factory, 16);
    struct dfu_error *err = NULL;
    assert_dfu_error(dfu_optbytes_set(o, "rdp=2", &err), err, DFU_ERR_ARGUMENT, "levels 0 to 1, not 2");
    /* Hardware watchdog, data byte, first 4 KiB and all from 124 KiB on write-protected. */
    set(o, "wdg_sw=0");
    set(o, "data1=0x5A");
    set(o, "wrp0=0xFE");
    set(o, "wrp3=127");
    static const uint8_t want[16] = {0xA5, 0x5A, 0xFE, 0x01, 0xFF, 0x00, 0x5A, 0xA5,
                                     0xFE, 0x01, 0xFF, 0x00, 0xFF, 0x00, 0x7F, 0x80};
    assert_memory_equal(bytes_of(o, 0), want, 16);
    assert_protected(o, 0, 0x08000000, 0x08001000);
    assert_protected(o, 1, 0x0801F000, 0x08040000);
    assert_no_more_protected(o, 2);
    assert_checks(o);
    dfu_optbytes_free(o);
}

static void factory_f0(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(F0_FLASH, F0_OPTIONS, 0x1FFFF800, f0_factory, 16);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "boot_sel"), 1);
    set(o, "rdp=1");
    assert_int_equal(bytes_of(o, 0)[0], 0xBB);
    assert_int_equal(bytes_of(o, 0)[1], 0x44);
    set(o, "rdp=2");
    assert_int_equal(bytes_of(o, 0)[0], 0xCC);
    assert_int_equal(bytes_of(o, 0)[1], 0x33);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_2);
    dfu_optbytes_free(o);
}

/* A level 1 byte of another tool stays when the level stays. */
static void same_level_same_byte(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(F4_FLASH, F4_OPTIONS, 0x1FFFC000, f4_factory, 16);
    const uint8_t other[2] = {0xED, 0x12};
    load(o, 0x1FFFC000, other, 2);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_1);
    set(o, "rdp=1");
    assert_int_equal(bytes_of(o, 0)[1], 0x12);
    dfu_optbytes_free(o);
}

static void factory_f4(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(F4_FLASH, F4_OPTIONS, 0x1FFFC000, f4_factory, 16);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "bor"), 3);
    assert_int_equal(value_of(o, "wdg_sw"), 1);
    assert_int_equal(value_of(o, "nrst_stop"), 1);
    assert_int_equal(value_of(o, "nwrp"), 0xFFF);
    assert_no_more_protected(o, 0);
    set(o, "bor=2");
    assert_int_equal(bytes_of(o, 0)[0], 0xE9);
    set(o, "wdg_sw=0");
    assert_int_equal(bytes_of(o, 0)[0], 0xC9);
    /* Sectors 0, 1 and 11. */
    set(o, "nwrp=0x7FC");
    assert_int_equal(bytes_of(o, 0)[8], 0xFC);
    assert_int_equal(bytes_of(o, 0)[9], 0xF7);
    assert_protected(o, 0, 0x08000000, 0x08008000);
    assert_protected(o, 1, 0x080E0000, 0x08100000);
    assert_no_more_protected(o, 2);
    dfu_optbytes_free(o);
}

/* With PCROP the same bits mean something else: nothing is said. */
static void pcrop_is_not_write_protection(void **state)
{
    (void)state;
    struct dfu_range r;
    struct dfu_optbytes *o = loaded(F4_FLASH, F4_OPTIONS, 0x1FFFC000, f4_factory, 16);
    load(o, 0x1FFFC008, (const uint8_t[]){0x01, 0xA0}, 2); /* as on F42x: SPRMOD, sector 0 */
    assert_int_equal(value_of(o, "sprmod"), 1);
    assert_int_equal(dfu_optbytes_protected(o, 0, &r), DFU_ERR_UNSUPPORTED);
    load(o, 0x1FFFC008, (const uint8_t[]){0xFE, 0x2F}, 2); /* and write protection of sector 0 */
    assert_protected(o, 0, 0x08000000, 0x08004000);
    dfu_optbytes_free(o);
}

static void two_banks_f4(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(F42_FLASH, F42_OPTIONS, 0x1FFFC000, f4_factory, 16);
    struct dfu_optbytes_area_info a;
    DFU_INIT(&a);
    assert_int_equal(dfu_optbytes_area_count(o), 2);
    assert_int_equal(dfu_optbytes_area(o, 1, &a), DFU_OK);
    assert_int_equal(a.start, 0x1FFEC000);
    assert_int_equal(a.length, 16);
    assert_int_equal(a.known, 0);
    assert_int_equal(a.alt, 1);
    load(o, 0x1FFEC000, f4_factory, 16);
    load(o, 0x1FFFC008, (const uint8_t[]){0xFF, 0x7F}, 2);
    /* Sector 12 is the first of bank 2, at 1 MiB. */
    set(o, "nwrp2=0xFFE");
    assert_int_equal(bytes_of(o, 1)[8], 0xFE);
    assert_protected(o, 0, 0x08100000, 0x08104000);
    assert_no_more_protected(o, 1);
    dfu_optbytes_free(o);
}

static void factory_f7(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(F7_FLASH, F7_OPTIONS, 0x1FFF0000, f7_factory, 32);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "bor"), 3);
    assert_int_equal(value_of(o, "iwdg_stop"), 1);
    assert_int_equal(value_of(o, "iwdg_stdby"), 1);
    assert_int_equal(value_of(o, "boot_add0"), 0x0080);
    assert_int_equal(value_of(o, "boot_add1"), 0x0040);
    assert_no_more_protected(o, 0); /* 8 sectors: the cleared bits 8 to 13 protect nothing */
    set(o, "boot_add0=0x2004");
    assert_int_equal(bytes_of(o, 0)[16], 0x04);
    assert_int_equal(bytes_of(o, 0)[17], 0x20);
    set(o, "nwrp=0x07F");
    assert_protected(o, 0, 0x080C0000, 0x08100000);
    dfu_optbytes_free(o);
}

static void factory_l1(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(L1_FLASH, L1_OPTIONS, 0x1FF80000, l1_factory, 32);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "bor"), 8);
    assert_int_equal(value_of(o, "iwdg_sw"), 1);
    assert_checks(o);
    assert_no_more_protected(o, 0);
    set(o, "rdp=1");
    static const uint8_t level_1[4] = {0xBB, 0x00, 0x44, 0xFF};
    assert_memory_equal(bytes_of(o, 0), level_1, 4);
    set(o, "wrp1=0x0003"); /* 64 KiB to 72 KiB */
    static const uint8_t wrp[4] = {0x03, 0x00, 0xFC, 0xFF};
    assert_memory_equal(bytes_of(o, 0) + 12, wrp, 4);
    assert_protected(o, 0, 0x08010000, 0x08012000);
    assert_no_more_protected(o, 1);
    assert_checks(o);
    dfu_optbytes_free(o);
}

static void factory_l4(void **state)
{
    (void)state;
    struct dfu_optbytes *o = loaded(L4_FLASH, L4_OPTIONS, 0x1FFF7800, l4_factory, 40);
    load(o, 0x1FFFF800, l4_factory, 40);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "bor"), 0);
    assert_int_equal(value_of(o, "bfb2"), 0);
    assert_int_equal(value_of(o, "nboot1"), 1);
    assert_int_equal(value_of(o, "nswboot0"), 1);
    assert_int_equal(value_of(o, "wrp1a_strt"), 0xFF);
    assert_int_equal(value_of(o, "wrp1a_end"), 0);
    assert_checks(o);
    assert_no_more_protected(o, 0);
    /* 0xFFEFF8AA with nSWBOOT0 (bit 26) clear is 0xFBEFF8AA. */
    set(o, "nswboot0=0");
    static const uint8_t optr[8] = {0xAA, 0xF8, 0xEF, 0xFB, 0x55, 0x07, 0x10, 0x04};
    assert_memory_equal(bytes_of(o, 0), optr, 8);
    set(o, "wrp1a_strt=2");
    set(o, "wrp1a_end=3");
    set(o, "wrp2b_strt=0");
    set(o, "wrp2b_end=255");
    assert_protected(o, 0, 0x08001000, 0x08002000);
    assert_protected(o, 1, 0x08080000, 0x08100000);
    assert_no_more_protected(o, 2);
    assert_checks(o);
    dfu_optbytes_free(o);
}

/* A G431 lets 40 of the 48 bytes be read that it announces: the fields are there all the same (C19). */
static void fewer_bytes_than_announced(void **state)
{
    (void)state;
    struct dfu_optbytes_area_info a;
    struct dfu_optbytes *o = loaded(G4_FLASH, G4_OPTIONS, 0x1FFF7800, l4_factory, 40);
    DFU_INIT(&a);
    assert_int_equal(dfu_optbytes_area(o, 0, &a), DFU_OK);
    assert_int_equal(a.length, 48);
    assert_int_equal(a.known, 40);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "wrp1b_end"), 0);
    dfu_optbytes_free(o);
}

/* Where its map announces 40 it looks like an L4, and is what the user says. */
static void a_small_g4(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_memmap *map = NULL;
    struct dfu_optbytes *o = NULL;
    static const char *const strings[] = {"@Internal Flash   /0x08000000/64*02Kg",
                                          "@Option Bytes   /0x1FFF7800/01*040 e"};
    assert_dfu_ok(dfu_memmap_new(&map, &err), err);
    for (uint32_t i = 0; i < 2; i++)
        assert_dfu_ok(dfu_memmap_add(map, i, strings[i], &err), err);
    assert_dfu_ok(dfu_optbytes_new(map, NULL, &o, &err), err);
    assert_string_equal(dfu_optbytes_family_name(o), "stm32l4");
    dfu_optbytes_free(o);
    assert_dfu_ok(dfu_optbytes_new(map, "stm32g4", &o, &err), err);
    assert_dfu_ok(dfu_optbytes_load(o, 0x1FFF7800, l4_factory, 40, &err), err);
    assert_int_equal(value_of(o, "nrst_mode"), 3);
    dfu_optbytes_free(o);
    dfu_memmap_free(map);
}

/* RM0444: FLASH_OPTR has BOR_EN at 8, BORF_LEV at 9, BORR_LEV at 11, nBOOT_SEL at 24, NRST_MODE at 27. */
static void fields_of_a_g0(void **state)
{
    (void)state;
    static const uint8_t bytes[64] = {0xAA, 0xF3, 0xFF, 0xF8, 0x55, 0x0C, 0x00, 0x07};
    struct dfu_optbytes *o =
        loaded("@Internal Flash   /0x08000000/64*02Kg", "@Option Bytes   /0x1FFF7800/01*128 e", 0x1FFF7800, bytes, 64);
    assert_string_equal(dfu_optbytes_family_name(o), "stm32g0");
    assert_int_equal(value_of(o, "bor_en"), 1);
    assert_int_equal(value_of(o, "bor_falling"), 1);
    assert_int_equal(value_of(o, "bor_rising"), 2);
    assert_int_equal(value_of(o, "nboot_sel"), 0);
    assert_int_equal(value_of(o, "nrst_mode"), 3);
    dfu_optbytes_free(o);
}

/* PM0075 section 2.5: 0xA5 opens an F1. An F0 opens with 0xAA, and the address alone does not tell them apart. */
static void clones_of_the_f1(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    static const uint8_t open_f1[16] = {0xA5, 0x5A, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00,
                                        0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00};
    static const uint8_t open_f0[16] = {0xAA, 0x55, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00,
                                        0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00};
    const char *flash = "@Internal Flash  /0x8000000/128*1Kg";
    const char *options = "@Option Bytes  /0x1FFFF800/01*016 e";
    struct dfu_optbytes *o = loaded(flash, options, 0x1FFFF800, open_f1, 16);
    assert_string_equal(dfu_optbytes_family_name(o), "stm32f1");
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    dfu_optbytes_free(o);
    o = loaded(flash, options, 0x1FFFF800, open_f0, 16);
    assert_string_equal(dfu_optbytes_family_name(o), "stm32f0");
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    /* Who says what it is gets it as he says. */
    struct dfu_memmap *map = NULL;
    dfu_optbytes_free(o);
    assert_dfu_ok(dfu_memmap_new(&map, &err), err);
    assert_dfu_ok(dfu_memmap_add(map, 1, options, &err), err);
    assert_dfu_ok(dfu_optbytes_new(map, "stm32f0", &o, &err), err);
    assert_dfu_ok(dfu_optbytes_load(o, 0x1FFFF800, open_f1, 16, &err), err);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_1);
    dfu_optbytes_free(o);
    dfu_memmap_free(map);
}

/* RM0433 section 4.9.8: FLASH_OPTSR_CUR 0x1BC6AAF0; registers can be looked at only. */
static void registers_h7(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    uint8_t window[128] = {0xF0, 0xAA, 0xC6, 0x1B};
    window[28] = 0xFE; /* WPSN_CUR1R: sector 0 protected */
    window[37] = 0x08; /* BOOT_CURR: 0x1FF00800 */
    window[38] = 0xF0;
    window[39] = 0x1F;
    struct dfu_optbytes *o = loaded(H7_FLASH, H7_OPTIONS, 0x5200201C, window, 128);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    assert_int_equal(value_of(o, "iwdg1_sw"), 1);
    assert_int_equal(value_of(o, "bor"), 0);
    assert_int_equal(value_of(o, "boot_add0"), 0x0800);
    assert_int_equal(value_of(o, "boot_add1"), 0x1FF0);
    assert_protected(o, 0, 0x08000000, 0x08020000);
    assert_no_more_protected(o, 1);
    assert_dfu_error(dfu_optbytes_set(o, "rdp=1", &err), err, DFU_ERR_UNSUPPORTED, "single options of stm32h7");
    dfu_optbytes_free(o);
}

static void complements_are_checked(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_optbytes *o = loaded(F0_FLASH, F0_OPTIONS, 0x1FFFF800, f0_factory, 16);
    load(o, 0x1FFFF803, (const uint8_t[]){0x01}, 1);
    assert_dfu_error(dfu_optbytes_check(o, &err), err, DFU_ERR_MISMATCH,
                     "0x1FFFF802 is 0xFF, but its complement at 0x1FFFF803 is 0x01 instead of 0x00");
    load(o, 0x1FFFF803, (const uint8_t[]){0xFF}, 1); /* erased, never programmed: no error (RM0091 section 4) */
    assert_checks(o);
    /* RDP without its complement does not count as level 0. */
    load(o, 0x1FFFF801, (const uint8_t[]){0x54}, 1);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_1);
    dfu_optbytes_free(o);
}

/* One field of a word that was never programmed: the whole word gets its complement. */
static void erased_words_are_completed(void **state)
{
    (void)state;
    static const uint8_t erased[40] = {0};
    static const uint8_t want[8] = {0x00, 0x01, 0x00, 0x00, 0xFF, 0xFE, 0xFF, 0xFF};
    struct dfu_optbytes *o = loaded(L4_FLASH, L4_OPTIONS, 0x1FFF7800, erased, 40);
    set(o, "bor=1");
    assert_memory_equal(bytes_of(o, 0), want, 8);
    assert_checks(o);
    dfu_optbytes_free(o);
}

static void copies_are_separate(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_optbytes *copy = NULL;
    struct dfu_optbytes *o = loaded(F4_FLASH, F4_OPTIONS, 0x1FFFC000, f4_factory, 16);
    assert_dfu_ok(dfu_optbytes_copy(o, &copy, &err), err);
    set(copy, "bor=0");
    set(copy, "sprmod=0");
    assert_int_equal(value_of(o, "bor"), 3);
    assert_int_equal(value_of(copy, "bor"), 0);
    dfu_optbytes_free(o);
    assert_no_more_protected(copy, 0); /* it has its own idea of the flash */
    dfu_optbytes_free(copy);
}

static void bad_assignments(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } rows[] = {{"", "is not NAME=NUMBER"},
                {"rdp", "is not NAME=NUMBER"},
                {"=1", "is not NAME=NUMBER"},
                {"rdp=", "is not NAME=NUMBER"},
                {"rdp=x", "is not NAME=NUMBER"},
                {"rdp=0x", "is not NAME=NUMBER"},
                {"rdp=1 ", "is not NAME=NUMBER"},
                {"rdp=-1", "is not NAME=NUMBER"},
                {"rdp=3", "levels 0 to 2, not 3"},
                {"bor=4", "bor has 2 bits: 0 to 3, not 4"},
                {"bor=99999999999999999999", "bor has 2 bits: 0 to 3, not 4294967296"},
                {"wdg_sw=2", "wdg_sw has 1 bit: 0 to 1, not 2"},
                {"nwrp2=0", "no option 'nwrp2'"}, /* no second area */
                {"BOR=1", "take one of rdp bor bfb2"}};
    struct dfu_optbytes *o = loaded(F4_FLASH, F4_OPTIONS, 0x1FFFC000, f4_factory, 16);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dfu_error *err = NULL;
        assert_dfu_error(dfu_optbytes_set(o, rows[i].text, &err), err, DFU_ERR_ARGUMENT, rows[i].part);
        assert_memory_equal(bytes_of(o, 0), f4_factory, 16);
    }
    dfu_optbytes_free(o);
}

static void nothing_loaded_nothing_known(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_optbytes_field_info f;
    struct dfu_range r;
    struct dfu_optbytes *o = make(F4_FLASH, F4_OPTIONS, NULL);
    DFU_INIT(&f);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_UNKNOWN);
    assert_int_equal(dfu_optbytes_field(o, 0, &f), DFU_ERR_RANGE);
    assert_int_equal(dfu_optbytes_protected(o, 0, &r), DFU_ERR_UNSUPPORTED);
    assert_dfu_error(dfu_optbytes_set(o, "rdp=0", &err), err, DFU_ERR_ARGUMENT, "not read yet");
    assert_dfu_error(dfu_optbytes_load(o, 0x1FFFC004, f4_factory, 1, &err), err, DFU_ERR_RANGE, "0x1FFFC004");
    assert_dfu_error(dfu_optbytes_load(o, 0x1FFFC000, f4_factory, 17, &err), err, DFU_ERR_RANGE, "17 bytes");
    dfu_optbytes_free(o);
    dfu_optbytes_free(NULL);
}

/* Setting a field to each value and reading it back, in every family; nothing else moves but complements. */
static void every_field_takes_every_edge(void **state)
{
    (void)state;
    static const struct {
        const char *flash, *options;
        uint64_t start;
        const uint8_t *data;
        size_t length;
    } rows[] = {{F1_FLASH, F1_OPTIONS, 0x1FFFF800, f1_factory, 16}, {F0_FLASH, F0_OPTIONS, 0x1FFFF800, f0_factory, 16},
                {F4_FLASH, F4_OPTIONS, 0x1FFFC000, f4_factory, 16}, {F7_FLASH, F7_OPTIONS, 0x1FFF0000, f7_factory, 32},
                {L1_FLASH, L1_OPTIONS, 0x1FF80000, l1_factory, 32}, {L4_FLASH, L4_OPTIONS, 0x1FFF7800, l4_factory, 40},
                {G4_FLASH, G4_OPTIONS, 0x1FFF7800, l4_factory, 40}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dfu_optbytes_field_info f;
        struct dfu_optbytes *o = loaded(rows[i].flash, rows[i].options, rows[i].start, rows[i].data, rows[i].length);
        DFU_INIT(&f);
        for (size_t k = 1; dfu_optbytes_field(o, k, &f) == DFU_OK; k++) {
            uint32_t before = f.value;
            const uint32_t edges[3] = {0, (uint32_t)((UINT64_C(1) << f.bits) - 1), before};
            assert_non_null(f.meaning);
            for (size_t e = 0; e < 3; e++) {
                char text[64];
                (void)snprintf(text, sizeof text, "%s=%u", f.name, edges[e]);
                set(o, text);
                assert_int_equal(value_of(o, f.name), edges[e]);
                assert_checks(o);
            }
            assert_memory_equal(bytes_of(o, 0), rows[i].data, rows[i].length);
        }
        dfu_optbytes_free(o);
    }
}

static void every_family_says_where_it_is_from(void **state)
{
    (void)state;
    struct dfu_optbytes_family_info f;
    size_t count = 0;
    DFU_INIT(&f);
    for (; dfu_optbytes_family(count, &f) == DFU_OK; count++) {
        assert_non_null(strstr(f.source, "M0")); /* RM0… or PM0… */
        assert_non_null(strstr(f.source, "section"));
        assert_true(strlen(f.chips) > 0);
    }
    assert_true(count >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families),
        cmocka_unit_test(family_by_name),
        cmocka_unit_test(factory_f1),
        cmocka_unit_test(factory_f0),
        cmocka_unit_test(same_level_same_byte),
        cmocka_unit_test(factory_f4),
        cmocka_unit_test(pcrop_is_not_write_protection),
        cmocka_unit_test(two_banks_f4),
        cmocka_unit_test(factory_f7),
        cmocka_unit_test(factory_l1),
        cmocka_unit_test(factory_l4),
        cmocka_unit_test(fewer_bytes_than_announced),
        cmocka_unit_test(fields_of_a_g0),
        cmocka_unit_test(a_small_g4),
        cmocka_unit_test(clones_of_the_f1),
        cmocka_unit_test(registers_h7),
        cmocka_unit_test(complements_are_checked),
        cmocka_unit_test(erased_words_are_completed),
        cmocka_unit_test(copies_are_separate),
        cmocka_unit_test(bad_assignments),
        cmocka_unit_test(nothing_loaded_nothing_known),
        cmocka_unit_test(every_field_takes_every_edge),
        cmocka_unit_test(every_family_says_where_it_is_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
