// SPDX-License-Identifier: MIT
/// @file
/// @brief The way into a VMX guest and back out: every register the guest can see is exchanged here.
/// @chapter ring-v
#include "virt/guest_registers.S"

#define HOST_RSP 0x6c14

// bool vmx_enter(abi::GeneralRegisters* guest, bool launched): interrupts are off before and after. True: there was no entry.
//
// VMLAUNCH and VMRESUME exchange RIP, RSP, RFLAGS, the segments, tables, control registers and the MSRs of three lists; the
// other general registers are moved here. An exit goes on at vmx_exit with RSP as it was on entry; a failed entry falls
// through. @sdm{VM Entries, chapter 27} @sdm{VM Exits, chapter 28}
    BEGIN_ENTRY vmx_enter
    pushq %rdi              // at (%rsp): the guest's registers
    movl $HOST_RSP, %eax
    vmwrite %rsp, %rax
    testb %sil, %sil        // none of the moves changes the flags
    movq %rdi, %rsi
    movq (%rsi), %rax
    LOAD_GUEST_REGISTERS
    jnz 1f
    vmlaunch
    jmp 2f
1:  vmresume
2:  movl $1, %eax
    jmp 3f
    .globl vmx_exit
vmx_exit:
    pushq %rax
    movq 8(%rsp), %rax
    STORE_GUEST_REGISTERS
    popq (%rax)
    xorl %eax, %eax
3:  addq $8, %rsp
    END_ENTRY vmx_enter
