@ SPDX-License-Identifier: BSD-2-Clause
@ Blinks the green LED (PD12) of an STM32F4DISCOVERY board. Assembly, so that every assembler gives the same bytes.
        .syntax unified
        .cpu    cortex-m4
        .thumb

        .section .vectors, "a"
        .word   0x20020000              @ initial stack: end of SRAM2, 128 KiB from 0x20000000
        .word   reset
        .rept   14                      @ NMI to SysTick
        .word   stop
        .endr

        .text
        .thumb_func
        .global reset
reset:
        ldr     r0, =0x40023830         @ RCC_AHB1ENR
        ldr     r1, [r0]
        orr     r1, #8                  @ GPIOD clock on
        str     r1, [r0]
        ldr     r0, =0x40020C00         @ GPIOD
        ldr     r1, [r0]                @ MODER
        bic     r1, #0x03000000
        orr     r1, #0x01000000         @ pin 12 is an output
        str     r1, [r0]
blink:
        ldr     r1, [r0, #0x14]         @ ODR
        eor     r1, #0x1000
        str     r1, [r0, #0x14]
        ldr     r2, =1600000            @ about half a second at 16 MHz
wait:
        subs    r2, #1
        bne     wait
        b       blink

        .thumb_func
stop:
        b       stop

        .pool
        .ascii  "libdfu blinky 1\0"
        .balign 4
