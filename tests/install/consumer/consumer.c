/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody else's program, as C and as C++: flashes three bytes into a simulated board and looks at its memory. */
#include <libdfu/libdfu.h>
#include <libdfu/sim.h>
#include <stdio.h>

static int flash(struct dfu_sim *sim, struct dfu_error **err)
{
    static const unsigned char bytes[] = {0x11, 0x22, 0x33};
    struct dfu_context_options options;
    struct dfu_context *context = NULL;
    struct dfu_session *session = NULL;
    struct dfu_image *image = NULL;
    DFU_INIT(&options);
    dfu_sim_attach(sim, &options);
    int rc = dfu_context_new(&options, &context, err);
    if (rc == DFU_OK)
        rc = dfu_session_open_path(context, dfu_sim_path(sim, 0), NULL, &session, err);
    if (rc == DFU_OK)
        rc = dfu_image_new(&image, err);
    if (rc == DFU_OK)
        rc = dfu_image_add(image, DFU_ALT_ANY, 0x08004000, bytes, sizeof bytes, DFU_OVERLAP_ERROR, err);
    if (rc == DFU_OK)
        rc = dfu_session_write(session, image, NULL, NULL, NULL, err);
    dfu_image_free(image);
    dfu_session_close(session);
    dfu_context_free(context);
    return rc;
}

/* 1 when the byte that the board holds at address is value. */
static int holds(const struct dfu_sim *sim, uint64_t address, unsigned value)
{
    struct dfu_sim_memory memory;
    DFU_INIT(&memory);
    for (size_t i = 0; dfu_sim_get_memory(sim, 0, i, &memory) == DFU_OK; i++) {
        if (address >= memory.start && address - memory.start < memory.length)
            return memory.data[address - memory.start] == value;
    }
    return 0;
}

int main(void)
{
    struct dfu_error *err = NULL;
    struct dfu_sim *sim = NULL;
    int rc = dfu_sim_new("stm32f407", NULL, &sim, &err);
    if (rc == DFU_OK)
        rc = flash(sim, &err);
    int good =
        rc == DFU_OK && holds(sim, 0x08004000, 0x11) && holds(sim, 0x08004002, 0x33) && holds(sim, 0x08004003, 0xFF);
    printf("libdfu %s: %s\n", dfu_version_string(), good ? "flashed" : dfu_error_message(err));
    dfu_error_free(err);
    dfu_sim_free(sim);
    return good ? 0 : 1;
}
