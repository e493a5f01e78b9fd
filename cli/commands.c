/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command line offers, as data. */
#include "commands.h"

#include <string.h>

const struct opt options[] = {
    {OPT_HELP, VALUE_NONE, GROUP_GLOBAL, 'h', "help", NULL, "show help; after a verb, that verb's"},
    {OPT_VERSION, VALUE_NONE, GROUP_GLOBAL, 0, "version", NULL, "show the version"},
    {OPT_JSON, VALUE_NONE, GROUP_GLOBAL, 0, "json", NULL, "print JSON: one object, or one a line with \"event\""},
    {OPT_QUIET, VALUE_NONE, GROUP_GLOBAL, 'q', "quiet", NULL, "no progress, notes or closing line"},
    {OPT_VERBOSE, VALUE_NONE, GROUP_GLOBAL, 'v', "verbose", NULL, "say more; -vv debug, -vvv every transfer"},
    {OPT_COLOR, VALUE_REQUIRED, GROUP_GLOBAL, 0, "color", "WHEN", "auto, always or never"},
    {OPT_PROGRESS, VALUE_REQUIRED, GROUP_GLOBAL, 0, "progress", "WHEN", "auto, always or never"},
    {OPT_LOG, VALUE_REQUIRED, GROUP_GLOBAL, 0, "log", "FILE", "write every transfer to FILE"},

    {OPT_DEVICE, VALUE_REQUIRED, GROUP_SELECT, 'd', "device", "VID[:PID]", "hexadecimal ids, e.g. 0483:df11"},
    {OPT_SERIAL, VALUE_REQUIRED, GROUP_SELECT, 'S', "serial", "SERIAL", "whole serial number"},
    {OPT_PATH, VALUE_REQUIRED, GROUP_SELECT, 'p', "path", "BUS-PORT.PORT[:C.I]",
     "where it is plugged in, as 'dfu list' says; :C.I picks one of several DFU interfaces there (configuration, "
     "interface)"},
    {OPT_ALT, VALUE_REQUIRED, GROUP_SELECT, 'a', "alt", "ALT", "alternate setting: number, name or part of the name"},
    {OPT_WAIT, VALUE_OPTIONAL, GROUP_SELECT, 'w', "wait", "SECONDS",
     "wait for the device, and for its return if it goes away in mid-job (without a number: for ever)"},
    {OPT_DFUSE, VALUE_NONE, GROUP_SELECT, 0, "dfuse", NULL, "speak DfuSe whatever the device says"},
    {OPT_DFU11, VALUE_NONE, GROUP_SELECT, 0, "dfu11", NULL, "speak plain DFU whatever the device says"},
    {OPT_TRANSFER_SIZE, VALUE_REQUIRED, GROUP_SELECT, 0, "transfer-size", "N",
     "bytes a block, instead of the device's"},
    {OPT_SIM, VALUE_REQUIRED, GROUP_SELECT, 0, "sim", "PROFILE[,KEY=VALUE]...",
     "a simulated device ('dfu sim list'); keys: state=DIR stats=FILE count=N serial=TEXT time=real scale=F "
     "init=random rdp=LEVEL wrp=RANGE fault=RULE plug=MS@BOARD away=MS"},
    {OPT_RECORD, VALUE_REQUIRED, GROUP_SELECT, 0, "record", "FILE", "write a wire log, to send in or to replay"},
    {OPT_REPLAY, VALUE_REQUIRED, GROUP_SELECT, 0, "replay", "FILE", "answer from a wire log instead of a device"},

    {OPT_CROP, VALUE_REQUIRED, GROUP_EDIT, 0, "crop", "RANGE", "keep only what lies in RANGE"},
    {OPT_EXCLUDE, VALUE_REQUIRED, GROUP_EDIT, 0, "exclude", "RANGE", "drop what lies in RANGE"},
    {OPT_FILL, VALUE_REQUIRED, GROUP_EDIT, 0, "fill", "BYTE@RANGE", "set the bytes of RANGE that are not set yet"},
    {OPT_MOVE, VALUE_REQUIRED, GROUP_EDIT, 0, "move", "OFFSET", "move everything up (down with a minus sign)"},
    {OPT_PATCH, VALUE_REQUIRED, GROUP_EDIT, 0, "patch", "ADDR=WHAT",
     "overwrite: hex digits, u8:N, u16:N, u32:N (little-endian), str:TEXT or file:PATH"},
    {OPT_STM32_CRC, VALUE_REQUIRED, GROUP_EDIT, 0, "stm32-crc", "ADDR|end",
     "store the STM32 CRC of the image at ADDR or right after it"},
    {OPT_CRC, VALUE_REQUIRED, GROUP_EDIT, 0, "crc", "NAME@ADDR|end",
     "store another CRC, e.g. crc32@end; 'dfu help crc' lists the names"},
    {OPT_CHECK_CRC, VALUE_OPTIONAL, GROUP_EDIT, 0, "check-crc", "[NAME@]ADDR|end",
     "check the STM32 CRC, or the one called NAME, at ADDR; without it, in the last bytes"},
    {OPT_CRC_RANGE, VALUE_REQUIRED, GROUP_EDIT, 0, "crc-range", "RANGE", "what the CRC option before it covers"},
    {OPT_CRC_BIG_ENDIAN, VALUE_NONE, GROUP_EDIT, 0, "crc-big-endian", NULL,
     "the CRC option before it stores most significant byte first"},
    {OPT_CRC_WIDTH, VALUE_REQUIRED, GROUP_EDIT, 0, "crc-width", "BITS",
     "this and the next change the CRC before them, or describe one called custom: 8, 16 or 32"},
    {OPT_CRC_POLY, VALUE_REQUIRED, GROUP_EDIT, 0, "crc-poly", "N", "polynomial, e.g. 0x04C11DB7"},
    {OPT_CRC_INIT, VALUE_REQUIRED, GROUP_EDIT, 0, "crc-init", "N", "initial value"},
    {OPT_CRC_XOR_OUT, VALUE_REQUIRED, GROUP_EDIT, 0, "crc-xor-out", "N", "final xor"},
    {OPT_CRC_UNIT, VALUE_REQUIRED, GROUP_EDIT, 0, "crc-unit", "UNIT", "how the input goes in: byte, half-word or word"},
    {OPT_CRC_REFLECT_IN, VALUE_OPTIONAL, GROUP_EDIT, 0, "crc-reflect-in", "UNIT",
     "reverse the input's bits, by byte (default), half-word or word"},
    {OPT_CRC_REFLECT_OUT, VALUE_NONE, GROUP_EDIT, 0, "crc-reflect-out", NULL, "reverse the result's bits"},
    {OPT_START, VALUE_REQUIRED, GROUP_EDIT, 0, "start", "ADDR|none", "set or drop the start address record"},
    {OPT_LIMIT, VALUE_REQUIRED, GROUP_EDIT, 0, "limit", "RANGE", "fail if anything lies outside RANGE"},
    {OPT_TARGET, VALUE_REQUIRED, GROUP_EDIT, 0, "target", "ALT[@RANGE][=NAME]",
     "what lies in RANGE (all of it) is for alternate setting ALT; a .dfu file calls it NAME"},
    {OPT_OVERLAP, VALUE_REQUIRED, GROUP_EDIT, 0, "overlap", "POLICY",
     "bytes given twice and not equal: error (default), first or last"},
    {OPT_FORMAT, VALUE_REQUIRED, GROUP_EDIT, 0, "format", "NAME",
     "file format, bin, hex, srec, elf, dfuse or uf2; default by content (read: by the output's name)"},

    {OPT_FAMILY, VALUE_REQUIRED, GROUP_EDIT, 0, "family", "ID|NAME",
     "UF2: the family to take out of a file or to write, e.g. 0x57755A57 or STM32F4; options: the chip, e.g. stm32f4"},

    {OPT_LEAVE, VALUE_OPTIONAL, GROUP_OWN, 0, "leave", "ADDR", "start the program afterwards (vector table at ADDR)"},
    {OPT_REQUIRE_LEAVE, VALUE_NONE, GROUP_OWN, 0, "require-leave", NULL,
     "--leave, and exit 10 if the device is still in DFU mode"},
    {OPT_DETACH, VALUE_NONE, GROUP_OWN, 0, "detach", NULL,
     "first take a board that runs its program to DFU mode (not with --dry-run)"},
    {OPT_NO_VERIFY, VALUE_NONE, GROUP_OWN, 0, "no-verify", NULL, "do not read back"},
    {OPT_REQUIRE_VERIFY, VALUE_NONE, GROUP_OWN, 0, "require-verify", NULL,
     "exit 7, touching nothing, where it cannot be read back"},
    {OPT_STRICT, VALUE_NONE, GROUP_OWN, 0, "strict", NULL, "warnings about the firmware are errors"},
    {OPT_FORCE, VALUE_REQUIRED, GROUP_OWN, 0, "force", "WHAT",
     "lift one check: readonly, outside, erase or otp (may be repeated)"},
    {OPT_DIFF, VALUE_NONE, GROUP_OWN, 0, "diff", NULL,
     "read first, and leave alone what is there already; blank flash is not erased"},
    {OPT_PRESERVE, VALUE_OPTIONAL, GROUP_OWN, 0, "preserve", "FILE",
     "keep what is beside the image in its sectors; FILE gets a copy before anything is erased"},
    {OPT_DRY_RUN, VALUE_NONE, GROUP_OWN, 0, "dry-run", NULL, "print the plan and change nothing"},
    {OPT_POLL, VALUE_REQUIRED, GROUP_OWN, 0, "poll", "WHEN",
     "spec (default) waits as long as the device says; eager asks earlier while it puts up with that"},
    {OPT_YES, VALUE_NONE, GROUP_OWN, 'y', "yes", NULL, "do not ask"},
    {OPT_BOARDS, VALUE_REQUIRED, GROUP_OWN, 0, "boards", "all",
     "every board that the other options select, at once; or repeat --path or --serial"},
    {OPT_RETRY, VALUE_REQUIRED, GROUP_OWN, 0, "retry", "N",
     "with several boards: up to N further attempts for each that fails"},
    {OPT_LOOP, VALUE_OPTIONAL, GROUP_OWN, 0, "loop", "N",
     "go on with each board that is plugged in, until N are done or Ctrl-C"},
    {OPT_DATA, VALUE_REQUIRED, GROUP_OWN, 0, "data", "FILE.csv",
     "each board gets a row of its own: --patch ADDR=WHAT takes {column} in WHAT"},
    {OPT_LEDGER, VALUE_REQUIRED, GROUP_OWN, 0, "ledger", "FILE",
     "where the rows of --data that are used are recorded; default FILE.csv.ledger"},
    {OPT_OUTPUT, VALUE_REQUIRED, GROUP_OWN, 'o', "output", "FILE", "where to write; - is standard output"},
    {OPT_OUTPUT_FORMAT, VALUE_REQUIRED, GROUP_OWN, 0, "output-format", "NAME",
     "format of the output; default by its name"},
    {OPT_RECORD_BYTES, VALUE_REQUIRED, GROUP_OWN, 0, "record-bytes", "N",
     "data bytes a line of the output; default 32"},
    {OPT_ADDRESS_BYTES, VALUE_REQUIRED, GROUP_OWN, 0, "address-bytes", "N",
     "S-records with at least N address bytes, 2 to 4"},
    {OPT_HEADER, VALUE_REQUIRED, GROUP_OWN, 0, "header", "TEXT", "the text in the header of S-records"},
    {OPT_MAP, VALUE_REQUIRED, GROUP_OWN, 0, "map", "STRING",
     "info: does it fit this DfuSe layout string (repeat it for further alternate settings)"},
    {OPT_PROFILE, VALUE_REQUIRED, GROUP_OWN, 0, "profile", "NAME", "info: does it fit this device of 'dfu sim list'"},
    {OPT_PRESET, VALUE_REQUIRED, GROUP_OWN, 0, "preset", "NAME", "which CRC; default stm32"},
    {OPT_VID, VALUE_REQUIRED, GROUP_OWN, 0, "vid", "VID", "vendor id in the DFU suffix, hexadecimal; ffff = any"},
    {OPT_PID, VALUE_REQUIRED, GROUP_OWN, 0, "pid", "PID", "product id in the DFU suffix"},
    {OPT_BCD_DEVICE, VALUE_REQUIRED, GROUP_OWN, 0, "bcd-device", "BCD", "firmware version in the DFU suffix"},
    {OPT_ADD, VALUE_NONE, GROUP_OWN, 0, "add", NULL, "suffix: add one to the file"},
    {OPT_REMOVE, VALUE_NONE, GROUP_OWN, 0, "remove", NULL, "suffix: remove it"},
    {OPT_CHECK, VALUE_NONE, GROUP_OWN, 0, "check", NULL, "suffix: check its CRC and show it (the default)"},
    {OPT_EVERYTHING, VALUE_NONE, GROUP_OWN, 0, "everything", NULL, "every erasable sector, one by one"},
    {OPT_MASS_ERASE, VALUE_NONE, GROUP_OWN, 0, "mass-erase", NULL, "the mass erase command, then a full blank check"},
    {OPT_SET, VALUE_REQUIRED, GROUP_OWN, 0, "set", "NAME=NUMBER", "change an option (may be repeated)"},
    {OPT_RAW, VALUE_REQUIRED, GROUP_OWN, 0, "raw", "[ADDR=]HEX",
     "change option bytes as they are, from their start or from ADDR on"},
    {OPT_RDP2, VALUE_NONE, GROUP_OWN, 0, "rdp2-is-forever", NULL,
     "let read protection go to level 2, after which nobody gets in again"},
    {OPT_USBIP, VALUE_OPTIONAL, GROUP_OWN, 0, "usbip", "ADDR:PORT",
     "run it and serve USB/IP there; without a value at 127.0.0.1:3240"},
    {OPT_VHCI, VALUE_NONE, GROUP_OWN, 0, "vhci", NULL, "run it and plug it into this machine (Linux, as root)"},
    {OPT_NONE, VALUE_NONE, 0, 0, NULL, NULL, NULL},
};

const struct verb verbs[] = {
    {.name = "list",
     .summary = "list DFU interfaces",
     .usage = {"[options]"},
     .about = "Lists every DFU interface, in DFU mode and at run time, also those that cannot be opened, and why. "
              "Nothing is opened for longer than its strings take to read, and no DFU request is sent.",
     .groups = GROUP_SELECT,
     .examples = {"dfu list", "dfu list --json", "dfu --sim stm32f407,count=3 list"},
     .run = cmd_list},
    {.name = "info",
     .summary = "show one device and draw its memory map",
     .usage = {"[options]"},
     .about = "Shows descriptors, state, supported commands and the memory map.",
     .groups = GROUP_SELECT,
     .examples = {"dfu info", "dfu --sim st-loader info"},
     .run = cmd_info},
    {.name = "flash",
     .summary = "write firmware and verify it",
     .usage = {"[options] FILE[@ADDR]..."},
     .about = "Loads the files, applies the edits in the order written, checks the whole plan against the memory map, "
              "then erases the touched sectors, programs and verifies. Files without addresses need @ADDR.",
     .groups = GROUP_SELECT | GROUP_EDIT,
     .own = {OPT_DETACH, OPT_LEAVE, OPT_REQUIRE_LEAVE, OPT_NO_VERIFY, OPT_REQUIRE_VERIFY, OPT_STRICT, OPT_FORCE,
             OPT_DIFF, OPT_PRESERVE, OPT_DRY_RUN, OPT_POLL, OPT_YES, OPT_BOARDS, OPT_RETRY, OPT_LOOP, OPT_DATA,
             OPT_LEDGER},
     .examples = {"dfu flash app.hex --leave", "dfu flash app.bin@0x08008000 --stm32-crc end",
                  "dfu flash boot.hex app.hex --dry-run",
                  "dfu flash FIRM1.hex --fill 0xFF@0x08000000..0x080FFFFC "
                  "--crop 0x08000000..0x080FFFFC --stm32-crc 0x080FFFFC"},
     .run = cmd_flash},
    {.name = "read",
     .summary = "read memory into a file",
     .usage = {"[options] -o FILE [RANGE|REGION]..."},
     .about =
         "Without a range or region: all readable flash. The format comes from the file name. A .dfu file says which "
         "device and alternate setting it came from, and fits no other: --vid and --pid change that.",
     .groups = GROUP_SELECT,
     .own = {OPT_OUTPUT, OPT_FORMAT, OPT_FAMILY, OPT_VID, OPT_PID, OPT_BCD_DEVICE, OPT_DRY_RUN},
     .examples = {"dfu read -o backup.hex", "dfu read -o boot.bin 0x08000000+32K", "dfu read -o otp.hex 'OTP Memory'"},
     .run = cmd_read},
    {.name = "verify",
     .summary = "compare files with the device",
     .usage = {"[options] FILE[@ADDR]..."},
     .about = "Reads back and compares; writes nothing. Exit 7 where the contents differ.",
     .groups = GROUP_SELECT | GROUP_EDIT,
     .own = {OPT_DRY_RUN, OPT_BOARDS, OPT_RETRY},
     .examples = {"dfu verify app.hex", "dfu verify app.bin@0x08008000 --stm32-crc end"},
     .run = cmd_verify},
    {.name = "erase",
     .summary = "erase sectors",
     .usage = {"[options] RANGE|REGION...", "[options] --everything", "[options] --mass-erase"},
     .about = "Erases the sectors that the ranges touch. Asks first on a terminal; --everything and --mass-erase "
              "need --yes elsewhere.",
     .groups = GROUP_SELECT,
     .own = {OPT_EVERYTHING, OPT_MASS_ERASE, OPT_NO_VERIFY, OPT_FORCE, OPT_DRY_RUN, OPT_POLL, OPT_YES, OPT_BOARDS,
             OPT_RETRY},
     .examples = {"dfu erase 0x08008000+64K", "dfu erase --everything --yes", "dfu erase --everything --dry-run"},
     .run = cmd_erase},
    {.name = "leave",
     .summary = "start the program without writing",
     .usage = {"[options] [ADDR]"},
     .about =
         "Leaves DFU mode to the vector table at ADDR; without it, of the first executable region. Exit 10 when the "
         "device is still in DFU mode afterwards.",
     .groups = GROUP_SELECT,
     .own = {OPT_DRY_RUN},
     .examples = {"dfu leave", "dfu leave 0x08008000"},
     .run = cmd_leave},
    {.name = "detach",
     .summary = "take a board that runs its program to DFU mode",
     .usage = {"[options]"},
     .about = "Sends DETACH to the run-time DFU interface, resets the USB port where the device needs that, and waits "
              "up to 10 s until the same board is back in DFU mode. A board in DFU mode already is left as it is.",
     .groups = GROUP_SELECT,
     .examples = {"dfu detach", "dfu detach --path 1-2.3", "dfu --sim dfu11-runtime detach"},
     .run = cmd_detach},
    {.name = "image",
     .summary = "edit, convert, show and compare firmware files",
     .usage = {"[edit] [options] FILE[@ADDR]... -o OUT", "info [options] FILE[@ADDR]...",
               "diff [options] A[@ADDR] B[@ADDR]", "suffix [--add|--remove|--check] [--vid VID] [--pid PID] FILE"},
     .about =
         "Works without a device. Edits apply in the order written. diff exits 7 when the two differ, info when the "
         "image does not fit the map it is given. --strict wants a vector table that fits its address.",
     .groups = GROUP_EDIT,
     .own = {OPT_OUTPUT, OPT_OUTPUT_FORMAT, OPT_RECORD_BYTES, OPT_ADDRESS_BYTES, OPT_HEADER, OPT_STRICT, OPT_MAP,
             OPT_PROFILE, OPT_VID, OPT_PID, OPT_BCD_DEVICE, OPT_ADD, OPT_REMOVE, OPT_CHECK},
     .examples = {"dfu image app.bin@0x08008000 --stm32-crc end -o app.hex",
                  "dfu image info app.hex --profile stm32f407", "dfu image diff old.hex new.hex"},
     .run = cmd_image},
    {.name = "crc",
     .summary = "compute the CRC of device memory",
     .usage = {"[options] RANGE|REGION..."},
     .about = "Reads the memory back and computes its STM32 CRC, or another. Over data with its own STM32 CRC right "
              "behind it, stored little-endian as --stm32-crc does, the result is 0. Presets: stm32, crc32, "
              "crc32-mpeg2, crc32-bzip2, crc32-posix, crc32-jamcrc, crc32c, crc16-ccitt-false, crc16-aug-ccitt, "
              "crc16-xmodem, crc16-kermit, crc16-x25, crc16-arc, crc16-modbus, crc16-usb, crc8, crc8-maxim, "
              "crc8-sae-j1850, crc8-autosar; and custom, for which --crc-poly is needed.",
     .groups = GROUP_SELECT,
     .own = {OPT_PRESET, OPT_CRC_WIDTH, OPT_CRC_POLY, OPT_CRC_INIT, OPT_CRC_XOR_OUT, OPT_CRC_UNIT, OPT_CRC_REFLECT_IN,
             OPT_CRC_REFLECT_OUT, OPT_DRY_RUN},
     .examples = {"dfu crc 0x08000000..0x080FFFFC", "dfu crc 'Internal Flash'",
                  "dfu crc --preset crc32 0x08008000+128K"},
     .run = cmd_crc},
    {.name = "options",
     .summary = "show option bytes, and change them",
     .usage = {"[options]", "[options] --set NAME=NUMBER...", "[options] --raw [ADDR=]HEX"},
     .about = "Shows the bytes, and for chips whose layout is known what they mean: read protection (rdp, a level), "
              "write protection, boot bits, watchdogs, brown-out reset. Changes are shown and confirmed first (--yes "
              "without a terminal), written as a whole, and compared after the chip has reset itself. See "
              "docs/protection.md.",
     .groups = GROUP_SELECT,
     .own = {OPT_SET, OPT_RAW, OPT_FAMILY, OPT_RDP2, OPT_YES},
     .examples = {"dfu options", "dfu options --set bor=2 --set wdg_sw=1", "dfu --sim stm32f407 options --json"},
     .run = cmd_options},
    {.name = "unprotect",
     .summary = "remove read protection; erases all of flash",
     .usage = {"[options]"},
     .about = "Sends READ UNPROTECT, waits until the chip has erased its flash and the same board is back, and checks "
              "that its flash is readable and blank. Asks first on a terminal and needs --yes elsewhere. A board that "
              "is not read-protected is left as it is.",
     .groups = GROUP_SELECT,
     .own = {OPT_YES},
     .examples = {"dfu unprotect", "dfu unprotect --yes", "dfu --sim stm32f407,rdp=1 unprotect --yes"},
     .run = cmd_unprotect},
    {.name = "map",
     .summary = "parse DfuSe strings and draw them",
     .usage = {"[options] STRING..."},
     .about =
         "Each STRING is the name of one alternate setting, numbered from 0. For people who write their own loader.",
     .examples = {"dfu map '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg'"},
     .run = cmd_map},
    {.name = "sim",
     .summary = "show the simulated devices, or run one",
     .usage = {"[options] list", "[options] PROFILE", "[options] PROFILE[,KEY=VALUE]... --usbip[=ADDR:PORT]|--vhci"},
     .about =
         "Lists the profiles that --sim takes, or shows one: its strings, memory map and where its figures come from. "
         "With --usbip or --vhci it runs in real time until Ctrl-C, as a USB device that any program can use; on the "
         "other side: modprobe vhci-hcd; usbip attach -r ADDR -b 1-1. Keys are those of --sim.",
     .own = {OPT_USBIP, OPT_VHCI},
     .examples = {"dfu sim list", "dfu sim stm32f407", "dfu --sim stm32f407,state=board flash app.hex",
                  "dfu sim st-loader,count=2 --vhci"},
     .run = cmd_sim},
};

size_t verb_count(void)
{
    return sizeof verbs / sizeof verbs[0];
}

const struct verb *verb_find(const char *name)
{
    for (size_t i = 0; i < verb_count(); i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

static const char *verb_name(size_t index, const void *arg)
{
    (void)arg;
    return verbs[index].name;
}

int verb_lookup(const char *name, const struct verb **out, struct dfu_error **err)
{
    *out = verb_find(name);
    if (*out != NULL)
        return DFU_OK;
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "unknown verb '%s'", name);
    const char *near = nearest_name(name, verb_count(), verb_name, NULL);
    if (near != NULL)
        dfu_error_set_hint(err, "did you mean 'dfu %s'?", near);
    else
        dfu_error_set_hint(err, "see 'dfu help' for the verbs there are");
    return rc;
}

int verb_takes(const struct verb *verb, const struct opt *opt)
{
    if (opt->group == GROUP_GLOBAL || (verb->groups & opt->group) != 0)
        return 1;
    for (size_t i = 0; verb->own[i] != OPT_NONE; i++) {
        if (verb->own[i] == opt->id)
            return 1;
    }
    return 0;
}
