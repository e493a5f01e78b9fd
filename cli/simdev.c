/* SPDX-License-Identifier: BSD-2-Clause */
/* --sim PROFILE[,key=value…]: a simulated device with its files. */
#include "simdev.h"

#include "numbers.h"
#include "simstate.h"
#include "text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BOARDS 1000
#define MOST_AWAY_MS 3600000
#define MOST_MS 1000000000
#define RANDOM_SEED UINT64_C(0x5EEDC0DE) /* fixed: two runs with init=random can be compared */

struct simdev {
    char *spec; /* a copy, cut into words */
    struct dfu_sim_options options;
    const char *profile;
    const char *state;
    uint32_t rdp;
    const char *stats;
    const char **faults;
    size_t fault_count;
    const char **plugs; /* MS@BOARD */
    size_t plug_count;
    struct dfu_range *locked; /* write-protected */
    size_t locked_count;
    struct dfu_sim *sim;
};

struct key {
    const char *name;
    int (*set)(struct simdev *dev, const char *value, struct dfu_error **err);
};

static int set_state(struct simdev *dev, const char *value, struct dfu_error **err)
{
    (void)err;
    dev->state = value;
    return DFU_OK;
}

static int set_stats(struct simdev *dev, const char *value, struct dfu_error **err)
{
    (void)err;
    dev->stats = value;
    return DFU_OK;
}

static int set_serial(struct simdev *dev, const char *value, struct dfu_error **err)
{
    (void)err;
    dev->options.serial = value;
    return DFU_OK;
}

static int set_count(struct simdev *dev, const char *value, struct dfu_error **err)
{
    uint64_t count;
    int rc = number_parse(value, "count", MOST_BOARDS, &count, err);
    if (rc == DFU_OK && count == 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "count: there must be at least one board");
    if (rc == DFU_OK)
        dev->options.count = (uint32_t)count;
    return rc;
}

static int set_time(struct simdev *dev, const char *value, struct dfu_error **err)
{
    if (strcmp(value, "real") == 0)
        dev->options.flags |= DFU_SIM_REAL_TIME;
    else if (strcmp(value, "virtual") != 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "time: '%s' is not real or virtual", value);
    return DFU_OK;
}

static int set_scale(struct simdev *dev, const char *value, struct dfu_error **err)
{
    return percent_parse(value, "scale", 10000, &dev->options.scale_percent, err);
}

static int set_init(struct simdev *dev, const char *value, struct dfu_error **err)
{
    if (strcmp(value, "random") == 0)
        dev->options.flags |= DFU_SIM_INIT_RANDOM;
    else if (strcmp(value, "erased") != 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "init: '%s' is not random or erased", value);
    return DFU_OK;
}

static int set_rdp(struct simdev *dev, const char *value, struct dfu_error **err)
{
    uint64_t level;
    int rc = number_parse(value, "rdp", 2, &level, err);
    if (rc == DFU_OK)
        dev->rdp = (uint32_t)level;
    return rc;
}

static int set_fault(struct simdev *dev, const char *value, struct dfu_error **err)
{
    (void)err;
    dev->faults[dev->fault_count++] = value; /* as many as the text has commas: room was made for that */
    return DFU_OK;
}

static int set_wrp(struct simdev *dev, const char *value, struct dfu_error **err)
{
    return range_parse(value, &dev->locked[dev->locked_count++], err);
}

static int set_away(struct simdev *dev, const char *value, struct dfu_error **err)
{
    uint64_t ms;
    int rc = number_parse(value, "away", MOST_AWAY_MS, &ms, err);
    if (rc == DFU_OK && ms == 0)
        rc =
            dfu_error_set(err, DFU_ERR_ARGUMENT, "away: a board that re-enumerates is away for a millisecond at least");
    if (rc == DFU_OK)
        dev->options.away_ms = (uint32_t)ms;
    return rc;
}

static int set_plug(struct simdev *dev, const char *value, struct dfu_error **err)
{
    (void)err;
    dev->plugs[dev->plug_count++] = value;
    return DFU_OK;
}

static const struct key keys[] = {
    {"state", set_state}, {"stats", set_stats}, {"count", set_count}, {"serial", set_serial},
    {"time", set_time},   {"scale", set_scale}, {"init", set_init},   {"rdp", set_rdp},
    {"fault", set_fault}, {"plug", set_plug},   {"wrp", set_wrp},     {"away", set_away},
};

static int set_key(struct simdev *dev, char *word, struct dfu_error **err)
{
    char *value = strchr(word, '=');
    if (value != NULL)
        *value++ = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].name, word) != 0)
            continue;
        if (value == NULL || *value == '\0')
            return dfu_error_set(err, DFU_ERR_ARGUMENT, "--sim: %s needs a value (%s=…)", word, word);
        int rc = keys[i].set(dev, value, err);
        dfu_error_prefix(rc == DFU_OK ? NULL : err, "--sim");
        return rc;
    }
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "--sim: unknown key '%s'", word);
    dfu_error_set_hint(err, "known keys: state=DIR stats=FILE count=N serial=TEXT time=real scale=F init=random "
                            "rdp=LEVEL fault=RULE wrp=RANGE plug=MS@BOARD away=MS");
    return rc;
}

/* Cuts the text at commas; the first word is the profile. */
static int parse_spec(struct simdev *dev, const char *spec, struct dfu_error **err)
{
    size_t words = 1;
    for (const char *p = spec; *p != '\0'; p++)
        words += *p == ',';
    dev->spec = text_copy(spec);
    dev->faults = calloc(words, sizeof *dev->faults);
    dev->locked = calloc(words, sizeof *dev->locked);
    dev->plugs = calloc(words, sizeof *dev->plugs);
    if (dev->spec == NULL || dev->faults == NULL || dev->locked == NULL || dev->plugs == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    char *word = dev->spec;
    int rc = DFU_OK;
    while (word != NULL && rc == DFU_OK) {
        char *next = strchr(word, ',');
        if (next != NULL)
            *next++ = '\0';
        if (word == dev->spec)
            dev->profile = word;
        else
            rc = set_key(dev, word, err);
        word = next;
    }
    return rc;
}

/* A board that is plugged in later. */
static int plug(struct simdev *dev, const char *text, struct dfu_error **err)
{
    const char *p = text;
    uint64_t ms = 0;
    uint64_t board = 0;
    if (number_scan(&p, &ms) != DFU_OK || *p++ != '@' || number_scan(&p, &board) != DFU_OK || *p != '\0' ||
        ms > MOST_MS || board >= dfu_sim_count(dev->sim))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--sim: plug: '%s' is not MS@BOARD, of boards 0 to %zu", text,
                             dfu_sim_count(dev->sim) - 1);
    return dfu_sim_plug(dev->sim, (size_t)board, ms * 1000, err);
}

static int start(struct simdev *dev, struct dfu_error **err)
{
    int rc = dfu_sim_new(dev->profile, &dev->options, &dev->sim, err);
    for (size_t i = 0; rc == DFU_OK && i < dev->fault_count; i++)
        rc = dfu_sim_fault(dev->sim, dev->faults[i], err);
    for (size_t i = 0; rc == DFU_OK && i < dev->locked_count; i++)
        rc = dfu_sim_write_protect(dev->sim, dev->locked[i].start, dev->locked[i].end, err);
    for (size_t i = 0; rc == DFU_OK && dev->rdp != 0 && i < dfu_sim_count(dev->sim); i++)
        rc = dfu_sim_protect(dev->sim, i, dev->rdp, err); /* what a state folder keeps comes later, and counts */
    if (rc == DFU_OK && dev->state != NULL)
        rc = simstate_load(dev->sim, dev->state, err);
    for (size_t i = 0; rc == DFU_OK && i < dev->plug_count; i++)
        rc = plug(dev, dev->plugs[i], err);
    return rc;
}

int simdev_new(const char *spec, enum simdev_time time, struct simdev **out, struct dfu_error **err)
{
    *out = NULL;
    struct simdev *dev = calloc(1, sizeof *dev);
    if (dev == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    DFU_INIT(&dev->options);
    dev->options.seed = RANDOM_SEED;
    dev->options.flags = time == SIMDEV_REAL_TIME ? (uint32_t)DFU_SIM_REAL_TIME : 0;
    int rc = parse_spec(dev, spec, err);
    if (rc == DFU_OK)
        rc = start(dev, err);
    if (rc != DFU_OK) {
        simdev_free(dev);
        return rc;
    }
    *out = dev;
    return DFU_OK;
}

struct dfu_sim *simdev_sim(struct simdev *dev)
{
    return dev->sim;
}

static void add_count(json_t *object, const char *key, uint64_t value)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

static uint64_t to_ms(uint64_t us)
{
    return (us + 500) / 1000;
}

static json_t *board_stats(const struct dfu_sim *sim, size_t board)
{
    struct dfu_sim_counters c;
    DFU_INIT(&c);
    if (dfu_sim_get_counters(sim, board, &c) != DFU_OK)
        return json_null();
    json_t *object = json_object();
    (void)json_object_set_new(object, "serial", json_string(dfu_sim_serial(sim, board)));
    add_count(object, "transfers", c.transfers);
    add_count(object, "standard", c.standard);
    add_count(object, "dnload", c.dnload);
    add_count(object, "upload", c.upload);
    add_count(object, "getstatus", c.getstatus);
    add_count(object, "set_address", c.set_address);
    add_count(object, "erase", c.erase);
    add_count(object, "bytes_down", c.bytes_down);
    add_count(object, "bytes_up", c.bytes_up);
    add_count(object, "busy_ms", to_ms(c.busy_us));
    add_count(object, "elapsed_ms", to_ms(c.elapsed_us));
    add_count(object, "floor_ms", to_ms(c.floor_us));
    add_count(object, "early_poll", c.early_poll);
    add_count(object, "bad_state", c.bad_state);
    add_count(object, "write_unerased", c.write_unerased);
    return object;
}

static int save_stats(const struct simdev *dev, struct dfu_error **err)
{
    size_t count = dfu_sim_count(dev->sim);
    json_t *stats = count == 1 ? board_stats(dev->sim, 0) : json_array();
    for (size_t i = 0; count > 1 && i < count; i++)
        (void)json_array_append_new(stats, board_stats(dev->sim, i));
    size_t length = json_dumpb(stats, NULL, 0, JSON_INDENT(1));
    char *text = malloc(length + 1);
    int rc;
    if (text != NULL && json_dumpb(stats, text, length, JSON_INDENT(1)) == length) {
        text[length] = '\n';
        rc = file_replace(dev->stats, text, length + 1, err);
    } else {
        rc = dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    }
    free(text);
    json_decref(stats);
    return rc;
}

int simdev_save(struct simdev *dev, struct dfu_error **err)
{
    int rc = dev->state != NULL ? simstate_save(dev->sim, dev->state, err) : DFU_OK;
    /* The counters are worth having even when the state could not be kept. */
    int stats_rc = dev->stats != NULL ? save_stats(dev, rc == DFU_OK ? err : NULL) : DFU_OK;
    return rc != DFU_OK ? rc : stats_rc;
}

void simdev_free(struct simdev *dev)
{
    if (dev == NULL)
        return;
    dfu_sim_free(dev->sim);
    free(dev->spec);
    free(dev->faults);
    free(dev->plugs);
    free(dev->locked);
    free(dev);
}
