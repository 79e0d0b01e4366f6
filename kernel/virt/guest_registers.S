// SPDX-License-Identifier: MIT
/// @file
/// @brief What every vendor's entry stub does: the registers of C++, and the guest's to and from abi::GeneralRegisters. Only macros.
/// @chapter ring-v

    // For debuggers only: nothing in the kernel itself unwinds.
    .cfi_sections .debug_frame

// A function's first and last instructions: the caller's registers are kept on the stack.
    .macro BEGIN_ENTRY name
    .text
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    .irp register, %rbx, %r12, %r13, %r14, %r15
    pushq \register
    .endr
    .endm
    .macro END_ENTRY name
    .irp register, %r15, %r14, %r13, %r12, %rbx
    popq \register
    .endr
    popq %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size \name, . - \name
    .endm

// All but RAX, RSP and the one that holds the pointer; `at` is the place in the structure, which has the instructions' order.
    .macro FOR_EACH_REGISTER move
    \move %rcx, 8
    \move %rdx, 16
    \move %rbx, 24
    \move %rbp, 40
    \move %rdi, 56
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    \move %r\n, 8*\n
    .endr
    .endm
    .macro LOAD_FROM_RSI register, at
    movq \at(%rsi), \register
    .endm
    .macro STORE_TO_RAX register, at
    movq \register, \at(%rax)
    .endm

// RSI points at the guest's registers, and becomes the guest's too.
    .macro LOAD_GUEST_REGISTERS
    FOR_EACH_REGISTER LOAD_FROM_RSI
    movq 48(%rsi), %rsi
    .endm
// RAX points at where they go.
    .macro STORE_GUEST_REGISTERS
    FOR_EACH_REGISTER STORE_TO_RAX
    movq %rsi, 48(%rax)
    .endm
    .section .note.GNU-stack, "", @progbits
