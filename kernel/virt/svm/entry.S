// SPDX-License-Identifier: MIT
/// @file
/// @brief The way into an SVM guest and back out: every register the guest can see is exchanged here.
/// @chapter ring-v
#include "virt/guest_registers.S"

// void svm_enter(u64 vmcb, abi::GeneralRegisters* guest, u64 host_state): interrupts are off before and after.
//
// VMRUN exchanges RIP, RSP, RAX, RFLAGS, the segments, tables and control registers; VMSAVE and VMLOAD exchange what else
// belongs to a system (FS, GS, TR, LDTR, the SYSCALL and SYSENTER registers); the rest is moved here. GIF is clear from CLGI to
// STGI: no interrupt and no NMI finds the guest's FS or GS loaded. IF is set meanwhile, because with V_INTR_MASKING the host's
// IF decides whether the host's interrupts end the guest's run. The NOP keeps the shadow of STI off the guest's first
// instruction, which QEMU 7.2 would put under it.
// @apm{VMRUN and #VMEXIT Instructions, 15.5} @apm{Global Interrupt Flag, STGI and CLGI Instructions, 15.17}
    BEGIN_ENTRY svm_enter
    pushq %rdx              // at 8(%rsp) after the next push: where the host's state goes
    pushq %rsi              // at (%rsp): the guest's registers
    clgi
    sti
    nop
    movq %rdx, %rax
    vmsave %rax
    movq %rdi, %rax
    vmload %rax
    LOAD_GUEST_REGISTERS
    vmrun %rax
    vmsave %rax             // #VMEXIT has brought RAX and RSP back
    movq (%rsp), %rax
    STORE_GUEST_REGISTERS
    movq 8(%rsp), %rax
    vmload %rax
    cli
    stgi
    addq $16, %rsp
    END_ENTRY svm_enter
