/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors made from the profile, and the standard requests of USB 2.0 chapter 9. */
#include "sim/board.h"

/* For this long after it came to the bus a device of quirk C2 stalls every string. */
enum { LATE_US = 700000, LONGEST_STRING = 512 };

enum { STRING_MANUFACTURER = 1, STRING_PRODUCT = 2, STRING_SERIAL = 3, STRING_FIRST_ALT = 4 };
/* Of a second DFU interface, and of one that is none. */
enum { STRING_BESIDE = STRING_FIRST_ALT + SIM_MAX_ALTS, STRING_STRANGER = STRING_BESIDE + SIM_MAX_ALTS };

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
        18, 1, 0x00, 0x01, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, STRING_MANUFACTURER, STRING_PRODUCT, STRING_SERIAL, 0};
    memcpy(out, fixed, sizeof fixed);
    put_u16(out + 8, profile->vid);
    put_u16(out + 10, profile->pid);
    put_u16(out + 12, profile->bcd_device);
    out[17] = dfui_sim_config_count(profile);
    return sizeof fixed;
}

static uint8_t *put_interface(uint8_t *at, uint8_t number, uint8_t alt, uint32_t class_code, uint8_t name)
{
    const uint8_t bytes[9] = {
        9, 4, number, alt, 0, (uint8_t)(class_code >> 16), (uint8_t)(class_code >> 8), (uint8_t)class_code, name};
    memcpy(at, bytes, sizeof bytes);
    return at + sizeof bytes;
}

static uint8_t functional_length(const struct sim_profile *loader)
{
    return loader->habits & SIM_NO_FUNCTIONAL ? 0 : loader->habits & SIM_SHORT_FUNCTIONAL ? 7 : 9;
}

/* An interface with all its alternate settings, and the functional descriptor once at the end, as ST's devices have
 * it. */
static uint8_t *put_dfu(uint8_t *at, const struct sim_profile *loader, uint8_t number, uint8_t first_name)
{
    uint32_t alts = dfui_sim_alt_count(loader);
    uint8_t mode = loader->habits & SIM_SAYS_RUNTIME ? 1 : dfui_sim_mode(loader);
    for (uint32_t i = 0; i < alts; i++)
        at = put_interface(at, number, (uint8_t)i, 0xFE0100u | mode, (uint8_t)(first_name + i));
    at[0] = functional_length(loader);
    at[1] = 0x21;
    at[2] = loader->attributes;
    put_u16(at + 3, loader->detach_ms);
    put_u16(at + 5, loader->transfer_size);
    put_u16(at + 7, loader->protocol);
    return at + functional_length(loader);
}

size_t dfui_sim_config_descriptor(const struct sim_profile *profile, unsigned index, uint8_t out[SIM_CONFIG_MAX])
{
    const uint8_t config[9] = {9, 2, 0, 0, 0, (uint8_t)(index + 1), 0, 0xC0, 50};
    uint8_t *at = out + sizeof config;
    uint8_t interfaces = 0;
    if (index >= dfui_sim_config_count(profile))
        return 0;
    memcpy(out, config, sizeof config);
    if (index == 0 && profile->stranger != NULL)
        at = put_interface(at, interfaces++, 0, 0xFF0000, STRING_STRANGER);
    if (index == 0)
        at = put_dfu(at, profile, interfaces++, STRING_FIRST_ALT);
    if (profile->beside != NULL && profile->beside_config == index + 1)
        at = put_dfu(at, profile->beside, interfaces++, STRING_BESIDE);
    put_u16(out + 2, (uint32_t)(at - out));
    out[4] = interfaces;
    return (size_t)(at - out);
}

/* The functional descriptor of the interface at number, or 0. */
static size_t functional_descriptor(struct sim_board *board, unsigned number, uint8_t out[LONGEST_STRING])
{
    uint8_t bytes[SIM_CONFIG_MAX];
    const struct sim_board *loader = dfui_sim_behind(board, number);
    if (loader == NULL)
        return 0;
    uint8_t length = functional_length(loader->profile);
    memcpy(out, put_dfu(bytes, loader->profile, 0, 0) - length, length);
    return length;
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

/* The name of an alternate setting of the loader that names from first on, or 0. */
static size_t alt_string(const struct sim_profile *loader, uint32_t index, uint32_t first, uint8_t out[LONGEST_STRING])
{
    uint32_t alt = index - first;
    uint32_t count = loader != NULL ? dfui_sim_alt_count(loader) : 0;
    if (alt >= count || (loader->habits & SIM_LAST_ALT_MUTE && alt == count - 1))
        return 0;
    size_t length = string_descriptor(loader->alts[alt], out);
    return alt == 0 && (loader->habits & SIM_GARBAGE_IN_STRING) ? add_garbage(out, length) : length;
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
    if (index == STRING_STRANGER && profile->stranger != NULL)
        return string_descriptor(profile->stranger, out);
    return index < STRING_BESIDE ? alt_string(profile, index, STRING_FIRST_ALT, out)
                                 : alt_string(profile->beside, index, STRING_BESIDE, out);
}

static void get_descriptor(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                           struct sim_reply *reply)
{
    uint8_t out[LONGEST_STRING];
    size_t length = 0;
    switch (setup->value >> 8) {
    case 1:
        length = device_descriptor(board->profile, out);
        break;
    case 2:
        length = dfui_sim_config_descriptor(board->profile, setup->value & 0xFF, out);
        break;
    case 3:
        length = get_string(board, (uint8_t)setup->value, out);
        break;
    case 0x21: /* the functional descriptor: what follows the interfaces */
        if (board->profile->habits & SIM_HIDES_FUNCTIONAL) {
            reply->outcome = SIM_NEVER;
            return;
        }
        length = functional_descriptor(board, (setup->type & 0x1F) == 1 ? setup->index : 0, out);
        break;
    default:
        break;
    }
    if (length == 0) {
        reply->outcome = SIM_STALLED;
        return;
    }
    reply->length = length < setup->length ? (uint32_t)length : setup->length;
    if (reply->length > 0)
        memcpy(data, out, reply->length);
}

static void answer(const struct dfu_usb_setup *setup, uint8_t *data, const uint8_t *bytes, uint32_t length,
                   struct sim_reply *reply)
{
    reply->length = length < setup->length ? length : setup->length;
    if (reply->length > 0)
        memcpy(data, bytes, reply->length);
}

static void alternate(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                      struct sim_reply *reply)
{
    static const uint8_t none = 0;
    int get = (setup->type & 0x80) != 0;
    int stranger = board->profile->stranger != NULL && setup->index == 0;
    struct sim_board *loader = dfui_sim_behind(board, setup->index);
    uint32_t alts = stranger ? 1 : loader != NULL ? dfui_sim_alt_count(loader->profile) : 0;
    if (alts == 0 || (!get && setup->value >= alts))
        reply->outcome = SIM_STALLED;
    else if (get)
        answer(setup, data, stranger ? &none : &loader->alt, 1, reply);
    else if (!stranger)
        loader->alt = (uint8_t)setup->value;
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
        if (setup->value > dfui_sim_config_count(board->profile))
            reply->outcome = SIM_STALLED;
        else
            board->config = (uint8_t)setup->value;
        break;
    case 0x810A: /* GET_INTERFACE */
    case 0x010B: /* SET_INTERFACE: limits nothing and resets nothing */
        alternate(board, setup, data, reply);
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
