/* SPDX-License-Identifier: BSD-2-Clause */
/* The names and sentences of DFU 1.1 section 6.1.2. */
#include <libdfu/error.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

static const char *const states[] = {
    [DFU_STATE_APP_IDLE] = "appIDLE",
    [DFU_STATE_APP_DETACH] = "appDETACH",
    [DFU_STATE_IDLE] = "dfuIDLE",
    [DFU_STATE_DNLOAD_SYNC] = "dfuDNLOAD-SYNC",
    [DFU_STATE_DNBUSY] = "dfuDNBUSY",
    [DFU_STATE_DNLOAD_IDLE] = "dfuDNLOAD-IDLE",
    [DFU_STATE_MANIFEST_SYNC] = "dfuMANIFEST-SYNC",
    [DFU_STATE_MANIFEST] = "dfuMANIFEST",
    [DFU_STATE_MANIFEST_WAIT_RESET] = "dfuMANIFEST-WAIT-RESET",
    [DFU_STATE_UPLOAD_IDLE] = "dfuUPLOAD-IDLE",
    [DFU_STATE_ERROR] = "dfuERROR",
};

static const struct {
    const char *name;
    const char *text;
} statuses[] = {
    [DFU_STATUS_OK] = {"OK", "No error condition is present"},
    [DFU_STATUS_ERR_TARGET] = {"errTARGET", "File is not targeted for use by this device"},
    [DFU_STATUS_ERR_FILE] = {"errFILE", "File is for this device but fails some vendor-specific verification test"},
    [DFU_STATUS_ERR_WRITE] = {"errWRITE", "Device is unable to write memory"},
    [DFU_STATUS_ERR_ERASE] = {"errERASE", "Memory erase function failed"},
    [DFU_STATUS_ERR_CHECK_ERASED] = {"errCHECK_ERASED", "Memory erase check failed"},
    [DFU_STATUS_ERR_PROG] = {"errPROG", "Program memory function failed"},
    [DFU_STATUS_ERR_VERIFY] = {"errVERIFY", "Programmed memory failed verification"},
    [DFU_STATUS_ERR_ADDRESS] = {"errADDRESS", "Cannot program memory due to received address that is out of range"},
    [DFU_STATUS_ERR_NOTDONE] = {"errNOTDONE", "Received DFU_DNLOAD with wLength = 0, but device does not think it has "
                                              "all of the data yet"},
    [DFU_STATUS_ERR_FIRMWARE] = {"errFIRMWARE", "Device's firmware is corrupt; it cannot return to run-time (non-DFU) "
                                                "operations"},
    [DFU_STATUS_ERR_VENDOR] = {"errVENDOR", "iString indicates a vendor-specific error"},
    [DFU_STATUS_ERR_USBR] = {"errUSBR", "Device detected unexpected USB reset signaling"},
    [DFU_STATUS_ERR_POR] = {"errPOR", "Device detected unexpected power on reset"},
    [DFU_STATUS_ERR_UNKNOWN] = {"errUNKNOWN", "Something went wrong, but the device does not know what it was"},
    [DFU_STATUS_ERR_STALLEDPKT] = {"errSTALLEDPKT", "Device stalled an unexpected request"},
};

const char *dfu_state_name(int state)
{
    return state < 0 || state >= COUNT(states) ? "unknown state" : states[state];
}

const char *dfu_status_name(int status)
{
    return status < 0 || status >= COUNT(statuses) ? "unknown status" : statuses[status].name;
}

const char *dfu_status_text(int status)
{
    return status < 0 || status >= COUNT(statuses) ? "Status code that DFU 1.1 does not define" : statuses[status].text;
}
