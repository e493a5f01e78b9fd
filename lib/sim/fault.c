/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/board.h"

/* What follows KIND in a rule. */
enum value_type { NO_VALUE, NUMBER, STATUS_NAME };

static const struct {
    const char *name;
    enum value_type value;
    uint64_t limit;
} kinds[SIM_FAULT_KINDS] = {
    [SIM_FAULT_STALL] = {"stall", NO_VALUE, 0},
    [SIM_FAULT_TIMEOUT] = {"timeout", NO_VALUE, 0},
    [SIM_FAULT_DISCONNECT] = {"disconnect", NO_VALUE, 0},
    [SIM_FAULT_RECONNECT] = {"reconnect", NO_VALUE, 0},
    [SIM_FAULT_POWER] = {"power", NO_VALUE, 0},
    [SIM_FAULT_SHORT] = {"short", NO_VALUE, 0},
    [SIM_FAULT_FLIP] = {"flip", NO_VALUE, 0},
    [SIM_FAULT_ROT] = {"rot", NO_VALUE, 0},
    [SIM_FAULT_STATE] = {"state", NUMBER, 255},
    [SIM_FAULT_POLL] = {"poll", NUMBER, 0xFFFFFF},
    [SIM_FAULT_STATUS] = {"status", STATUS_NAME, 0},
};

/* bStatus by number (DFU 1.1 section 6.1.2); OK is no fault. */
static const char *const status_names[] = {
    NULL,      "errTARGET", "errFILE",    "errWRITE",      "errERASE",    "errCHECK_ERASED",
    "errPROG", "errVERIFY", "errADDRESS", "errNOTDONE",    "errFIRMWARE", "errVENDOR",
    "errUSBR", "errPOR",    "errUNKNOWN", "errSTALLEDPKT",
};

/* A piece of the rule that is still to be read. */
struct text {
    const char *at;
    size_t left;
};

static int take(struct text *text, const char *word)
{
    size_t length = strlen(word);
    if (text->left < length || memcmp(text->at, word, length) != 0)
        return 0;
    text->at += length;
    text->left -= length;
    return 1;
}

static int digit(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return value < (int)base ? value : -1;
}

static int take_number(struct text *text, unsigned base, uint64_t limit, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;
    while (text->left > 0 && digit(*text->at, base) >= 0) {
        uint64_t next = (uint64_t)digit(*text->at, base);
        if (value > (limit - next) / base)
            return 0;
        value = value * base + next;
        text->at++;
        text->left--;
        digits++;
    }
    *out = value;
    return digits > 0;
}

static int take_status(struct text *text, uint32_t *out)
{
    for (uint32_t status = DFU_STATUS_ERR_TARGET; status <= DFU_STATUS_ERR_STALLEDPKT; status++) {
        struct text rest = *text;
        if (take(&rest, status_names[status]) && rest.left > 0 && *rest.at == '@') {
            *text = rest;
            *out = status;
            return 1;
        }
    }
    return 0;
}

static int take_kind(struct text *text, struct sim_rule *out)
{
    for (int kind = 0; kind < SIM_FAULT_KINDS; kind++) {
        struct text rest = *text;
        uint64_t value = 0;
        if (!take(&rest, kinds[kind].name))
            continue;
        if (kinds[kind].value == NUMBER && !(take(&rest, "=") && take_number(&rest, 10, kinds[kind].limit, &value)))
            continue;
        out->value = (uint32_t)value;
        if (kinds[kind].value == STATUS_NAME && !(take(&rest, "=") && take_status(&rest, &out->value)))
            continue;
        if (!take(&rest, "@"))
            continue;
        out->kind = (enum sim_fault_kind)kind;
        *text = rest;
        return 1;
    }
    return 0;
}

static int take_place(struct text *text, struct sim_rule *out)
{
    if (take(text, "0x") || take(text, "0X")) {
        out->by_address = 1;
        return take_number(text, 16, UINT64_MAX, &out->at);
    }
    return take_number(text, 10, UINT64_MAX, &out->at) && out->at > 0;
}

int dfui_sim_rule_parse(const char *rule, struct sim_rule *out, struct dfu_error **err)
{
    memset(out, 0, sizeof *out);
    if (rule == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no fault rule given");
    struct text text = {rule, strlen(rule)};
    int good = take_kind(&text, out) && take_place(&text, out);
    if (good && take(&text, "#")) {
        out->one_board = 1;
        good = take_number(&text, 10, UINT32_MAX, &out->board);
    }
    if (good && text.left == 0)
        return DFU_OK;
    (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "fault rule \"%.80s\" is not understood from \"%.40s\" on", rule,
                        text.at);
    dfu_error_set_hint(err, "write KIND@REQUEST or KIND@0xADDRESS, with #BOARD behind it for one board; kinds are "
                            "stall, timeout, disconnect, reconnect, power, short, flip, rot, state=N, poll=MS and "
                            "status=errNAME");
    return DFU_ERR_ARGUMENT;
}

static int carries_block(const struct sim_board *board, const struct dfu_usb_setup *setup)
{
    int dfuse = board->profile->dialect != &dfui_sim_dfu11;
    return setup->request == SIM_REQUEST_DNLOAD && setup->length > 0 && (!dfuse || setup->value >= 2);
}

static int reached(const struct sim_board *board, const struct sim_rule *rule, const struct dfu_usb_setup *setup,
                   const uint8_t *data)
{
    if (rule->one_board && rule->board != board->index)
        return 0;
    if (!rule->by_address)
        return board->counters.transfers == rule->at;
    if ((rule->kind == SIM_FAULT_FLIP || rule->kind == SIM_FAULT_ROT) && !carries_block(board, setup))
        return 0;
    uint64_t start;
    uint64_t end;
    return board->profile->dialect->touches(board, setup, data, &start, &end) && rule->at >= start && rule->at < end;
}

/* A rule whose request came waits for the first request that it can do something to. */
static int applies(const struct sim_board *board, const struct sim_rule *rule, const struct dfu_usb_setup *setup)
{
    switch (rule->kind) {
    case SIM_FAULT_SHORT:
        return setup->length > ((setup->type & 0x80) != 0 ? 0 : 1);
    case SIM_FAULT_FLIP:
        return carries_block(board, setup);
    case SIM_FAULT_STATE:
        return setup->request == SIM_REQUEST_GETSTATUS || setup->request == SIM_REQUEST_GETSTATE;
    case SIM_FAULT_POLL:
        return setup->request == SIM_REQUEST_GETSTATUS;
    default:
        return 1;
    }
}

void dfui_sim_faults_find(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                          struct sim_faults *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < board->sim->rule_count; i++) {
        const struct sim_rule *rule = &board->sim->rules[i];
        uint8_t *progress = &rule->reached[board->index];
        if (*progress == 0 && reached(board, rule, setup, data))
            *progress = 1;
        if (*progress != 1 || !applies(board, rule, setup))
            continue;
        *progress = 2;
        out->kinds |= 1u << rule->kind;
        if (rule->kind == SIM_FAULT_STATE)
            out->state = rule->value;
        if (rule->kind == SIM_FAULT_POLL)
            out->poll_ms = rule->value;
        if (rule->kind == SIM_FAULT_STATUS)
            out->status = rule->value;
        if (rule->kind == SIM_FAULT_FLIP) {
            out->flip_has_address = rule->by_address;
            out->flip_address = rule->at;
        }
        if (rule->kind == SIM_FAULT_ROT) {
            out->rot_has_address = rule->by_address;
            out->rot_address = rule->at;
        }
    }
}
