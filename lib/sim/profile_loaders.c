/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated devices that are there for one or two quirks of docs/quirks.md: other vendors' ROMs, and loaders that are
 * not ST's. Strings and ids as in profile.c; times are of the kind of flash that they have. */
#include "sim/board.h"

/* clang-format off */

#define FLASH(base) .name = "internal flash", .start = (base), .kind = SIM_FLASH, .erased = 0xFF
#define SLOW_WORDS .word = 4, .unit = 4, .program_ns = 16000           /* F4, as in profile.c */
#define HALF_WORDS .word = 2, .rewrite = SIM_REWRITE_REFUSED, .unit = 2, .program_ns = 53500 /* F0, F1 */
#define QSPI .name = "external flash", .kind = SIM_FLASH, .erased = 0xFF, .word = 1, .unit = 256, .program_ns = 700000
#define OPTIONS(base, bytes) \
    .name = "option bytes", .start = (base), .kind = SIM_OPTION, .erased = 0xFF, .word = 2, \
    .rdp_offset = 0, .unit = 2, .program_ns = 53500, .sectors = {{1, (bytes), 0}}
/* What follows the read protection as delivered: F0 RM0091 4, F1 PM0075 2.5. */
#define PAIRS "\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00"

static const struct sim_memory_row f411_flash = {
    FLASH(0x08000000), SLOW_WORDS, .sectors = {{4, 16384, 250000}, {1, 65536, 550000}, {3, 131072, 1000000}}};
static const struct sim_memory_row f103_flash_64 = {
    FLASH(0x08000000), HALF_WORDS, .sectors = {{64, 1024, 30000}}};
static const struct sim_memory_row f103_flash_128 = {
    FLASH(0x08000000), HALF_WORDS, .sectors = {{128, 1024, 30000}}};
static const struct sim_memory_row f042_flash = {
    FLASH(0x08000000), HALF_WORDS, .sectors = {{32, 1024, 30000}}};
static const struct sim_memory_row half_kib_options = {OPTIONS(0x1FFFF800, 512), .unprotected = 0xA5};
static const struct sim_memory_row f042_options = {
    .name = "option bytes", .start = 0x1FFFF800, .kind = SIM_OPTION, .erased = 0xFF, .word = 2, .unprotected = 0xAA,
    .rdp_offset = 0, .complement = 1, .wrp = SIM_WRP_F1, .factory = "\xAA\x55" PAIRS, .unit = 2, .program_ns = 53500,
    .sectors = {{1, 16, 0}}};
static const struct sim_memory_row apm32_options = {
    .name = "option bytes", .start = 0x1FFFF800, .kind = SIM_OPTION, .erased = 0xFF, .word = 2, .unprotected = 0xA5,
    .rdp_offset = 0, .complement = 1, .wrp = SIM_WRP_F1, .factory = "\xA5\x5A" PAIRS, .unit = 2, .program_ns = 53500,
    .sectors = {{1, 16, 0}}};
static const struct sim_memory_row gd32_flash = {
    FLASH(0x08000000), .word = 4, .rewrite = SIM_REWRITE_REFUSED, .unit = 4, .program_ns = 37500,
    .sectors = {{128, 1024, 45000}}};
static const struct sim_memory_row c5_flash = {
    FLASH(0x08000000), .word = 16, .once = 1, .rewrite = SIM_REWRITE_BREAKS, .unit = 16, .program_ns = 54000,
    .sectors = {{64, 8192, 2000}}};
static const struct sim_memory_row h7_flash = {
    FLASH(0x08000000), .word = 32, .once = 1, .rewrite = SIM_REWRITE_BREAKS, .unit = 32, .program_ns = 100000,
    .sectors = {{16, 131072, 1000000}}};
static const struct sim_memory_row h7_upper_flash = {
    FLASH(0x08020000), .word = 32, .rewrite = SIM_REWRITE_MIXES, .unit = 32, .program_ns = 100000,
    .sectors = {{15, 131072, 1000000}}};
static const struct sim_memory_row qspi_16 = {QSPI, .start = 0x90000000, .sectors = {{4096, 4096, 45000}}};
static const struct sim_memory_row qspi_8 = {QSPI, .start = 0x90000000, .sectors = {{128, 65536, 250000}}};
static const struct sim_memory_row spi_5 = {QSPI, .start = 0x90000000, .sectors = {{80, 65536, 250000}}};
static const struct sim_memory_row sample_a = {
    FLASH(0x0000F000), .word = 4, .unit = 4, .program_ns = 16000, .sectors = {{4, 100, 1000}}};
static const struct sim_memory_row sample_b = {
    FLASH(0x00014000), .word = 4, .unit = 4, .program_ns = 16000, .sectors = {{3, 8192, 20000}}};
static const struct sim_memory_row sample_c = {
    FLASH(0x00080000), .word = 4, .unit = 4, .program_ns = 16000, .sectors = {{2, 24576, 50000}}};
static const struct sim_memory_row zero_flash = {
    FLASH(0x00000000), .word = 4, .unit = 4, .program_ns = 41000, .sectors = {{96, 4096, 85000}}};
static const struct sim_memory_row plain_flash = {
    .name = "firmware", .start = 0x08000000, .kind = SIM_FLASH, .erased = 0xFF, HALF_WORDS,
    .sectors = {{64, 2048, 30000}}};

#define CHIP_ROM(block_size, maker, label) \
    .dialect = &dfui_sim_rom, .transfer_size = (block_size), .protocol = 0x011A, .detach_ms = 255, .attributes = 0x0B, \
    .pointer = 0x08000000, .manufacturer = (maker), .product = (label)

#define LIBRARY_LOADER(vendor, device, more_habits, label) \
    .dialect = &dfui_sim_st_library, .vid = (vendor), .pid = (device), .bcd_device = 0x0200, .protocol = 0x011A, \
    .detach_ms = 255, .attributes = 0x0B, .habits = SIM_BABBLES | (more_habits), .poll_ms = 5, .manufacturer = (label), \
    .product = (label), .serial = "206437A55653"

#define OPENCM3_LOADER(label) \
    .dialect = &dfui_sim_libopencm3, .transfer_size = 1024, .protocol = 0x011A, .detach_ms = 255, \
    .pointer = 0x08002000, .product = (label)

#define PLAIN(maker, label, id) \
    .dialect = &dfui_sim_dfu11, .detach_ms = 1000, .pointer = 0x08000000, .manufacturer = (maker), \
    .product = (label), .serial = (id), .memories = {&plain_flash}

static const struct sim_profile own_program = {
    .dialect = &dfui_sim_runtime, .vid = 0x1209, .pid = 0x0003, .bcd_device = 0x0100, .transfer_size = 2048,
    .protocol = 0x011A, .detach_ms = 255, .attributes = 0x0F, .manufacturer = "libdfu", .product = "Own program",
    .alts = {"DFU run-time"}};

static const struct sim_profile profiles[] = {
    {.name = "rom-runtime", .description = "STM32F042 whose program, with ids of its own, hands over to the ROM on DETACH",
     .source = "strings and times: as stm32f042; the program is made up",
     CHIP_ROM(2048, "STMicroelectronics", "STM32  BOOTLOADER"), .vid = 0x0483, .pid = 0xDF11, .bcd_device = 0x2200,
     .mass_erase_us = 30000, .serial = "FFFFFFFEFFFF", .quirks = "D1", .program = &own_program, .starts_in_program = 1,
     .alts = {"@Internal Flash  /0x08000000/032*0001Kg"}, .memories = {&f042_flash}},
    {.name = "stm32f042", .description = "STM32F042x6 ROM: 32 KiB; BOOT0 stays high, so that a leave comes back as DFU",
     .source = "strings: candleLight dumps; times: DS9832 (half-word 53.5 us, page 30 ms)",
     CHIP_ROM(2048, "STMicroelectronics", "STM32  BOOTLOADER"), .vid = 0x0483, .pid = 0xDF11, .bcd_device = 0x2200,
     .habits = SIM_STARTS_NOTHING, .mass_erase_us = 30000, .serial = "FFFFFFFEFFFF", .quirks = "A3 D1",
     .alts = {"@Internal Flash  /0x08000000/032*0001Kg", "@Option Bytes  /0x1FFFF800/01*016 e"},
     .memories = {&f042_flash, &f042_options}},
    {.name = "stm32c5", .description = "STM32C5 ROM: 1024-byte blocks, no option bytes; CLRSTATUS stalls outside dfuERROR",
     .source = "behaviour: betaflight-configurator#5300; strings composed; times: of the H5 (DS14053)",
     CHIP_ROM(1024, "STMicroelectronics", "STM32  BOOTLOADER"), .vid = 0x0483, .pid = 0xDF11,
     .bcd_device = 0x0200, .habits = SIM_HIDES_FUNCTIONAL, .mass_erase_us = 20000, .serial = "206A35A15652",
     .quirks = "B2 E4", .alts = {"@Internal Flash   /0x08000000/64*08Kg"}, .memories = {&c5_flash}},
    {.name = "gd32vf103-0100", .description = "GD32VF103CB ROM, bcdDevice 0100: a right map, but mass erase does nothing",
     .source = "strings and behaviour: riscv-mcu/gd32-dfu-utils#5; times: GD32VF103 datasheet",
     CHIP_ROM(2048, "GDMicroelectronics", "GD32 USB-DFU"), .vid = 0x28E9, .pid = 0x0189, .bcd_device = 0x0100,
     .habits = SIM_SERIAL_IN_BYTES | SIM_LEAVES_UNANSWERED | SIM_STARTS_ANY_CODE | SIM_NO_MASS_ERASE,
     .mass_erase_us = 45000, .serial = "3CBJ", .quirks = "B12 D1 D3",
     .alts = {"@Internal Flash  /0x08000000/128*001Kg"}, .memories = {&gd32_flash}},
    {.name = "at32f415", .description = "AT32F415 ROM: 128 KiB; blanks in its map, one serial number for all boards",
     .source = "strings: dumps of AT32F415; times: as the F103",
     CHIP_ROM(2048, "Artery-Tech", "DFU in FS Mode"), .vid = 0x2E3C, .pid = 0xDF11, .bcd_device = 0x0200,
     .mass_erase_us = 30000, .serial = "AT32", .quirks = "C8 C16 D1 D3",
     .alts = {"@Internal Flash  /0x08000000/ 128*1Kg", "@Option byte     /0x1FFFF800/01*512g"},
     .memories = {&f103_flash_128, &half_kib_options}},
    {.name = "apm32f103", .description = "APM32F103xB ROM: 128 KiB; an address of seven digits",
     .source = "strings: after dumps of APM32F103; times: as the F103",
     CHIP_ROM(2048, "Geehy", "APM32 BOOTLOADER"), .vid = 0x314B, .pid = 0x0106, .bcd_device = 0x0200,
     .mass_erase_us = 30000, .serial = "0448", .quirks = "C13 D1 D3",
     .alts = {"@Internal Flash  /0x8000000/128*1Kg", "@Option Bytes  /0x1FFFF800/01*016 e"},
     .memories = {&f103_flash_128, &apm32_options}},
    {.name = "mboot", .description = "MicroPython's mboot on an F411: says 1 MiB where there are 512 KiB; errors by text",
     .source = "behaviour: read in micropython ports/stm32/mboot; times: as the F407",
     .dialect = &dfui_sim_mboot, .vid = 0x0483, .pid = 0xDF11, .bcd_device = 0x2200, .transfer_size = 2048,
     .protocol = 0x011A, .detach_ms = 255, .attributes = 0x0B, .pointer = 0x08008000, .manufacturer = "MicroPython",
     .product = "Pyboard DFU", .serial = "3254335D3037", .quirks = "C17",
     .alts = {"@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"}, .memories = {&f411_flash}},
    {.name = "libopencm3", .description = "libopencm3's usbdfu on an F103: cannot be read back, never reports an error",
     .source = "behaviour: read in libopencm3-examples usbdfu.c; times: DS5319 (half-word 52.5 us, page 30 ms)",
     OPENCM3_LOADER("DFU Demo"), .vid = 0x0483, .pid = 0xDF11, .bcd_device = 0x0200, .attributes = 0x09,
     .manufacturer = "Black Sphere Technologies", .serial = "DEMO", .quirks = "D1",
     .alts = {"@Internal Flash   /0x08000000/8*001Ka,56*001Kg"}, .memories = {&f103_flash_64}},
    {.name = "bmp", .description = "Black Magic Probe on a 128 KiB F103 that its map calls 64 KiB; claims that it can be read",
     .source = "strings: dumps; behaviour: as libopencm3; blackmagic#205 and #312; bitCanUpload made up",
     OPENCM3_LOADER("Black Magic Probe (Upgrade)"), .vid = 0x1D50, .pid = 0x6017, .bcd_device = 0x0100,
     .attributes = 0x0B, .manufacturer = "Black Sphere Technologies", .serial = "7BB180B4", .quirks = "C17 D3 E11",
     .alts = {"@Internal Flash   /0x08000000/8*001Ka,56*001Kg"}, .memories = {&f103_flash_128}},
    {.name = "portenta", .description = "Arduino Portenta's loader: its names cannot be read at first, one of them never",
     .source = "strings: Arduino's mcuboot for the STM32H7; times: DS12110, rounded",
     LIBRARY_LOADER(0x2341, 0x035B, SIM_STRINGS_LATE | SIM_LAST_ALT_MUTE, "Portenta H7 DFU"), .transfer_size = 4096,
     .pointer = 0x08020000, .quirks = "C2 C9 C10 D3 E2 E11",
     .alts = {"@Internal Flash  2MB   /0x08000000/01*128Ka,15*128Kg", "@Arduino  boot  v.25   /0x00000000/0*4Kg",
              "@Ext RAW  Flash 16MB   /0x90000000/4096*4Kg", "@Option Bits      /0x52002000/01*1Ka"},
     .memories = {&h7_flash, &qspi_16}},
    {.name = "st-clone", .description = "own loader on ST's library: one name of 128 characters for both of its alts",
     .source = "behaviour: usbd_dfu.c GetUsrStringDesc, usbd_ctlreq.c USBD_GetString; times: as st-loader",
     LIBRARY_LOADER(0x0483, 0xDF11, 0, "Clone"), .transfer_size = 2048, .pointer = 0x08008000, .quirks = "C4 C5 E11",
     .alts = {"@Internal Flash of a board whose maker had much to say about it     "
              "/0x08000000/02*016Ka,02*016Kg,01*064Kg,03*128Kg             ",
              "@Internal Flash of a board whose maker had much to say about it     "
              "/0x08000000/02*016Ka,02*016Kg,01*064Kg,03*128Kg             "},
     .memories = {&f411_flash}},
    {.name = "two-names", .description = "own H7 loader that names two memories in the string of one alt",
     .source = "strings: a public H7 loader; times: DS12110, rounded",
     LIBRARY_LOADER(0x0483, 0xDF11, 0, "H7 loader"), .transfer_size = 1024, .pointer = 0x08020000, .quirks = "C12 E11",
     .alts = {"@Internal Flash   /0x08000000/1*128Ka,15*128Kg   @External FLASH   /0x90000000/128*64Kg"},
     .memories = {&h7_flash, &qspi_8}},
    {.name = "um0424", .description = "the map of UM0424's example: short addresses, groups out of order, 24 KiB and 100 B",
     .source = "strings: UM0424 section 4.3.2, the second group moved behind the first; times: made up",
     LIBRARY_LOADER(0x0483, 0xDF11, 0, "UM0424"), .transfer_size = 1024, .pointer = 0x00014000, .quirks = "C11 C13 C20",
     .alts = {"@Flash2 /0x80000/2*24Kg/0xF000/4*100Ba/0x14000/3*8Kg"}, .memories = {&sample_c, &sample_a, &sample_b}},
    {.name = "not-erasable", .description = "own H7 loader that calls its flash 'e': it does not erase unless forced to",
     .source = "strings: a public H7 loader; times: DS12110, rounded",
     LIBRARY_LOADER(0x0483, 0xDF11, 0, "H7 loader"), .transfer_size = 1024, .pointer = 0x08020000, .quirks = "C15",
     .alts = {"@Flash/0x08020000/15*128Ke"}, .memories = {&h7_upper_flash}},
    {.name = "particle", .description = "Particle's nRF52 loader: flash at address 0; each block goes where the pointer is",
     .source = "strings: Particle Argon; behaviour: dfu-util TODO, device-os#706; times: nRF52840 (word 41 us, page 85 ms)",
     LIBRARY_LOADER(0x2B04, 0xD00C, SIM_ONE_ADDRESS, "Argon DFU Mode"), .transfer_size = 4096, .pointer = 0x00030000,
     .quirks = "D3 D9 E10",
     .alts = {"@Internal Flash   /0x00000000/96*004Kg"}, .memories = {&zero_flash}},
    {.name = "small-blocks", .description = "own loader with 64-byte blocks and 5 MiB of flash: more blocks than wBlockNum counts",
     .source = "made up; times: typical for serial NOR flash",
     LIBRARY_LOADER(0x0483, 0xDF11, 0, "Small blocks"), .transfer_size = 64, .pointer = 0x90000000, .quirks = "E2 E3",
     .alts = {"@External Flash /0x90000000/80*064Kg"}, .memories = {&spi_5}},
    {.name = "openmoko", .description = "plain DFU 1.0, seven-byte descriptor; bwPollTimeout is more than two hours",
     .source = "behaviour: dfu-util quirks.c; times: as dfu11",
     PLAIN("OpenMoko", "Neo1973 Bootloader", "0000000"), .vid = 0x1D50, .pid = 0x5119, .transfer_size = 1024,
     .protocol = 0x0100, .attributes = 0x07, .habits = SIM_BOGUS_POLL | SIM_SHORT_FUNCTIONAL, .quirks = "B7 C24",
     .alts = {"RAM 0x60000000"}},
    {.name = "zephyr", .description = "Zephyr's plain DFU 1.1: 64-byte blocks, bwPollTimeout 256 ms whatever it does",
     .source = "behaviour: zephyr#14662 and #97455; times: as dfu11",
     PLAIN("ZEPHYR", "Zephyr DFU", "0.01"), .vid = 0x2FE3, .pid = 0x0100, .transfer_size = 64, .protocol = 0x0110,
     .attributes = 0x07, .poll_ms = 256, .quirks = "B8 E2", .alts = {"image-0"}},
    {.name = "maple", .description = "Maple: plain DFU that calls itself DfuSe; after a session only a USB reset helps",
     .source = "behaviour: dfu-util quirks.c, STM32duino-bootloader#22; times: as dfu11",
     PLAIN("LeafLabs", "Maple 003", "LLM 003"), .vid = 0x1EAF, .pid = 0x0003, .bcd_device = 0x0200,
     .transfer_size = 1024, .protocol = 0x011A, .attributes = 0x07, .habits = SIM_ONE_SESSION, .quirks = "C24 D6",
     .alts = {"STM32duino bootloader v1.0  Upload to Flash 0x8002000"}},
    {.name = "lpc", .description = "NXP LPC ROM: plain DFU 1.0 that calls itself run-time although it is in DFU mode",
     .source = "behaviour: fwupd dfu.quirk; times: as dfu11",
     PLAIN("NXP Semiconductors", "LPC18xx", "ABCD"), .vid = 0x1FC9, .pid = 0x000C, .bcd_device = 0x0100, .transfer_size = 2048,
     .protocol = 0x0100, .attributes = 0x07, .habits = SIM_SAYS_RUNTIME, .quirks = "C25", .alts = {"DFU"}},
    {.name = "no-descriptor", .description = "plain DFU without a functional descriptor: 64-byte blocks are a guess",
     .source = "made up after quirk C24; times: as dfu11",
     PLAIN("libdfu", "Bare DFU device", "0123456789AB"), .vid = 0x1209, .pid = 0x0001, .bcd_device = 0x0100,
     .transfer_size = 64, .protocol = 0x0100, .attributes = 0x07, .habits = SIM_NO_FUNCTIONAL, .quirks = "C24",
     .alts = {"Firmware"}},
    {.name = "uno-r4", .description = "Arduino UNO R4: plain DFU although the names of its alts begin with '@'",
     .source = "strings: dumps (bcdDFUVersion 1.01, 64-byte blocks); times: as dfu11",
     PLAIN("Arduino", "UNO R4", "3718090E33323539"), .vid = 0x2341, .pid = 0x0369, .bcd_device = 0x0100,
     .transfer_size = 64, .protocol = 0x0101, .attributes = 0x07, .quirks = "C22 E2",
     .alts = {"@DataFlash /0x08000000/8*1Kg"}},
    {.name = "sboot", .description = "sboot_stm32: plain DFU 1.1 under ST's 0483:df11",
     .source = "strings: dmitrystu/sboot_stm32#25; times: as dfu11",
     PLAIN("sboot", "STM32 DFU", "0001"), .vid = 0x0483, .pid = 0xDF11, .bcd_device = 0x0100, .transfer_size = 128,
     .protocol = 0x0110, .attributes = 0x07, .quirks = "C23 E2", .alts = {"Internal Flash"}},
    {.name = "atmel", .description = "Atmel's ROM for AVR: a protocol of its own under the DFU class, which is refused",
     .source = "ids: fwupd dfu.quirk; answers: as dfu11",
     PLAIN("Atmel", "ATm32U4DFU", "1.0.0"), .vid = 0x03EB, .pid = 0x2FF4, .bcd_device = 0x0000, .transfer_size = 64,
     .protocol = 0x0110, .attributes = 0x03, .quirks = "D7", .alts = {"DFU"}},
};

/* clang-format on */

const struct sim_profile *dfui_sim_loader_at(size_t index)
{
    return index < sizeof profiles / sizeof *profiles ? &profiles[index] : NULL;
}
