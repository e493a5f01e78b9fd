/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transport around another one that counts what goes over the wire: the smallest useful transport, and the pattern of
 * a recorder. It flashes four bytes into a simulated board and prints the count.
 *
 * cc -o counting_transport counting_transport.c $(pkg-config --cflags --libs libdfu-sim)
 */
#include <libdfu/libdfu.h>
#include <libdfu/sim.h>
#include <stdio.h>

struct counter {
    const struct dfu_transport_ops *inner; /* whose self and conn are handed through as they are */
    struct dfu_transport_ops ops;
    unsigned transfers;
};

/* control() is told the connection only, so there can be one counter. A real wrapper gives out connections of its own.
 */
static struct counter counter;

static int count_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                         struct dfu_error **err)
{
    counter.transfers++;
    return counter.inner->control(conn, setup, data, timeout_ms, err);
}

/* Puts the counter between the context and the transport that the options name. */
static void count_transfers(struct dfu_context_options *options)
{
    counter.inner = options->transport;
    counter.ops = *options->transport;
    counter.ops.name = "counter";
    counter.ops.control = count_control;
    options->transport = &counter.ops;
}

static int flash(const struct dfu_context_options *options, struct dfu_error **err)
{
    struct dfu_context *context = NULL;
    struct dfu_list *boards = NULL;
    struct dfu_session *board = NULL;
    struct dfu_image *image = NULL;
    int rc = dfu_image_new(&image, err);
    if (rc == DFU_OK)
        rc = dfu_image_add(image, DFU_ALT_ANY, 0x08000000, "\x01\x02\x03\x04", 4, DFU_OVERLAP_ERROR, err);
    if (rc == DFU_OK)
        rc = dfu_context_new(options, &context, err);
    if (rc == DFU_OK)
        rc = dfu_list_wait(context, NULL, 0, &boards, err);
    if (rc == DFU_OK)
        rc = dfu_session_open(context, dfu_list_at(boards, 0), NULL, &board, err);
    if (rc == DFU_OK)
        rc = dfu_session_write(board, image, NULL, NULL, NULL, err);
    dfu_session_close(board);
    dfu_list_free(boards);
    dfu_context_free(context);
    dfu_image_free(image);
    return rc;
}

int main(void)
{
    struct dfu_error *err = NULL;
    struct dfu_sim *sim = NULL;
    struct dfu_context_options options;
    DFU_INIT(&options);
    int rc = dfu_sim_new("stm32f407", NULL, &sim, &err);
    if (rc == DFU_OK) {
        dfu_sim_attach(sim, &options);
        count_transfers(&options);
        rc = flash(&options, &err);
    }
    if (rc == DFU_OK)
        printf("flashed and verified with %u control transfers\n", counter.transfers);
    else
        fprintf(stderr, "error: %s\n", dfu_error_message(err));
    dfu_error_free(err);
    dfu_sim_free(sim);
    return rc == DFU_OK ? 0 : 1;
}
