/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/usbip_wire.h"
#include <stdio.h>
#include <string.h>

static uint16_t get_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get_be32(const uint8_t *at)
{
    return (uint32_t)get_be16(at) << 16 | get_be16(at + 2);
}

/* The SETUP packet alone is as USB has it. */
static uint16_t get_le16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static void put_be16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void dfui_usbip_put_u32(uint8_t *at, uint32_t value)
{
    put_be16(at, value >> 16);
    put_be16(at + 2, value);
}

void dfui_usbip_get_op(const uint8_t in[USBIP_OP_SIZE], struct usbip_op *out)
{
    out->version = get_be16(in);
    out->code = get_be16(in + 2);
}

void dfui_usbip_get_cmd(const uint8_t in[USBIP_HEADER_SIZE], struct usbip_cmd *out)
{
    memset(out, 0, sizeof *out);
    out->command = get_be32(in);
    out->seqnum = get_be32(in + 4);
    /* in + 8: device id; a connection carries one device only */
    out->in = get_be32(in + 12);
    out->endpoint = get_be32(in + 16);
    if (out->command == USBIP_CMD_UNLINK) {
        out->unlink = get_be32(in + 20);
        return;
    }
    /* in + 20: transfer flags; in + 28: start frame; in + 36: interval */
    out->length = get_be32(in + 24);
    out->packets = get_be32(in + 32);
    out->setup = (struct dfu_usb_setup){.type = in[40],
                                        .request = in[41],
                                        .value = get_le16(in + 42),
                                        .index = get_le16(in + 44),
                                        .length = get_le16(in + 46)};
}

void dfui_usbip_put_op(uint8_t out[USBIP_OP_SIZE], uint16_t code, uint32_t status)
{
    put_be16(out, USBIP_VERSION);
    put_be16(out + 2, code);
    dfui_usbip_put_u32(out + 4, status);
}

void dfui_usbip_put_device(uint8_t out[USBIP_DEVICE_SIZE], const struct usbip_device *device)
{
    enum { PATH = 0, BUSID = 256, NUMBERS = 288 };
    memset(out, 0, USBIP_DEVICE_SIZE);
    (void)snprintf((char *)out + PATH, 256, "/libdfu-sim/%.32s", device->busid);
    (void)snprintf((char *)out + BUSID, USBIP_BUSID_SIZE, "%s", device->busid);
    uint8_t *at = out + NUMBERS;
    dfui_usbip_put_u32(at, 1); /* bus */
    dfui_usbip_put_u32(at + 4, device->number);
    dfui_usbip_put_u32(at + 8, USBIP_SPEED_FULL);
    put_be16(at + 12, device->vid);
    put_be16(at + 14, device->pid);
    put_be16(at + 16, device->bcd_device);
    /* at + 18: class, subclass, protocol: 0, they are the interface's */
    at[21] = device->config;
    at[22] = device->configs;
    at[23] = device->interfaces;
}

static void put_ret(uint8_t out[USBIP_HEADER_SIZE], uint32_t command, uint32_t seqnum, int32_t status)
{
    memset(out, 0, USBIP_HEADER_SIZE);
    dfui_usbip_put_u32(out, command);
    dfui_usbip_put_u32(out + 4, seqnum);
    dfui_usbip_put_u32(out + 20, (uint32_t)status);
}

void dfui_usbip_put_ret_submit(uint8_t out[USBIP_HEADER_SIZE], uint32_t seqnum, int32_t status, uint32_t actual)
{
    put_ret(out, USBIP_RET_SUBMIT, seqnum, status);
    dfui_usbip_put_u32(out + 24, actual);
    dfui_usbip_put_u32(out + 32, UINT32_MAX); /* not isochronous */
}

void dfui_usbip_put_ret_unlink(uint8_t out[USBIP_HEADER_SIZE], uint32_t seqnum, int32_t status)
{
    put_ret(out, USBIP_RET_UNLINK, seqnum, status);
}
