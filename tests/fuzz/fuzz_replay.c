/* SPDX-License-Identifier: BSD-2-Clause */
/* Wire logs from anybody: replaying one must end, whatever it holds. */
#include <libdfu/libdfu.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t bytes[100] = {0, 1, 0, 0x20, 9, 0, 0, 8};
    struct dfu_context_options options;
    struct dfu_replayer *replayer = NULL;
    struct dfu_context *context = NULL;
    struct dfu_list *list = NULL;
    struct dfu_session *session = NULL;
    struct dfu_image *image = NULL;
    DFU_INIT(&options);
    if (dfu_replayer_new((const char *)data, size, "log", &replayer, NULL) != DFU_OK)
        return 0;
    dfu_replayer_attach(replayer, &options);
    if (dfu_context_new(&options, &context, NULL) == DFU_OK && dfu_list_new(context, NULL, &list, NULL) == DFU_OK &&
        dfu_session_open(context, dfu_list_at(list, 0), NULL, &session, NULL) == DFU_OK &&
        dfu_image_new(&image, NULL) == DFU_OK &&
        dfu_image_add(image, DFU_ALT_ANY, 0x08000000, bytes, sizeof bytes, DFU_OVERLAP_ERROR, NULL) == DFU_OK)
        (void)dfu_session_write(session, image, NULL, NULL, NULL, NULL);
    (void)dfu_replayer_finish(replayer, NULL);
    dfu_image_free(image);
    dfu_session_close(session);
    dfu_list_free(list);
    dfu_context_free(context);
    dfu_replayer_free(replayer);
    return 0;
}
