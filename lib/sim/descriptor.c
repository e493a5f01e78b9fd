/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors made from the profile, and the standard requests of USB 2.0 chapter 9. */
#include "sim/board.h"

/* For this long after it came to the bus a device of quirk C2 stalls every string. */
enum { LATE_US = 700000, LONGEST_STRING = 512 };

enum { STRING_MANUFACTURER = 1, STRING_PRODUCT = 2, STRING_SERIAL = 3, STRING_FIRST_ALT = 4 };

uint8_t dfui_sim_serial_index(void)
{
    return STRING_SERIAL;
}

uint8_t dfui_sim_product_index(void)
{
    return STRING_PRODUCT;
}

static void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static size_t device_descriptor(const struct sim_profile *profile, uint8_t out[18])
{
    static const uint8_t fixed[18] = {
        18, 1, 0x00, 0x01, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, STRING_MANUFACTURER, STRING_PRODUCT, STRING_SERIAL, 1};
    memcpy(out, fixed, sizeof fixed);
    put_u16(out + 8, profile->vid);
    put_u16(out + 10, profile->pid);
    put_u16(out + 12, profile->bcd_device);
    return sizeof fixed;
}

/* One configuration, one interface, all its alternate settings, and the functional descriptor once at the end,
 * as ST's devices have it. */
size_t dfui_sim_config_descriptor(const struct sim_profile *profile, uint8_t out[SIM_CONFIG_MAX])
{
    static const uint8_t config[9] = {9, 2, 0, 0, 1, 1, 0, 0xC0, 50};
    uint32_t alts = dfui_sim_alt_count(profile);
    uint8_t mode = profile->habits & SIM_SAYS_RUNTIME ? 1 : dfui_sim_mode(profile);
    uint8_t functional = profile->habits & SIM_NO_FUNCTIONAL ? 0 : profile->habits & SIM_SHORT_FUNCTIONAL ? 7 : 9;
    uint8_t *at = out;
    memcpy(at, config, sizeof config);
    at += sizeof config;
    for (uint32_t i = 0; i < alts; i++) {
        const uint8_t alt[9] = {9, 4, 0, (uint8_t)i, 0, 0xFE, 1, mode, (uint8_t)(STRING_FIRST_ALT + i)};
        memcpy(at, alt, sizeof alt);
        at += sizeof alt;
    }
    at[0] = functional;
    at[1] = 0x21;
    at[2] = profile->attributes;
    put_u16(at + 3, profile->detach_ms);
    put_u16(at + 5, profile->transfer_size);
    put_u16(at + 7, profile->protocol);
    at += functional;
    put_u16(out + 2, (uint32_t)(at - out));
    return (size_t)(at - out);
}

/* bLength is kept in 8 bits, so that of 127 characters and more becomes 0 and up, as ST's library has it (C5). */
static size_t string_descriptor(const char *text, uint8_t out[LONGEST_STRING])
{
    size_t length = 2;
    for (; *text != '\0' && length + 2 <= LONGEST_STRING; text++, length += 2)
        put_u16(out + length, (uint8_t)*text);
    out[0] = (uint8_t)length;
    out[1] = 3;
    return length;
}

/* The string ends at the right place, but its length is that of a chip with two banks (quirk C1). */
static size_t add_garbage(uint8_t out[LONGEST_STRING], size_t length)
{
    static const uint16_t noise[] = {0xCC50, 0x01A8, 0x2E54, 0xBFFA, 0x4B7C, 0xB204, 0xCEF8,
                                     0x0000, 0xDC00, 0x2A20, 0x002C, 0xD8A1, 0xFFFF, 0x0067};
    for (size_t i = 0; length + 2 <= 166; i++, length += 2)
        put_u16(out + length, noise[i % (sizeof noise / sizeof *noise)]);
    out[0] = (uint8_t)length;
    return length;
}

/* Characters of 8 bits where UTF-16 belongs (quirk C6). */
static size_t byte_string(const char *text, uint8_t out[LONGEST_STRING])
{
    size_t length = 0;
    for (; length < 250 && text[length] != '\0'; length++)
        out[2 + length] = (uint8_t)text[length];
    out[0] = (uint8_t)(length + 2);
    out[1] = 3;
    return length + 2;
}

static size_t get_string(struct sim_board *board, uint8_t index, uint8_t out[LONGEST_STRING])
{
    const struct sim_profile *profile = board->profile;
    static const uint8_t languages[4] = {4, 3, 0x09, 0x04};
    if (profile->habits & SIM_STRINGS_LATE && dfui_sim_now(board) < board->came_at_us + LATE_US)
        return 0;
    switch (index) {
    case 0:
        memcpy(out, languages, sizeof languages);
        return sizeof languages;
    case STRING_MANUFACTURER:
        return string_descriptor(profile->manufacturer, out);
    case STRING_PRODUCT:
        return string_descriptor(profile->product, out);
    case STRING_SERIAL:
        return profile->habits & SIM_SERIAL_IN_BYTES ? byte_string(board->serial, out)
                                                     : string_descriptor(board->serial, out);
    default:
        break;
    }
    const char *text = profile->dialect->text != NULL ? profile->dialect->text(index) : NULL;
    if (text != NULL)
        return string_descriptor(text, out);
    uint32_t alt = (uint32_t)index - STRING_FIRST_ALT;
    uint32_t count = dfui_sim_alt_count(profile);
    if (alt >= count || (profile->habits & SIM_LAST_ALT_MUTE && alt == count - 1))
        return 0;
    size_t length = string_descriptor(profile->alts[alt], out);
    return alt == 0 && (profile->habits & SIM_GARBAGE_IN_STRING) ? add_garbage(out, length) : length;
}

static void get_descriptor(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                           struct sim_reply *reply)
{
    uint8_t out[LONGEST_STRING];
    size_t length = 0;
    size_t skip = 0;
    switch (setup->value >> 8) {
    case 1:
        length = device_descriptor(board->profile, out);
        break;
    case 2:
        if ((setup->value & 0xFF) == 0)
            length = dfui_sim_config_descriptor(board->profile, out);
        break;
    case 3:
        length = get_string(board, (uint8_t)setup->value, out);
        break;
    case 0x21: /* the functional descriptor: what follows the interfaces */
        if (board->profile->habits & SIM_HIDES_FUNCTIONAL) {
            reply->outcome = SIM_NEVER;
            return;
        }
        length = dfui_sim_config_descriptor(board->profile, out);
        skip = 9u + 9u * dfui_sim_alt_count(board->profile);
        break;
    default:
        break;
    }
    if (length <= skip) {
        reply->outcome = SIM_STALLED;
        return;
    }
    length -= skip;
    reply->length = length < setup->length ? (uint32_t)length : setup->length;
    if (reply->length > 0)
        memcpy(data, out + skip, reply->length);
}

static void answer(const struct dfu_usb_setup *setup, uint8_t *data, const uint8_t *bytes, uint32_t length,
                   struct sim_reply *reply)
{
    reply->length = length < setup->length ? length : setup->length;
    if (reply->length > 0)
        memcpy(data, bytes, reply->length);
}

void dfui_sim_standard(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                       struct sim_reply *reply)
{
    static const uint8_t self_powered[2] = {1, 0};
    switch ((uint32_t)setup->type << 8 | setup->request) {
    case 0x8000: /* GET_STATUS of device, interface, endpoint */
    case 0x8100:
    case 0x8200:
        answer(setup, data, self_powered, 2, reply);
        break;
    case 0x8006: /* GET_DESCRIPTOR */
    case 0x8106:
        get_descriptor(board, setup, data, reply);
        break;
    case 0x8008: /* GET_CONFIGURATION */
        answer(setup, data, &board->config, 1, reply);
        break;
    case 0x0009: /* SET_CONFIGURATION */
        if (setup->value > 1)
            reply->outcome = SIM_STALLED;
        else
            board->config = (uint8_t)setup->value;
        break;
    case 0x810A: /* GET_INTERFACE */
        answer(setup, data, &board->alt, 1, reply);
        break;
    case 0x010B: /* SET_INTERFACE: limits nothing and resets nothing */
        if (setup->index != 0 || setup->value >= dfui_sim_alt_count(board->profile))
            reply->outcome = SIM_STALLED;
        else
            board->alt = (uint8_t)setup->value;
        break;
    case 0x0001: /* CLEAR_FEATURE, SET_FEATURE, SET_ADDRESS */
    case 0x0003:
    case 0x0005:
    case 0x0201:
        break;
    default:
        reply->outcome = SIM_STALLED;
        break;
    }
}
