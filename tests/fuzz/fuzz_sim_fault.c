/* SPDX-License-Identifier: BSD-2-Clause */
/* The fault rule parser: any text, and what it takes it must take again. */
#include <libdfu/error.h>
#include <libdfu/sim.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_sim *sim = NULL;
    struct dfu_error *err = NULL;
    char *text = malloc(size + 1);
    if (text == NULL || dfu_sim_new("dfu11", NULL, &sim, NULL) != DFU_OK) {
        free(text);
        return 0;
    }
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    int rc = dfu_sim_fault(sim, text, &err);
    if (rc != dfu_error_code(err) || rc != dfu_sim_fault(sim, text, NULL))
        abort();
    dfu_error_free(err);
    dfu_sim_free(sim);
    free(text);
    return 0;
}
