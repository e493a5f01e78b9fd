/* SPDX-License-Identifier: BSD-2-Clause */
/* Layouts of option bytes, as data. Each row's source names the manual that it was taken from; a chip that is in none
 * of them is shown raw. */
#include "core/core.h"
#include "map/optbytes_private.h"
#include <string.h>

/* clang-format off */

static const struct dfui_optbytes_row f1_rows[] = {
    {"wdg_sw", 0, 2, 0, 1, "independent watchdog started by hardware", "independent watchdog started by software"},
    {"nrst_stop", 0, 2, 1, 1, "resets when entering Stop", "no reset when entering Stop"},
    {"nrst_stdby", 0, 2, 2, 1, "resets when entering Standby", "no reset when entering Standby"},
    {"data0", 0, 4, 0, 8, NULL, "user data"},
    {"data1", 0, 6, 0, 8, NULL, "user data"},
    {"wrp0", 0, 8, 0, 8, NULL, "write protection, bit clear = protected"},
    {"wrp1", 0, 10, 0, 8, NULL, "write protection, bit clear = protected"},
    {"wrp2", 0, 12, 0, 8, NULL, "write protection, bit clear = protected"},
    {"wrp3", 0, 14, 0, 8, NULL, "write protection, bit clear = protected"},
    {0}};

static const struct dfui_optbytes_row f0_rows[] = {
    {"wdg_sw", 0, 2, 0, 1, "independent watchdog started by hardware", "independent watchdog started by software"},
    {"nrst_stop", 0, 2, 1, 1, "resets when entering Stop", "no reset when entering Stop"},
    {"nrst_stdby", 0, 2, 2, 1, "resets when entering Standby", "no reset when entering Standby"},
    {"nboot0", 0, 2, 3, 1, "boot bit, F04x and F09x only", "boot bit, F04x and F09x only"},
    {"nboot1", 0, 2, 4, 1, "with BOOT0 high: boot from SRAM", "with BOOT0 high: boot from system memory"},
    {"vdda_monitor", 0, 2, 5, 1, "VDDA supervisor off", "VDDA supervisor on"},
    {"ram_parity", 0, 2, 6, 1, "RAM parity check on", "RAM parity check off"},
    {"boot_sel", 0, 2, 7, 1, "BOOT0 is the option bit, F04x and F09x only", "BOOT0 is the pin, F04x and F09x only"},
    {"data0", 0, 4, 0, 8, NULL, "user data"},
    {"data1", 0, 6, 0, 8, NULL, "user data"},
    {"wrp0", 0, 8, 0, 8, NULL, "write protection, bit clear = protected"},
    {"wrp1", 0, 10, 0, 8, NULL, "write protection, bit clear = protected"},
    {"wrp2", 0, 12, 0, 8, NULL, "write protection, bit clear = protected"},
    {"wrp3", 0, 14, 0, 8, NULL, "write protection, bit clear = protected"},
    {0}};

static const struct dfui_optbytes_row f4_rows[] = {
    {"bor", 0, 0, 2, 2, NULL, "brown-out reset: 0 = level 3 (highest), 1 = level 2, 2 = level 1, 3 = off"},
    {"bfb2", 0, 0, 4, 1, "boots from bank 1 (F42x, F43x only)", "boots from bank 2 if it is valid (F42x, F43x only)"},
    {"wdg_sw", 0, 0, 5, 1, "independent watchdog started by hardware", "independent watchdog started by software"},
    {"nrst_stop", 0, 0, 6, 1, "resets when entering Stop", "no reset when entering Stop"},
    {"nrst_stdby", 0, 0, 7, 1, "resets when entering Standby", "no reset when entering Standby"},
    {"nwrp", 0, 8, 0, 12, NULL, "write protection of sectors 0 to 11, bit clear = protected"},
    {"db1m", 0, 8, 14, 1, "1 MiB in one bank (F42x, F43x only)", "1 MiB in two banks (F42x, F43x only)"},
    {"sprmod", 0, 8, 15, 1, "nwrp is write protection", "nwrp is protection against reading (PCROP); unused on F2, F40x"},
    {"nwrp2", 1, 8, 0, 12, NULL, "write protection of sectors 12 to 23, bit clear = protected"},
    {0}};

static const struct dfui_optbytes_row f7_rows[] = {
    {"bor", 0, 0, 2, 2, NULL, "brown-out reset: 0 = level 3 (highest), 1 = level 2, 2 = level 1, 3 = off"},
    {"wwdg_sw", 0, 0, 4, 1, "window watchdog started by hardware", "window watchdog started by software"},
    {"iwdg_sw", 0, 0, 5, 1, "independent watchdog started by hardware", "independent watchdog started by software"},
    {"nrst_stop", 0, 0, 6, 1, "resets when entering Stop", "no reset when entering Stop"},
    {"nrst_stdby", 0, 0, 7, 1, "resets when entering Standby", "no reset when entering Standby"},
    {"nwrp", 0, 8, 0, 12, NULL, "write protection of sectors, bit clear = protected (8 sectors on F72x to F75x)"},
    {"ndboot", 0, 8, 12, 1, "dual boot on (F76x, F77x only)", "dual boot off (F76x, F77x only)"},
    {"ndbank", 0, 8, 13, 1, "two banks (F76x, F77x only)", "one bank (F76x, F77x only)"},
    {"iwdg_stdby", 0, 8, 14, 1, "independent watchdog stands in Standby", "independent watchdog runs in Standby"},
    {"iwdg_stop", 0, 8, 15, 1, "independent watchdog stands in Stop", "independent watchdog runs in Stop"},
    {"boot_add0", 0, 16, 0, 16, NULL, "where it boots with BOOT0 low, in units of 16 KiB"},
    {"boot_add1", 0, 24, 0, 16, NULL, "where it boots with BOOT0 high, in units of 16 KiB"},
    {0}};

static const struct dfui_optbytes_row l1_rows[] = {
    {"sprmod", 0, 1, 0, 1, "wrp is write protection", "wrp is protection against reading (PCROP)"},
    {"bor", 0, 4, 0, 4, NULL, "brown-out reset: below 8 off, 8 = level 1 (lowest) to 12 = level 5"},
    {"iwdg_sw", 0, 4, 4, 1, "independent watchdog started by hardware", "independent watchdog started by software"},
    {"nrst_stop", 0, 4, 5, 1, "resets when entering Stop", "no reset when entering Stop"},
    {"nrst_stdby", 0, 4, 6, 1, "resets when entering Standby", "no reset when entering Standby"},
    {"nbfb2", 0, 4, 7, 1, "boots from bank 2 if it is valid (two banks only)", "boots from bank 1"},
    {"nboot1", 0, 5, 7, 1, "nBOOT1 bit of L0", "nBOOT1 bit of L0"},
    {"wrp0", 0, 8, 0, 16, NULL, "write protection of 4 KiB each from 0, bit set = protected"},
    {"wrp1", 0, 12, 0, 16, NULL, "write protection of 4 KiB each from 64 KiB, bit set = protected"},
    {"wrp2", 0, 16, 0, 16, NULL, "write protection of 4 KiB each from 128 KiB, bit set = protected"},
    {"wrp3", 0, 20, 0, 16, NULL, "write protection of 4 KiB each from 192 KiB, bit set = protected"},
    {"wrp4", 0, 24, 0, 16, NULL, "write protection of 4 KiB each from 256 KiB, bit set = protected"},
    {"wrp5", 0, 28, 0, 16, NULL, "write protection of 4 KiB each from 320 KiB, bit set = protected"},
    {0}};

#define L4_LOW \
    {"bor", 0, 1, 0, 3, NULL, "brown-out reset: 0 = about 1.7 V to 4 = about 2.8 V"}, \
    {"nrst_stop", 0, 1, 4, 1, "resets when entering Stop", "no reset when entering Stop"}, \
    {"nrst_stdby", 0, 1, 5, 1, "resets when entering Standby", "no reset when entering Standby"}, \
    {"nrst_shdw", 0, 1, 6, 1, "resets when entering Shutdown", "no reset when entering Shutdown"}
#define WATCHDOGS \
    {"iwdg_sw", 0, 2, 0, 1, "independent watchdog started by hardware", "independent watchdog started by software"}, \
    {"iwdg_stop", 0, 2, 1, 1, "independent watchdog stands in Stop", "independent watchdog runs in Stop"}, \
    {"iwdg_stdby", 0, 2, 2, 1, "independent watchdog stands in Standby", "independent watchdog runs in Standby"}, \
    {"wwdg_sw", 0, 2, 3, 1, "window watchdog started by hardware", "window watchdog started by software"}
#define BOOT_BITS(at) \
    {"nboot1", 0, 2, 7, 1, "boots from SRAM where BOOT0 says so", "boots from system memory where BOOT0 says so"}, \
    {"nswboot0", 0, 3, (at), 1, "BOOT0 is the bit nboot0", "BOOT0 is the pin"}, \
    {"nboot0", 0, 3, (at) + 1, 1, "with nswboot0 clear: BOOT0 counts as high", "with nswboot0 clear: BOOT0 counts as low"}
#define PAGE_AREAS \
    {"wrp1a_strt", 0, 24, 0, 8, NULL, "first page of write-protected area A; the area is off where it lies after the end"}, \
    {"wrp1a_end", 0, 26, 0, 8, NULL, "last page of write-protected area A"}, \
    {"wrp1b_strt", 0, 32, 0, 8, NULL, "first page of write-protected area B"}, \
    {"wrp1b_end", 0, 34, 0, 8, NULL, "last page of write-protected area B"}
#define PAGE_AREAS_2 \
    {"wrp2a_strt", 1, 24, 0, 8, NULL, "first page of write-protected area A of bank 2"}, \
    {"wrp2a_end", 1, 26, 0, 8, NULL, "last page of write-protected area A of bank 2"}, \
    {"wrp2b_strt", 1, 32, 0, 8, NULL, "first page of write-protected area B of bank 2"}, \
    {"wrp2b_end", 1, 34, 0, 8, NULL, "last page of write-protected area B of bank 2"}

static const struct dfui_optbytes_row l4_rows[] = {
    L4_LOW, WATCHDOGS,
    {"bfb2", 0, 2, 4, 1, "boots from bank 1 (two banks only)", "boots from bank 2 if it is valid (two banks only)"},
    {"dualbank", 0, 2, 5, 1, "one bank (smaller flash only)", "two banks (smaller flash only)"},
    {"dbank", 0, 2, 6, 1, "one bank (L4+ only)", "two banks (L4+ only)"},
    {"sram2_pe", 0, 3, 0, 1, "SRAM2 parity check on", "SRAM2 parity check off"},
    {"sram2_rst", 0, 3, 1, 1, "SRAM2 erased at reset", "SRAM2 kept at reset"},
    BOOT_BITS(2), PAGE_AREAS, PAGE_AREAS_2, {0}};

static const struct dfui_optbytes_row g4_rows[] = {
    L4_LOW, WATCHDOGS,
    {"bfb2", 0, 2, 4, 1, "boots from bank 1 (two banks only)", "boots from bank 2 if it is valid (two banks only)"},
    {"dbank", 0, 2, 6, 1, "one bank (of chips without banks: no pull-up at PB4)", "two banks (of chips without banks: pull-up at PB4)"},
    {"sram_pe", 0, 3, 0, 1, "SRAM parity check on", "SRAM parity check off"},
    {"ccmsram_rst", 0, 3, 1, 1, "CCM SRAM erased at reset", "CCM SRAM kept at reset"},
    {"nrst_mode", 0, 3, 4, 2, NULL, "NRST pin: 1 = reset input only, 2 = GPIO, 3 = input and output"},
    {"irhen", 0, 3, 6, 1, "internal reset holder off", "internal reset holder on"},
    BOOT_BITS(2), PAGE_AREAS, PAGE_AREAS_2, {0}};

static const struct dfui_optbytes_row g0_rows[] = {
    {"bor_en", 0, 1, 0, 1, "brown-out reset off", "brown-out reset on"},
    {"bor_falling", 0, 1, 1, 2, NULL, "brown-out level for falling supply, 0 = about 2.0 V to 3 = about 2.8 V"},
    {"bor_rising", 0, 1, 3, 2, NULL, "brown-out level for rising supply, 0 = about 2.1 V to 3 = about 2.9 V"},
    {"nrst_stop", 0, 1, 5, 1, "resets when entering Stop", "no reset when entering Stop"},
    {"nrst_stdby", 0, 1, 6, 1, "resets when entering Standby", "no reset when entering Standby"},
    {"nrst_shdw", 0, 1, 7, 1, "resets when entering Shutdown", "no reset when entering Shutdown"},
    WATCHDOGS,
    {"ram_parity", 0, 2, 6, 1, "RAM parity check on", "RAM parity check off"},
    {"nboot_sel", 0, 3, 0, 1, "BOOT0 is the pin", "BOOT0 is the bit nboot0"},
    {"nboot1", 0, 3, 1, 1, "boots from SRAM where BOOT0 says so", "boots from system memory where BOOT0 says so"},
    {"nboot0", 0, 3, 2, 1, "with nboot_sel set: BOOT0 counts as high", "with nboot_sel set: BOOT0 counts as low"},
    {"nrst_mode", 0, 3, 3, 2, NULL, "NRST pin: 1 = reset input only, 2 = GPIO, 3 = input and output"},
    {"irhen", 0, 3, 5, 1, "internal reset holder off", "internal reset holder on"},
    PAGE_AREAS, {0}};

/* FLASH_OPTSR_CUR and what follows it: the values in force. */
static const struct dfui_optbytes_row h7_rows[] = {
    {"bor", 0, 0, 2, 2, NULL, "brown-out reset: 0 = off, 1 = about 2.1 V, 2 = about 2.4 V, 3 = about 2.7 V"},
    {"iwdg1_sw", 0, 0, 4, 1, "independent watchdog started by hardware", "independent watchdog started by software"},
    {"nrst_stop_d1", 0, 0, 6, 1, "resets when domain 1 enters Stop", "no reset when domain 1 enters Stop"},
    {"nrst_stby_d1", 0, 0, 7, 1, "resets when domain 1 enters Standby", "no reset when domain 1 enters Standby"},
    {"fz_iwdg_stop", 0, 2, 1, 1, "independent watchdog stands in Stop", "independent watchdog runs in Stop"},
    {"fz_iwdg_sdby", 0, 2, 2, 1, "independent watchdog stands in Standby", "independent watchdog runs in Standby"},
    {"security", 0, 2, 5, 1, "security off", "security on"},
    {"io_hslv", 0, 3, 5, 1, "supply above 2.5 V", "high-speed pins for a supply below 2.5 V"},
    {"swap_bank", 0, 3, 7, 1, "banks not swapped", "banks swapped"},
    {"nwrp1", 0, 28, 0, 8, NULL, "write protection of the sectors of bank 1, bit clear = protected"},
    {"boot_add0", 0, 36, 0, 16, NULL, "upper half of the address that it boots from with BOOT0 low"},
    {"boot_add1", 0, 38, 0, 16, NULL, "upper half of the address that it boots from with BOOT0 high"},
    {0}};

/* FLASH_OPTR and what follows it. */
static const struct dfui_optbytes_row u5_rows[] = {
    L4_LOW, WATCHDOGS,
    {"swap_bank", 0, 2, 4, 1, "banks not swapped", "banks swapped"},
    {"dualbank", 0, 2, 5, 1, "one bank", "two banks"},
    {"nswboot0", 0, 3, 2, 1, "BOOT0 is the bit nboot0", "BOOT0 is the pin"},
    {"nboot0", 0, 3, 3, 1, "with nswboot0 clear: BOOT0 counts as high", "with nswboot0 clear: BOOT0 counts as low"},
    {"tzen", 0, 3, 7, 1, "TrustZone off", "TrustZone on"},
    {0}};

static const struct dfui_optbytes_layout layouts[] = {
    {"stm32f1", "gd32f1 gd32vf103", "STM32F105, F107 (other F1 have no USB loader) and GD32 like them",
     "PM0075 section 2.5, tables 6 to 8", 0x1FFFF800, 16, 16, 1, 1, DFUI_COMPLEMENT_BYTE, 0, 0xA5, 0,
     DFUI_WRP_4K_CLEAR, f1_rows},
    {"stm32f0", "stm32f3", "STM32F0, F3", "RM0091 section 4, tables 10 and 11; RM0365 section 5, tables 12 and 13",
     0x1FFFF800, 16, 32, 0, 1, DFUI_COMPLEMENT_BYTE, 0, 0xAA, 0xCC, DFUI_WRP_4K_CLEAR, f0_rows},
    {"stm32f4", "stm32f2", "STM32F2, F4", "RM0090 section 3.9.1, tables 14 to 16; PM0059 section 2.6.1", 0x1FFFC000, 16, 16,
     2, 1, DFUI_COMPLEMENT_NONE, 1, 0xAA, 0xCC, DFUI_WRP_SECTOR, f4_rows},
    {"stm32f7", "", "STM32F7", "RM0385 section 3.4.1; RM0410 section 3.4.1", 0x1FFF0000, 32, 48, 2, 1,
     DFUI_COMPLEMENT_NONE, 1, 0xAA, 0xCC, DFUI_WRP_SECTOR, f7_rows},
    {"stm32l1", "stm32l0", "STM32L0, L1", "RM0038 section 3.6.1; RM0376 section 3.4.1", 0x1FF80000, 12, 32, 2, 1,
     DFUI_COMPLEMENT_HALF, 0, 0xAA, 0xCC, DFUI_WRP_4K_SET, l1_rows},
    {"stm32l4", "", "STM32L4", "RM0351 section 3.4.1", 0x1FFF7800, 40, 40, 2, 1, DFUI_COMPLEMENT_WORD, 0, 0xAA, 0xCC,
     DFUI_WRP_PAGES, l4_rows},
    {"stm32g4", "", "STM32G4", "RM0440 section 3.4.1", 0x1FFF7800, 40, 48, 2, 1, DFUI_COMPLEMENT_WORD, 0, 0xAA, 0xCC,
     DFUI_WRP_PAGES, g4_rows},
    {"stm32g0", "", "STM32G0", "RM0444 section 3.4.1", 0x1FFF7800, 64, 128, 2, 1, DFUI_COMPLEMENT_WORD, 0, 0xAA, 0xCC,
     DFUI_WRP_UNKNOWN, g0_rows},
    {"stm32l4+", "stm32l4r stm32l4s", "STM32L4+", "RM0432 section 3.4.1", 0x1FF00000, 40, 40, 2, 1, DFUI_COMPLEMENT_WORD, 0,
     0xAA, 0xCC, DFUI_WRP_UNKNOWN, l4_rows},
    {"stm32h7", "", "STM32H74x, H75x", "RM0433 section 4.9 (registers from FLASH_OPTSR_CUR on)", 0x5200201C, 40, 297, 2, 0,
     DFUI_COMPLEMENT_NONE, 1, 0xAA, 0xCC, DFUI_WRP_REGISTER, h7_rows},
    {"stm32u5", "", "STM32U5", "RM0456 section 7.9 (registers from FLASH_OPTR on)", 0x40022040, 4, 64, 2, 0,
     DFUI_COMPLEMENT_NONE, 0, 0xAA, 0xCC, DFUI_WRP_UNKNOWN, u5_rows},
};

/* clang-format on */

const struct dfui_optbytes_layout *dfui_optbytes_layout(size_t index)
{
    return index < sizeof layouts / sizeof layouts[0] ? &layouts[index] : NULL;
}

/* Is name one of the words of list? */
static bool in_list(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; length > 0 && (at = strstr(at, name)) != NULL; at++) {
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
            return true;
    }
    return false;
}

const struct dfui_optbytes_layout *dfui_optbytes_layout_named(const char *name)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (strcmp(layouts[i].name, name) == 0 || in_list(layouts[i].others, name))
            return &layouts[i];
    }
    return NULL;
}

const struct dfui_optbytes_layout *dfui_optbytes_layout_at(const struct dfu_region *region)
{
    uint64_t length = region->end - region->start;
    uint8_t erasable = (region->access & DFU_ACCESS_ERASE) != 0;
    /* The ROM of F105 and the GD32 call theirs erasable ('g'), those of F0 and F3 do not ('e'). */
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const struct dfui_optbytes_layout *l = &layouts[i];
        if (l->start == region->start && length >= l->shortest && length <= l->longest &&
            (l->erasable == 2 || l->erasable == erasable))
            return l;
    }
    return NULL;
}

int dfu_optbytes_family(size_t index, struct dfu_optbytes_family_info *info)
{
    const struct dfui_optbytes_layout *l = dfui_optbytes_layout(index);
    if (info == NULL || l == NULL)
        return DFU_ERR_RANGE;
    struct dfu_optbytes_family_info f = {.size = sizeof f,
                                         .name = l->name,
                                         .chips = l->chips,
                                         .source = l->source,
                                         .start = l->start,
                                         .flags = l->settable ? DFU_OPTBYTES_SETTABLE : 0};
    return dfui_sized_out(info, &f, sizeof f);
}
