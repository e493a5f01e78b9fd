/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated devices as data: one row of the table in profile.c each. */
#ifndef DFU_SIM_PROFILE_H
#define DFU_SIM_PROFILE_H

#include <libdfu/sim.h>

struct sim_dialect;

enum sim_kind {
    SIM_FLASH,  /* erased by sector, programmed by flash word */
    SIM_EEPROM, /* a write replaces what was there */
    SIM_OPTION, /* written as a whole, then the chip resets */
    SIM_OTP,    /* programs like flash, never erases */
    SIM_READ_ONLY
};

/* How option bytes say which flash is write-protected. */
enum sim_wrp { SIM_WRP_NONE, SIM_WRP_F1, SIM_WRP_F4, SIM_WRP_L1, SIM_WRP_PAGES };

/* What programming a flash word that is not erased does. */
enum sim_rewrite {
    SIM_REWRITE_MIXES,   /* bits go one way only: the result is a mixture of old and new */
    SIM_REWRITE_REFUSED, /* the controller sets an error flag and leaves the word; all bits programmed passes */
    SIM_REWRITE_BREAKS   /* the word's ECC no longer fits: a mixture that also reads back wrong */
};

enum { SIM_MAX_GROUPS = 6, SIM_MAX_ALTS = 4, SIM_MAX_MEMORIES = 6 };

struct sim_sectors {
    uint32_t count;
    uint32_t size;
    uint32_t erase_us;
};

/* One contiguous memory that the chip really has, whatever its strings say. */
struct sim_memory_row {
    const char *name;
    uint32_t start;
    uint8_t kind;        /* enum sim_kind */
    uint8_t erased;      /* erased value, 0xFF or 0x00 */
    uint8_t word;        /* flash word in bytes */
    uint8_t once;        /* 1: ECC, a flash word may be programmed once between erases */
    uint8_t rewrite;     /* enum sim_rewrite */
    uint8_t unprotected; /* SIM_OPTION: value of the read protection byte at level 0 */
    uint8_t rdp_offset;  /* SIM_OPTION: where that byte is */
    uint8_t complement;  /* SIM_OPTION: so many bytes on is its complement, 0 = none */
    uint8_t wrp;         /* SIM_OPTION: enum sim_wrp */
    uint8_t silent;      /* SIM_OPTION: read-protected flash reads as 0, and what is sent to it is dropped (E6) */
    const char *factory; /* SIM_OPTION: first bytes as delivered, as long as the memory; NULL = erased */
    uint32_t unit;       /* program_ns buys this many bytes */
    uint32_t program_ns;
    struct sim_sectors sectors[SIM_MAX_GROUPS]; /* ends at count 0 */
    /* What they are in two-bank mode, which strings do not tell of (C18): where option byte 9 has bit 5 (nDBANK) clear.
     */
    struct sim_sectors in_two_banks[SIM_MAX_GROUPS];
};

enum sim_habits {
    SIM_STARTS_IN_ERROR = 1u << 0,   /* a fresh connection finds dfuERROR, errFIRMWARE (quirk A6) */
    SIM_GARBAGE_IN_STRING = 1u << 1, /* alt 0's string says bLength 166, the end is noise (C1) */
    SIM_SERIAL_IN_BYTES = 1u << 2,   /* serial string holds 8-bit characters (C6) */
    SIM_LEAVES_UNANSWERED = 1u << 3, /* drops off before it answers the GETSTATUS of a leave (A1), or a DETACH */
    SIM_STALLS_WHILE_BUSY = 1u << 4, /* GETSTATUS stalls while flash is busy (B3) */
    SIM_BABBLES = 1u << 5,           /* sends its whole answer even if the host asked for less */
    SIM_STARTS_ANY_CODE = 1u << 6,   /* no vector table: any code at the pointer starts */
    SIM_STARTS_NOTHING = 1u << 7,    /* a leave comes back as DFU, whatever is at the pointer: BOOT0 is high (A3) */
    SIM_HIDES_FUNCTIONAL = 1u << 8,  /* GET_DESCRIPTOR of the functional descriptor is never answered (B2) */
    SIM_BOGUS_POLL = 1u << 9,        /* bwPollTimeout is huge and means nothing (B7) */
    SIM_NO_MASS_ERASE = 1u << 10,    /* says OK to a mass erase and does nothing (B12) */
    SIM_STRINGS_LATE = 1u << 11,     /* strings stall for the first 700 ms on the bus (C2) */
    SIM_LAST_ALT_MUTE = 1u << 12,    /* the name of the last alt can never be read (C2) */
    SIM_NO_FUNCTIONAL = 1u << 13,    /* no functional descriptor (C24) */
    SIM_SHORT_FUNCTIONAL = 1u << 14, /* the one of DFU 1.0, 7 bytes (C24) */
    SIM_SAYS_RUNTIME = 1u << 15,     /* bInterfaceProtocol is 1 although it is in DFU mode (C25) */
    SIM_ONE_SESSION = 1u << 16,      /* after a host has gone, nothing but a USB reset helps (D6) */
    SIM_ONE_ADDRESS = 1u << 17,      /* block numbers do not move the address: each block goes to the pointer (E10) */
    SIM_HANGS_IN_BANK_2 = 1u << 18,  /* the erase of a sector of the upper half is done but stays dfuDNBUSY (B5) */
    SIM_DEAF_MASS_ERASE = 1u << 19   /* a mass erase is told as 100 ms and answers nothing until it is done (B4) */
};

/* A loader, or a program with a run-time interface: what the bus sees at one time. */
struct sim_profile {
    const char *name; /* of a loader; so are the next two */
    const char *description;
    const char *source;
    const struct sim_profile *program; /* of a loader: what the board runs when it left; NULL = one without USB */
    uint8_t starts_in_program;         /* comes to the bus in run-time mode */
    const struct sim_dialect *dialect;
    uint16_t vid;
    uint16_t pid;
    uint16_t bcd_device;
    uint16_t transfer_size;
    uint16_t protocol; /* bcdDFUVersion */
    uint16_t detach_ms;
    uint8_t attributes; /* bmAttributes */
    uint32_t habits;    /* enum sim_habits */
    uint16_t poll_ms;   /* fixed bwPollTimeout with the work done inside GETSTATUS; 0 = the work's real time, at once */
    uint32_t mass_erase_us;
    uint32_t pointer; /* address pointer after a reset */
    const char *manufacturer;
    const char *product;
    const char *serial;
    const char *quirks; /* ids of docs/quirks.md that it shows, besides those of its dialect; NULL = none */
    const char *alts[SIM_MAX_ALTS];
    const struct sim_memory_row *memories[SIM_MAX_MEMORIES];
    const struct sim_profile *beside; /* of a loader: a second DFU interface, with a loader and memories of its own */
    uint8_t beside_config;            /* bConfigurationValue of the second one: 1 beside the first, or 2 */
    const char *stranger;             /* name of an interface 0 of the vendor's own class, without endpoints; NULL =
                                         none. The DFU interface comes after it. */
};

/* NULL past the last. */
const struct sim_profile *dfui_sim_profile_at(size_t index);
/* Those of profile_loaders.c. */
const struct sim_profile *dfui_sim_loader_at(size_t index);
const struct sim_profile *dfui_sim_profile_find(const char *name);
uint32_t dfui_sim_alt_count(const struct sim_profile *profile);
uint8_t dfui_sim_config_count(const struct sim_profile *profile);
/* bInterfaceNumber of its DFU interface. */
uint8_t dfui_sim_interface(const struct sim_profile *profile);
/* bInterfaceProtocol: 1 for a program, 2 for a loader. */
uint8_t dfui_sim_mode(const struct sim_profile *profile);

#endif
