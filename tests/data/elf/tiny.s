@ SPDX-License-Identifier: BSD-2-Clause
@ A vector table, code, initialised data that is copied to RAM, and zeroed data.
    .syntax unified
    .cpu cortex-m0
    .thumb
    .section .vectors, "a"
    .word 0x20001000
    .word reset + 1
    .text
    .global reset
reset:
    b reset
    .balign 4
    .data
    .ascii "data"
    .bss
    .space 64
    .section .comment
    .ascii "not loaded"
    .end
