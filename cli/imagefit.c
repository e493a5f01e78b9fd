/* SPDX-License-Identifier: BSD-2-Clause */
/* Images against maps. */
#include "imagefit.h"

#include "mapview.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>
#include <libdfu/sim.h>

static int refuse_profile(const char *name, struct dfu_error **err)
{
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "--profile: there is no profile called '%s'", name);
    dfu_error_set_hint(err, "see 'dfu sim list', or describe the memory with --map STRING");
    return rc;
}

static int add_profile(struct dfu_memmap *map, const char *name, struct dfu_error **err)
{
    const char *layout = dfu_sim_profile_alt(name, 0);
    int rc = layout != NULL ? DFU_OK : refuse_profile(name, err);
    for (uint32_t alt = 0; rc == DFU_OK && layout != NULL; layout = dfu_sim_profile_alt(name, ++alt))
        rc = dfu_memmap_add(map, alt, layout, err);
    return rc;
}

static int add_strings(struct dfu_memmap *map, const struct args *args, struct dfu_error **err)
{
    uint32_t alt = 0;
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < args->use_count; i++) {
        if (args->uses[i].opt->id == OPT_MAP)
            rc = dfu_memmap_add(map, alt++, args->uses[i].value, err);
    }
    if (rc != DFU_OK)
        dfu_error_prefix(err, "--map");
    return rc;
}

int imagefit_map(const struct args *args, struct dfu_memmap **out, struct dfu_error **err)
{
    const char *profile = args_value(args, OPT_PROFILE);
    struct dfu_memmap *map = NULL;
    *out = NULL;
    if (profile == NULL && args_count(args, OPT_MAP) == 0)
        return DFU_OK;
    if (profile != NULL && args_count(args, OPT_MAP) > 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--map and --profile exclude each other");
    int rc = dfu_memmap_new(&map, err);
    if (rc == DFU_OK)
        rc = profile != NULL ? add_profile(map, profile, err) : add_strings(map, args, err);
    if (rc != DFU_OK) {
        dfu_memmap_free(map);
        return rc;
    }
    *out = map;
    return DFU_OK;
}

static int get_segment(const struct dfu_image *image, size_t index, struct dfu_segment *segment)
{
    DFU_INIT(segment);
    return dfu_image_segment(image, index, segment) == DFU_OK;
}

/* The memory that holds address for data of alt; else where the next one that would begins. */
static int memory_at(const struct dfu_memmap *map, uint32_t alt, uint64_t address, struct memory *found, uint64_t *next)
{
    struct memory memory;
    size_t index = 0;
    *next = UINT64_MAX;
    while (memory_next(map, &index, &memory)) {
        if (alt != DFU_ALT_ANY && memory.alt != alt)
            continue;
        if (address >= memory.range.start && address < memory.range.end) {
            *found = memory;
            return 1;
        }
        if (memory.range.start > address && memory.range.start < *next)
            *next = memory.range.start;
    }
    return 0;
}

/* Calls for each stretch of the image that lies in no memory. */
static size_t each_outside(const struct dfu_memmap *map, const struct dfu_image *image,
                           void (*call)(struct dfu_range range, void *user), void *user)
{
    struct dfu_segment s;
    size_t count = 0;
    for (size_t i = 0; get_segment(image, i, &s); i++) {
        uint64_t end = s.address + s.length;
        for (uint64_t at = s.address; at < end;) {
            struct memory memory;
            uint64_t next;
            if (memory_at(map, s.alt, at, &memory, &next)) {
                at = memory.range.end;
                continue;
            }
            struct dfu_range range = {at, next < end ? next : end};
            call(range, user);
            count++;
            at = range.end;
        }
    }
    return count;
}

static void print_outside(struct dfu_range range, void *user)
{
    char size[TEXT_SIZE];
    out_text(user, "  does not fit: 0x%08" PRIX64 "..0x%08" PRIX64 " (%s) lies in no memory of the map\n", range.start,
             range.end, text_size(size, range.end - range.start));
}

static void add_outside(struct dfu_range range, void *user)
{
    json_t *object = json_object();
    json_add_range(object, range.start, range.end);
    (void)json_array_append_new(user, object);
}

int imagefit_print(struct cli *cli, const struct dfu_memmap *map, const struct dfu_image *image)
{
    struct mapview_marks marks = {.image = image};
    mapview_draw(cli, map, &marks);
    return each_outside(map, image, print_outside, cli) == 0;
}

int imagefit_json(json_t *object, const struct dfu_memmap *map, const struct dfu_image *image)
{
    struct memory memory;
    size_t index = 0;
    json_t *memories = json_array();
    json_t *outside = json_array();
    while (memory_next(map, &index, &memory)) {
        json_t *item = json_object();
        (void)json_object_set_new(item, "alt", json_integer(memory.alt));
        (void)json_object_set_new(item, "name", json_text(memory.name));
        json_add_range(item, memory.range.start, memory.range.end);
        (void)json_object_set_new(item, "used", json_integer((json_int_t)memory_used(&memory, image)));
        (void)json_array_append_new(memories, item);
    }
    int fits = each_outside(map, image, add_outside, outside) == 0;
    (void)json_object_set_new(object, "fits", json_boolean(fits));
    (void)json_object_set_new(object, "memories", memories);
    (void)json_object_set_new(object, "outside", outside);
    return fits;
}

static int refuse_vectors(struct dfu_error **err)
{
    dfu_error_set_cause(err, "--strict asks for a program that starts where it is put");
    dfu_error_set_hint(err, "check the address and the linker script, or leave out --strict");
    return DFU_ERR_RANGE;
}

int imagefit_check_vectors(const struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_image_info info;
    struct dfu_vectors v;
    DFU_INIT(&info);
    DFU_INIT(&v);
    (void)dfu_image_describe(image, &info);
    (void)dfu_image_vectors(image, info.span.start, &v);
    if ((v.flags & DFU_VECTORS_PRESENT) == 0)
        (void)dfu_error_set(err, DFU_ERR_RANGE, "there is no vector table at 0x%08" PRIX64, v.base);
    else if ((v.flags & DFU_VECTORS_LINKED_SET) != 0)
        (void)dfu_error_set(err, DFU_ERR_RANGE, "linked for 0x%08" PRIX64 ", but it begins at 0x%08" PRIX64,
                            v.linked_at, v.base);
    else if ((v.flags & DFU_VECTORS_SP_OK) == 0)
        (void)dfu_error_set(err, DFU_ERR_RANGE,
                            "initial stack pointer 0x%08" PRIX32 " at 0x%08" PRIX64 " is not in RAM", v.initial_sp,
                            v.base);
    else if ((v.flags & DFU_VECTORS_RESET_ODD) == 0)
        (void)dfu_error_set(err, DFU_ERR_RANGE,
                            "reset vector 0x%08" PRIX32 " at 0x%08" PRIX64 " is even: not Thumb code", v.reset,
                            v.base + 4);
    else if ((v.flags & DFU_VECTORS_RESET_INSIDE) == 0)
        (void)dfu_error_set(err, DFU_ERR_RANGE,
                            "reset vector 0x%08" PRIX32 " at 0x%08" PRIX64 " points outside the image", v.reset,
                            v.base + 4);
    else
        return DFU_OK;
    return refuse_vectors(err);
}
