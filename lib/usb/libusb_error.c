/* SPDX-License-Identifier: BSD-2-Clause */
/* libusb's errors as ours. */
#include "usb/libusb_private.h"

int dfui_libusb_code(int usb_code)
{
    switch (usb_code) {
    case LIBUSB_ERROR_PIPE:
        return DFU_ERR_STALL;
    case LIBUSB_ERROR_TIMEOUT:
        return DFU_ERR_TIMEOUT;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        return DFU_ERR_GONE;
    case LIBUSB_ERROR_ACCESS:
        return DFU_ERR_ACCESS;
    case LIBUSB_ERROR_BUSY:
        return DFU_ERR_BUSY;
    case LIBUSB_ERROR_NO_MEM:
        return DFU_ERR_NO_MEMORY;
    case LIBUSB_ERROR_NOT_SUPPORTED:
        return DFU_ERR_UNSUPPORTED;
    default:
        return DFU_ERR_USB;
    }
}

void dfui_libusb_set_code(struct dfu_error **err, int usb_code)
{
    struct dfu_error_info info = {.flags = DFU_ERROR_HAS_USB_CODE, .usb_code = usb_code};
    dfu_error_set_info(err, &info);
}

int dfui_libusb_error(struct dfu_error **err, int usb_code, const char *what)
{
    int code = dfu_error_set(err, dfui_libusb_code(usb_code), "%s: %s", what, libusb_error_name(usb_code));
    dfui_libusb_set_code(err, usb_code);
    return code;
}
