/* SPDX-License-Identifier: BSD-2-Clause */
/* Family ids: random numbers that their makers registered with the UF2 project. */
#include "core/scan.h"
#include "image/uf2.h"

static const struct {
    uint32_t id;
    const char *name;
} families[] = {
    {0x647824B6, "STM32F0"},  {0x5EE21072, "STM32F1"},   {0x5D1A0A2E, "STM32F2"},     {0x6B846188, "STM32F3"},
    {0x57755A57, "STM32F4"},  {0x6D0922FA, "STM32F407"}, {0x8FB060FE, "STM32F407VG"}, {0x53B80F00, "STM32F7"},
    {0x300F5633, "STM32G0"},  {0x4C71240A, "STM32G4"},   {0x6DB66082, "STM32H7"},     {0x202E3A91, "STM32L0"},
    {0x1E1F432D, "STM32L1"},  {0x00FF6919, "STM32L4"},   {0x04240BDF, "STM32L5"},     {0x70D16653, "STM32WB"},
    {0x21460FF0, "STM32WL"},  {0x31D228C6, "GD32F350"},  {0x9AF03E33, "GD32VF103"},   {0xE48BFF56, "RP2040"},
    {0x68ED2B88, "SAMD21"},   {0x55114460, "SAMD51"},    {0x1851780A, "SAML21"},      {0x1B57745F, "NRF52"},
    {0x621E937A, "NRF52833"}, {0xADA52840, "NRF52840"},  {0x2ABC77EC, "LPC55"},       {0x4FB2D5BD, "MIMXRT10XX"},
    {0x1C5F21B0, "ESP32"},    {0xBFDD4EEE, "ESP32S2"},   {0xC47E5767, "ESP32S3"},     {0xD42BA06C, "ESP32C3"},
};

#define FAMILIES (sizeof families / sizeof *families)

const char *dfui_uf2_family_name(uint32_t family)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (families[i].id == family)
            return families[i].name;
    }
    return NULL;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && upper(*a) == upper(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

int dfui_uf2_family(const char *text, uint32_t *family, struct dfu_error **err)
{
    struct dfui_scan s = dfui_scan_of(text, strlen(text));
    uint64_t value = 0;
    for (size_t i = 0; i < FAMILIES; i++) {
        if (same(text, families[i].name)) {
            *family = families[i].id;
            return DFU_OK;
        }
    }
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && dfui_scan_hex(&s, UINT32_MAX, &value) &&
        dfui_scan_left(&s) == 0 && value <= UINT32_MAX) {
        *family = (uint32_t)value;
        return DFU_OK;
    }
    dfu_error_set(err, DFU_ERR_ARGUMENT, "unknown UF2 family \"%s\"", text);
    dfu_error_set_hint(err, "give a number such as 0x57755A57, or a name such as STM32F4");
    return DFU_ERR_ARGUMENT;
}
