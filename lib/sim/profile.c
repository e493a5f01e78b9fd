/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated devices. Strings, VID:PID, block sizes and serial numbers are those that real devices were seen
 * with; times are the typical values of the datasheet named in `source`, for the F4 and st-* rows rounded to the
 * values that this project's figures are compared by. */
#include "sim/board.h"

/* clang-format off */

/* Flash of the F4, 32 bits at a time. */
#define F4_FLASH \
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, \
    .word = 4, .unit = 4, .program_ns = 16000
#define F4_SECTORS {{4, 16384, 250000}, {1, 65536, 550000}, {7, 131072, 1000000}}

/* Option bytes as delivered, from the reference manual of each chip: F4 RM0090 3.9.1, F7 RM0385 3.4.1, F76x RM0410 3.4.1, F0 RM0091 4,
 * F1 PM0075 2.5, L1 RM0038 3.6.1, L4 RM0351 3.4.1, G4 RM0440 3.4.1. */
#define FACTORY_F4 "\xEF\xAA\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
#define FACTORY_F42 "\xEF\xAA\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x2F\xFF\xFF\xFF\xFF\xFF\xFF"
#define FACTORY_F7 "\xFC\xAA\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xC0\xFF\xFF\xFF\xFF\xFF\xFF" \
                   "\x80\x00\xFF\xFF\xFF\xFF\xFF\xFF\x40\x00\xFF\xFF\xFF\xFF\xFF\xFF"
#define FACTORY_F76 "\xFC\xAA\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF" \
                    "\x80\x00\xFF\xFF\xFF\xFF\xFF\xFF\x40\x00\xFF\xFF\xFF\xFF\xFF\xFF"
#define FACTORY_F0 "\xAA\x55\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00"
#define FACTORY_F1 "\xA5\x5A\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00"
#define FACTORY_L1 "\xAA\x00\x55\xFF\xF8\x00\x07\xFF\x00\x00\xFF\xFF\x00\x00\xFF\xFF" \
                   "\x00\x00\xFF\xFF\x00\x00\xFF\xFF\x00\x00\xFF\xFF\x00\x00\xFF\xFF"
#define FACTORY_PCROP "\xFF\xFF\xFF\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF\xFF\xFF\x00\x00"
#define FACTORY_NO_WRP "\xFF\x00\x00\xFF\x00\xFF\xFF\x00\xFF\x00\x00\xFF\x00\xFF\xFF\x00"
#define FACTORY_L4 "\xAA\xF8\xEF\xFF\x55\x07\x10\x00" FACTORY_PCROP FACTORY_NO_WRP
#define FACTORY_L4_2 "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF" FACTORY_PCROP FACTORY_NO_WRP
#define FACTORY_SECURE "\x00\xFF\xFE\xFF\xFF\x00\x01\x00"

static const struct sim_memory_row f4_flash = {F4_FLASH, .sectors = F4_SECTORS};
static const struct sim_memory_row f4_options = {
    .name = "option bytes", .start = 0x1FFFC000, .kind = SIM_OPTION, .erased = 0xFF, .word = 4,
    .unprotected = 0xAA, .rdp_offset = 1, .wrp = SIM_WRP_F4, .factory = FACTORY_F4,
    .unit = 16, .program_ns = 16000, .sectors = {{1, 16, 0}}};
static const struct sim_memory_row f42_options = {
    .name = "option bytes", .start = 0x1FFFC000, .kind = SIM_OPTION, .erased = 0xFF, .word = 4,
    .unprotected = 0xAA, .rdp_offset = 1, .wrp = SIM_WRP_F4, .factory = FACTORY_F42,
    .unit = 16, .program_ns = 16000, .sectors = {{1, 16, 0}}};
static const struct sim_memory_row f4_options_2 = {
    .name = "option bytes of bank 2", .start = 0x1FFEC000, .kind = SIM_OPTION, .erased = 0xFF, .word = 4,
    .unit = 16, .program_ns = 16000, .sectors = {{1, 16, 0}}};
static const struct sim_memory_row f4_otp = {
    .name = "OTP", .start = 0x1FFF7800, .kind = SIM_OTP, .erased = 0xFF, .word = 4,
    .unit = 4, .program_ns = 16000, .sectors = {{1, 512, 0}, {1, 16, 0}}};
static const struct sim_memory_row f4_otp_2 = {
    .name = "OTP of bank 2", .start = 0x1FFE7800, .kind = SIM_OTP, .erased = 0xFF, .word = 4,
    .unit = 4, .program_ns = 16000, .sectors = {{1, 512, 0}, {1, 16, 0}}};
static const struct sim_memory_row device_feature = {
    .name = "device feature", .start = 0xFFFF0000, .kind = SIM_READ_ONLY, .erased = 0x00, .word = 4,
    .unit = 4, .sectors = {{1, 4, 0}}};

static const struct sim_memory_row external_flash = {
    .name = "external flash", .start = 0x90000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 4,
    .unit = 4, .program_ns = 16000, .sectors = {{256, 65536, 550000}}};

static const struct sim_memory_row f7_flash = {
    F4_FLASH, .sectors = {{4, 32768, 250000}, {1, 131072, 550000}, {3, 262144, 1000000}}};
static const struct sim_memory_row f7_options = {
    .name = "option bytes", .start = 0x1FFF0000, .kind = SIM_OPTION, .erased = 0xFF, .word = 4,
    .unprotected = 0xAA, .rdp_offset = 1, .wrp = SIM_WRP_F4, .factory = FACTORY_F7, .unit = 32, .program_ns = 16000, .sectors = {{1, 32, 0}}};
static const struct sim_memory_row f76_flash = {
    F4_FLASH, .sectors = {{4, 32768, 250000}, {1, 131072, 550000}, {7, 262144, 1000000}},
    .in_two_banks = {{4, 16384, 250000}, {1, 65536, 550000}, {7, 131072, 1000000},
                     {4, 16384, 250000}, {1, 65536, 550000}, {7, 131072, 1000000}}};
static const struct sim_memory_row f76_options = {
    .name = "option bytes", .start = 0x1FFF0000, .kind = SIM_OPTION, .erased = 0xFF, .word = 4,
    .unprotected = 0xAA, .rdp_offset = 1, .wrp = SIM_WRP_F4, .factory = FACTORY_F76, .unit = 32, .program_ns = 16000,
    .sectors = {{1, 32, 0}}};
static const struct sim_memory_row f76_otp = {
    .name = "OTP", .start = 0x1FF0F000, .kind = SIM_OTP, .erased = 0xFF, .word = 4,
    .unit = 4, .program_ns = 16000, .sectors = {{1, 1024, 0}}};
static const struct sim_memory_row f7_otp = {
    .name = "OTP", .start = 0x1FF07800, .kind = SIM_OTP, .erased = 0xFF, .word = 4,
    .unit = 4, .program_ns = 16000, .sectors = {{1, 528, 0}}};

static const struct sim_memory_row f0_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 2,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 2, .program_ns = 53500, .sectors = {{64, 2048, 30000}}};
static const struct sim_memory_row f0_options = {
    .name = "option bytes", .start = 0x1FFFF800, .kind = SIM_OPTION, .erased = 0xFF, .word = 2,
    .unprotected = 0xAA, .rdp_offset = 0, .complement = 1, .wrp = SIM_WRP_F1, .factory = FACTORY_F0, .unit = 2,
    .program_ns = 53500, .sectors = {{1, 16, 0}}};

static const struct sim_memory_row f1_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 2,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 2, .program_ns = 52500, .sectors = {{128, 2048, 30000}}};
static const struct sim_memory_row f1_options = {
    .name = "option bytes", .start = 0x1FFFF800, .kind = SIM_OPTION, .erased = 0xFF, .word = 2,
    .unprotected = 0xA5, .rdp_offset = 0, .complement = 1, .wrp = SIM_WRP_F1, .factory = FACTORY_F1, .unit = 2,
    .program_ns = 52500, .sectors = {{1, 16, 0}}};

static const struct sim_memory_row h7_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 32, .once = 1,
    .rewrite = SIM_REWRITE_BREAKS, .unit = 32, .program_ns = 100000, .sectors = {{16, 131072, 1000000}}};
static const struct sim_memory_row h7_options = {
    .name = "option bytes", .start = 0x5200201C, .kind = SIM_OPTION, .erased = 0xFF, .word = 4,
    .unprotected = 0xAA, .rdp_offset = 1, .unit = 128, .program_ns = 1000000, .sectors = {{1, 128, 0}}};

static const struct sim_memory_row l4_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 8, .once = 1,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 8, .program_ns = 81690, .sectors = {{512, 2048, 22020}}};
static const struct sim_memory_row l4_options = {
    .name = "option bytes", .start = 0x1FFF7800, .kind = SIM_OPTION, .erased = 0xFF, .word = 8,
    .unprotected = 0xAA, .rdp_offset = 0, .complement = 4, .wrp = SIM_WRP_PAGES, .silent = 1, .factory = FACTORY_L4,
    .unit = 8, .program_ns = 81690, .sectors = {{1, 40, 0}}};
static const struct sim_memory_row l4_options_2 = {
    .name = "option bytes of bank 2", .start = 0x1FFFF800, .kind = SIM_OPTION, .erased = 0xFF, .word = 8,
    .factory = FACTORY_L4_2, .unit = 8, .program_ns = 81690, .sectors = {{1, 40, 0}}};
static const struct sim_memory_row l4_otp = {
    .name = "OTP", .start = 0x1FFF7000, .kind = SIM_OTP, .erased = 0xFF, .word = 8, .once = 1,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 8, .program_ns = 81690, .sectors = {{1, 1024, 0}}};

static const struct sim_memory_row g0_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 8, .once = 1,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 8, .program_ns = 85000, .sectors = {{256, 2048, 22000}}};

static const struct sim_memory_row g4_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 8, .once = 1,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 8, .program_ns = 81700, .sectors = {{256, 2048, 22020}}};
static const struct sim_memory_row g4_options = {
    .name = "option bytes", .start = 0x1FFF7800, .kind = SIM_OPTION, .erased = 0xFF, .word = 8,
    .unprotected = 0xAA, .rdp_offset = 0, .complement = 4, .wrp = SIM_WRP_PAGES,
    .factory = FACTORY_L4 FACTORY_SECURE, .unit = 8, .program_ns = 81700, .sectors = {{1, 48, 0}}};
static const struct sim_memory_row g431_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 8, .once = 1,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 8, .program_ns = 81700, .sectors = {{64, 2048, 22020}}};
static const struct sim_memory_row g431_options = {
    .name = "option bytes", .start = 0x1FFF7800, .kind = SIM_OPTION, .erased = 0xFF, .word = 8,
    .unprotected = 0xAA, .rdp_offset = 0, .complement = 4, .wrp = SIM_WRP_PAGES,
    .factory = FACTORY_L4, .unit = 8, .program_ns = 81700, .sectors = {{1, 40, 0}}};
static const struct sim_memory_row g4_options_2 = {
    .name = "option bytes of bank 2", .start = 0x1FFFF800, .kind = SIM_OPTION, .erased = 0xFF, .word = 8,
    .factory = FACTORY_L4_2 FACTORY_SECURE, .unit = 8, .program_ns = 81700, .sectors = {{1, 48, 0}}};

/* Programs bits to 1, and half a page in the time of a word. */
static const struct sim_memory_row l1_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0x00, .word = 4,
    .unit = 128, .program_ns = 3280000, .sectors = {{1024, 256, 3280}}};
static const struct sim_memory_row l1_options = {
    .name = "option bytes", .start = 0x1FF80000, .kind = SIM_OPTION, .erased = 0x00, .word = 4,
    .unprotected = 0xAA, .rdp_offset = 0, .complement = 2, .wrp = SIM_WRP_L1, .factory = FACTORY_L1, .unit = 4,
    .program_ns = 3280000, .sectors = {{1, 32, 0}}};
static const struct sim_memory_row l1_data = {
    .name = "data memory", .start = 0x08080000, .kind = SIM_EEPROM, .erased = 0x00, .word = 4,
    .unit = 4, .program_ns = 3280000, .sectors = {{2, 4096, 0}}};

static const struct sim_memory_row gd32_flash = {
    .name = "internal flash", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 4,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 4, .program_ns = 37500, .sectors = {{128, 1024, 45000}}};

static const struct sim_memory_row plain_flash = {
    .name = "firmware", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 2,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 2, .program_ns = 53500, .sectors = {{128, 2048, 30000}}};

static const struct sim_memory_row radio_flash = {
    .name = "radio firmware", .start = 0x60000000, .kind = SIM_FLASH, .erased = 0xFF, .word = 2,
    .rewrite = SIM_REWRITE_REFUSED, .unit = 2, .program_ns = 53500, .sectors = {{128, 2048, 30000}}};

#define ST_ROM(block_size, release) \
    .dialect = &dfui_sim_rom, .vid = 0x0483, .pid = 0xDF11, .bcd_device = (release), .transfer_size = (block_size), \
    .protocol = 0x011A, .detach_ms = 255, .attributes = 0x0B, .pointer = 0x08000000, \
    .manufacturer = "STMicroelectronics", .product = "STM32  BOOTLOADER"

#define ST_LIBRARY \
    .dialect = &dfui_sim_st_library, .vid = 0x0483, .pid = 0xDF11, .bcd_device = 0x0200, .protocol = 0x011A, \
    .detach_ms = 255, .attributes = 0x0B, .habits = SIM_BABBLES, .poll_ms = 50, .mass_erase_us = 0, \
    .pointer = 0x08008000, .manufacturer = "STMicroelectronics", .product = "DFU in FS Mode"

#define PLAIN \
    .dialect = &dfui_sim_dfu11, .vid = 0x1209, .pid = 0x0001, .bcd_device = 0x0100, .transfer_size = 1024, \
    .protocol = 0x0110, .detach_ms = 1000, .pointer = 0x08000000, .manufacturer = "libdfu", .serial = "0123456789AB", \
    .alts = {"Firmware"}, .memories = {&plain_flash}

/* Programs: bitWillDetach is 0x08. */
#define PLAIN_PROGRAM \
    .dialect = &dfui_sim_runtime, .vid = 0x1209, .pid = 0x0002, .bcd_device = 0x0102, .transfer_size = 1024, \
    .protocol = 0x0110, .detach_ms = 1000, .manufacturer = "libdfu", .product = "Blinking program", \
    .alts = {"Run-time DFU"}

static const struct sim_profile detaching_program = {PLAIN_PROGRAM, .attributes = 0x0F};
static const struct sim_profile waiting_program = {PLAIN_PROGRAM, .attributes = 0x07};
static const struct sim_profile st_program = {
    .dialect = &dfui_sim_runtime, .vid = 0x0483, .pid = 0x5740, .bcd_device = 0x0200, .transfer_size = 2048,
    .protocol = 0x011A, .detach_ms = 255, .attributes = 0x0B, .habits = SIM_LEAVES_UNANSWERED,
    .manufacturer = "STMicroelectronics", .product = "Program with DFU", .alts = {"DFU run-time"}};

static const struct sim_profile composite_program = {
    PLAIN_PROGRAM, .attributes = 0x07, .stranger = "Telemetry"};

/* Second DFU interfaces. */
static const struct sim_profile radio = {
    .dialect = &dfui_sim_dfu11, .transfer_size = 8192, .protocol = 0x0110, .detach_ms = 1000, .attributes = 0x07,
    .pointer = 0x60000000, .alts = {"Radio firmware"}, .memories = {&radio_flash}};

static const struct sim_profile profiles[] = {
    {.name = "stm32f072", .description = "STM32F072xB ROM: 128 KiB, 2 KiB pages; its serial number is not unique",
     .source = "strings: dumps of F042/F072/F303 ROMs; times: DS9826 (half-word 53.5 us, page 30 ms)",
     ST_ROM(2048, 0x2200), .mass_erase_us = 30000, .serial = "FFFFFFFEFFFF",
     .alts = {"@Internal Flash  /0x08000000/064*0002Kg", "@Option Bytes  /0x1FFFF800/01*016 e"},
     .memories = {&f0_flash, &f0_options},
     .quirks = "C14 D1"},
    {.name = "stm32f105", .description = "STM32F105xC ROM: 256 KiB, 2 KiB pages; option bytes said to be erasable",
     .source = "strings: dumps of F105/F107 ROMs; times: DS6014 (half-word 52.5 us, page 30 ms)",
     ST_ROM(2048, 0x2000), .mass_erase_us = 30000, .serial = "STM32",
     .alts = {"@Internal Flash  /0x08000000/128*002Kg", "@Option Bytes  /0x1FFFF800/01*016 g"},
     .memories = {&f1_flash, &f1_options},
     .quirks = "C16 D1"},
    {.name = "stm32f407", .description = "STM32F407xG ROM: 1 MiB, 16/64/128 KiB sectors; starts in dfuERROR, errFIRMWARE",
     .source = "strings: dumps of F405/F407 ROMs; times: DS8626 (word 16 us, sectors 250/550/1000 ms, x32)",
     ST_ROM(2048, 0x2200), .habits = SIM_STARTS_IN_ERROR, .mass_erase_us = 8000000, .serial = "205A36963548",
     .alts = {"@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", "@Option Bytes  /0x1FFFC000/01*016 e",
              "@OTP Memory /0x1FFF7800/01*512 e,01*016 e", "@Device Feature/0xFFFF0000/01*004 e"},
     .memories = {&f4_flash, &f4_options, &f4_otp, &device_feature},
     .quirks = "A6"},
    {.name = "stm32f405", .description = "STM32F405xG ROM: as the F407; a mass erase takes 32 s, is told as 100 ms, and answers nothing",
     .source = "strings: dumps of F405/F407 ROMs; behaviour: dfu-util dfuse.c, its ticket 3; times: DS8626",
     ST_ROM(2048, 0x2200), .habits = SIM_DEAF_MASS_ERASE, .mass_erase_us = 32000000, .serial = "205A36963549",
     .alts = {"@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", "@Option Bytes  /0x1FFFC000/01*016 e",
              "@OTP Memory /0x1FFF7800/01*512 e,01*016 e", "@Device Feature/0xFFFF0000/01*004 e"},
     .memories = {&f4_flash, &f4_options, &f4_otp, &device_feature},
     .quirks = "B4"},
    {.name = "stm32f429", .description = "STM32F429xG ROM: 1 MiB; the string of its flash ends in noise",
     .source = "strings: Octopus Pro F429 dump (bLength 166, 112 bytes valid); times: DS9405, as the F407",
     ST_ROM(2048, 0x2200), .habits = SIM_GARBAGE_IN_STRING, .mass_erase_us = 8000000, .serial = "3258355C3137",
     .alts = {"@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg",
              "@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e",
              "@OTP Memory /0x1FFF7800/01*512 e,01*016 e/0x1FFE7800/01*512 e,01*016 e",
              "@Device Feature/0xFFFF0000/01*004 e"},
     .memories = {&f4_flash, &f42_options, &f4_options_2, &f4_otp, &f4_otp_2, &device_feature},
     .quirks = "C1 C11"},
    {.name = "stm32f746", .description = "STM32F746xG ROM: 1 MiB, 32/128/256 KiB sectors; a map without multiplier",
     .source = "strings: dumps of F72x/F74x ROMs; times: DS10916 (word 16 us, sectors 250/550/1000 ms, x32)",
     ST_ROM(2048, 0x2200), .mass_erase_us = 8000000, .serial = "365D36753038",
     .alts = {"@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg", "@Option Bytes  /0x1FFF0000/01*032 e",
              "@OTP Memory /0x1FF07800/01*528e"},
     .memories = {&f7_flash, &f7_options, &f7_otp},
     .quirks = "C7 E8"},
    {.name = "stm32f767", .description = "STM32F767xI ROM: 2 MiB; with ndbank=0 in its option bytes its sectors are not those of its map",
     .source = "strings: as the F746, for 2 MiB; times: DS11532, rounded; behaviour: rusefi#3566, Overall_Offer#11",
     ST_ROM(2048, 0x2200), .mass_erase_us = 16000000, .serial = "3057365D3438",
     .alts = {"@Internal Flash  /0x08000000/04*032Kg,01*128Kg,07*256Kg", "@Option Bytes  /0x1FFF0000/01*032 e",
              "@OTP Memory /0x1FF0F000/01*1024 e"},
     .memories = {&f76_flash, &f76_options, &f76_otp},
     .quirks = "C18 E8"},
    {.name = "stm32h743", .description = "STM32H743xI ROM: 2 MiB, 128 KiB sectors, 32-byte ECC words; the erase of bank 2 hangs; a common serial number",
     .source = "strings: libDaisy dump; times: DS12110 (flash word 100 us, sector 1 s, x64)",
     ST_ROM(1024, 0x0200), .habits = SIM_HANGS_IN_BANK_2, .mass_erase_us = 8000000, .serial = "200364500000",
     .alts = {"@Internal Flash   /0x08000000/16*128Kg", "@Option Bytes   /0x5200201C/01*128 e"},
     .memories = {&h7_flash, &h7_options},
     .quirks = "B5 D1 E4"},
    {.name = "stm32l476", .description = "STM32L476xG ROM: 1 MiB, 2 KiB pages, 8-byte ECC words; GETSTATUS stalls while flash works",
     .source = "strings: dumps of L4 ROMs; times: DS10198 (double word 81.69 us, page 22.02 ms)",
     ST_ROM(2048, 0x2200), .habits = SIM_STALLS_WHILE_BUSY, .mass_erase_us = 22130, .serial = "206D3587534E",
     .alts = {"@Internal Flash  /0x08000000/0512*0002Kg", "@Option Bytes  /0x1FFF7800/01*040 e/0x1FFFF800/01*040 e",
              "@OTP Memory /0x1FFF7000/01*0001Ke"},
     .memories = {&l4_flash, &l4_options, &l4_options_2, &l4_otp},
     .quirks = "B3 E4"},
    {.name = "stm32g0b1", .description = "STM32G0B1xE ROM: 512 KiB, 2 KiB pages, 8-byte ECC words; three alts with one string",
     .source = "strings: G0B1 dumps (quirk of the ROM); times: DS13560 (double word 85 us, page 22 ms)",
     ST_ROM(1024, 0x0200), .mass_erase_us = 22100, .serial = "2068386A5056",
     .alts = {"@Internal Flash   /0x08000000/256*02Kg", "@Internal Flash   /0x08000000/256*02Kg",
              "@Internal Flash   /0x08000000/256*02Kg"},
     .memories = {&g0_flash},
     .quirks = "C3 E4"},
    {.name = "stm32g474", .description = "STM32G474xE ROM: 512 KiB, 2 KiB pages, 8-byte ECC words",
     .source = "strings: G474 dumps; times: DS12288 (double word 81.7 us, page 22.02 ms)",
     ST_ROM(2048, 0x2200), .mass_erase_us = 22130, .serial = "2058336A4250",
     .alts = {"@Internal Flash   /0x08000000/256*02Kg", "@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e",
              "@OTP Memory   /0x1FFF7000/01*1024 e"},
     .memories = {&g4_flash, &g4_options, &g4_options_2, &l4_otp},
     .quirks = "C9 E4"},
    {.name = "stm32g431", .description = "STM32G431xB ROM: 128 KiB, 2 KiB pages; of 48 option bytes in its map it has 40",
     .source = "behaviour: community.st.com 574813; strings and times: as the G474",
     ST_ROM(2048, 0x2200), .mass_erase_us = 22130, .serial = "2058336A4251",
     .alts = {"@Internal Flash   /0x08000000/64*02Kg", "@Option Bytes   /0x1FFF7800/01*048 e",
              "@OTP Memory   /0x1FFF7000/01*1024 e"},
     .memories = {&g431_flash, &g431_options, &l4_otp},
     .quirks = "C19 E4"},
    {.name = "stm32l152", .description = "STM32L152xC ROM: 256 KiB, 256-byte pages, erases to 0x00; data EEPROM",
     .source = "strings: dumps of L1 ROMs; times: DS10002 (word or half page 3.28 ms, page 3.28 ms)",
     ST_ROM(256, 0x0200), .mass_erase_us = 3280, .serial = "3730353E3235",
     .alts = {"@Internal Flash  /0x08000000/1024*256 g", "@Option Bytes  /0x1FF80000/01*032 e",
              "@DATA Memory /0x08080000/02*004Ke"},
     .memories = {&l1_flash, &l1_options, &l1_data},
     .quirks = "C9 H3"},
    {.name = "gd32vf103", .description = "GD32VF103CB ROM: 128 KiB, 1 KiB pages, but its map says 512*2K; leaves unanswered",
     .source = "strings: Longan Nano dumps (ver=1000); times: GD32VF103 datasheet (word 37.5 us, page 45 ms)",
     .dialect = &dfui_sim_rom, .vid = 0x28E9, .pid = 0x0189, .bcd_device = 0x1000, .transfer_size = 2048,
     .protocol = 0x011A, .detach_ms = 255, .attributes = 0x0B,
     .habits = SIM_SERIAL_IN_BYTES | SIM_LEAVES_UNANSWERED | SIM_STARTS_ANY_CODE, .mass_erase_us = 45000,
     .pointer = 0x08000000, .manufacturer = "GDMicroelectronics", .product = "GD32 USB-DFU", .serial = "3CBJ",
     .alts = {"@Internal Flash  /0x08000000/512*002Kg", "@Option Bytes  /0x1FFFF800/01*016 g"},
     .memories = {&gd32_flash, &f1_options},
     .quirks = "C6 C16 D1 D3"},
    {.name = "st-loader", .description = "own loader on ST's USB device library, 2048-byte blocks; fills the first 32 KiB, external flash",
     .source = "behaviour: measured on ST's library on an F407; times: DS8626, rounded (16 us a word, 250/550/1000 ms)",
     ST_LIBRARY, .transfer_size = 2048, .serial = "206437A55652",
     .alts = {"@Internal Flash   /0x08000000/02*016Ka,02*016Kg,01*064Kg,07*128Kg", "@External Flash   /0x90000000/256*64Kg"},
     .memories = {&f4_flash, &external_flash},
     .quirks = "E8 E11"},
    {.name = "st-sample", .description = "ST's DFU example as shipped: 1024-byte blocks, one alt, 50 ms polls",
     .source = "behaviour: measured on ST's library on an F407; times: DS8626, rounded (16 us a word, 250/550/1000 ms)",
     ST_LIBRARY, .transfer_size = 1024, .serial = "206437A55652",
     .alts = {"@Internal Flash   /0x08000000/02*016Ka,02*016Kg,01*064Kg,07*128Kg"},
     .memories = {&f4_flash},
     .quirks = "E8 E11"},
    {.name = "st-runtime", .description = "as st-loader, but a program runs first: DETACH reboots into the loader at once",
     .source = "behaviour: ST's library, measured on an F407 (DETACH ends unanswered); times: as st-loader",
     ST_LIBRARY, .transfer_size = 2048, .serial = "206437A55652", .program = &st_program, .starts_in_program = 1,
     .alts = {"@Internal Flash   /0x08000000/02*016Ka,02*016Kg,01*064Kg,07*128Kg", "@External Flash   /0x90000000/256*64Kg"},
     .memories = {&f4_flash, &external_flash},
     .quirks = "E11"},
    {.name = "dfu11", .description = "plain DFU 1.1: one image of up to 256 KiB, 1024-byte blocks, no addresses",
     .source = "behaviour: DFU 1.1; times: those of the F303 (DS9118: half-word 53.5 us, page 30 ms)",
     PLAIN, .attributes = 0x07, .product = "DFU 1.1 device"},
    {.name = "dfu11-reset", .description = "plain DFU 1.1, not manifestation tolerant: needs a USB reset, then its program runs",
     .source = "behaviour: DFU 1.1 sections 7 and A; times: as dfu11",
     PLAIN, .attributes = 0x03, .product = "DFU 1.1 device", .program = &waiting_program,
     .quirks = "A4 H8"},
    {.name = "dfu11-runtime", .description = "plain DFU 1.1 behind a program that detaches by itself (bitWillDetach)",
     .source = "behaviour: DFU 1.1 sections 4 and 5; times: as dfu11",
     PLAIN, .attributes = 0x07, .product = "DFU 1.1 device", .program = &detaching_program, .starts_in_program = 1,
     .quirks = "D2"},
    {.name = "dfu11-runtime-reset", .description = "plain DFU 1.1 behind a program that waits for a USB reset after DETACH",
     .source = "behaviour: DFU 1.1 sections 4 and 5; times: as dfu11",
     PLAIN, .attributes = 0x07, .product = "DFU 1.1 device", .program = &waiting_program, .starts_in_program = 1,
     .quirks = "D2"},
    {.name = "dfu11-runtime-composite", .description = "plain DFU 1.1 behind a program with an interface of the vendor's before its DFU one",
     .source = "made up: DFU 1.1 section 4.1; times: as dfu11",
     PLAIN, .attributes = 0x07, .product = "DFU 1.1 device", .program = &composite_program, .starts_in_program = 1},
    {.name = "st-8k", .description = "made up: as st-loader with blocks of 8192 bytes, more than a control transfer holds on Linux",
     .source = "behaviour: as st-loader; block size made up; times: as st-loader",
     ST_LIBRARY, .transfer_size = 8192, .serial = "206437A58192",
     .alts = {"@Internal Flash   /0x08000000/02*016Ka,02*016Kg,01*064Kg,07*128Kg", "@External Flash   /0x90000000/256*64Kg"},
     .memories = {&f4_flash, &external_flash}},
    {.name = "st-pair", .description = "made up: two DFU interfaces, DfuSe for the flash and plain DFU 1.1 for a radio's firmware",
     .source = "behaviour: st-sample and dfu11, each with a state of its own; times: theirs",
     ST_LIBRARY, .transfer_size = 1024, .serial = "206437A50002",
     .alts = {"@Internal Flash   /0x08000000/02*016Ka,02*016Kg,01*064Kg,07*128Kg"},
     .memories = {&f4_flash}, .beside = &radio, .beside_config = 1},
    {.name = "st-configs", .description = "made up: as st-pair, but the radio's interface is in a second configuration",
     .source = "behaviour: st-sample and dfu11, each with a state of its own; times: theirs",
     ST_LIBRARY, .transfer_size = 1024, .serial = "206437A50022",
     .alts = {"@Internal Flash   /0x08000000/02*016Ka,02*016Kg,01*064Kg,07*128Kg"},
     .memories = {&f4_flash}, .beside = &radio, .beside_config = 2},
};

/* clang-format on */

const struct sim_profile *dfui_sim_profile_at(size_t index)
{
    const size_t own = sizeof profiles / sizeof *profiles;
    return index < own ? &profiles[index] : dfui_sim_loader_at(index - own);
}

const struct sim_profile *dfui_sim_profile_find(const char *name)
{
    const struct sim_profile *profile;
    for (size_t i = 0; (profile = dfui_sim_profile_at(i)) != NULL; i++)
        if (strcmp(profile->name, name) == 0)
            return profile;
    return NULL;
}

uint32_t dfui_sim_alt_count(const struct sim_profile *profile)
{
    uint32_t count = 0;
    while (count < SIM_MAX_ALTS && profile->alts[count] != NULL)
        count++;
    return count;
}

uint8_t dfui_sim_config_count(const struct sim_profile *profile)
{
    return profile->beside != NULL && profile->beside_config == 2 ? 2 : 1;
}

uint8_t dfui_sim_interface(const struct sim_profile *profile)
{
    return profile->stranger != NULL ? 1 : 0;
}

uint8_t dfui_sim_mode(const struct sim_profile *profile)
{
    return profile->dialect == &dfui_sim_runtime ? 1 : 2;
}
