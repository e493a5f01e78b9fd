/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of USB/IP 1.1.1 as bytes (Linux: Documentation/usb/usbip_protocol.rst). Numbers are big-endian. */
#ifndef DFU_SIM_USBIP_WIRE_H
#define DFU_SIM_USBIP_WIRE_H

#include <libdfu/transport.h>
#include <stddef.h>
#include <stdint.h>

enum {
    USBIP_VERSION = 0x0111,
    USBIP_OP_REQ_DEVLIST = 0x8005,
    USBIP_OP_REP_DEVLIST = 0x0005,
    USBIP_OP_REQ_IMPORT = 0x8003,
    USBIP_OP_REP_IMPORT = 0x0003,
    USBIP_CMD_SUBMIT = 1,
    USBIP_CMD_UNLINK = 2,
    USBIP_RET_SUBMIT = 3,
    USBIP_RET_UNLINK = 4
};

/* Sizes in bytes. */
enum {
    USBIP_OP_SIZE = 8, /* version, code, status */
    USBIP_BUSID_SIZE = 32,
    USBIP_IMPORT_SIZE = USBIP_OP_SIZE + USBIP_BUSID_SIZE,
    USBIP_DEVICE_SIZE = 312,
    USBIP_INTERFACE_SIZE = 4,
    USBIP_HEADER_SIZE = 48, /* every CMD and RET */
    USBIP_MAX_DATA = 65535  /* what wLength can say */
};

/* What a RET says: errno values of Linux, whatever system this is. */
enum { USBIP_EPIPE = 32, USBIP_EOVERFLOW = 75, USBIP_ECONNRESET = 104 };
/* What an OP_REP says. */
enum { USBIP_ST_OK = 0, USBIP_ST_NA = 1, USBIP_ST_BUSY = 2, USBIP_ST_NO_DEVICE = 4 };
enum { USBIP_SPEED_FULL = 2 };

struct usbip_op {
    uint16_t version;
    uint16_t code;
};

/* CMD_SUBMIT and CMD_UNLINK. */
struct usbip_cmd {
    uint32_t command;
    uint32_t seqnum;
    uint32_t in; /* direction: 1 = device to host */
    uint32_t endpoint;
    uint32_t length;  /* SUBMIT: of the transfer buffer */
    uint32_t packets; /* SUBMIT: isochronous packets */
    uint32_t unlink;  /* UNLINK: seqnum of the SUBMIT */
    struct dfu_usb_setup setup;
};

struct usbip_device {
    const char *busid;
    uint32_t number;
    uint16_t vid;
    uint16_t pid;
    uint16_t bcd_device;
    uint8_t config;
    uint8_t configs;
    uint8_t interfaces;
};

void dfui_usbip_get_op(const uint8_t in[USBIP_OP_SIZE], struct usbip_op *out);
void dfui_usbip_get_cmd(const uint8_t in[USBIP_HEADER_SIZE], struct usbip_cmd *out);

void dfui_usbip_put_u32(uint8_t *at, uint32_t value);
void dfui_usbip_put_op(uint8_t out[USBIP_OP_SIZE], uint16_t code, uint32_t status);
void dfui_usbip_put_device(uint8_t out[USBIP_DEVICE_SIZE], const struct usbip_device *device);
void dfui_usbip_put_ret_submit(uint8_t out[USBIP_HEADER_SIZE], uint32_t seqnum, int32_t status, uint32_t actual);
void dfui_usbip_put_ret_unlink(uint8_t out[USBIP_HEADER_SIZE], uint32_t seqnum, int32_t status);

#endif
