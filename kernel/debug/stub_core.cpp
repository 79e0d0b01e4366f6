// SPDX-License-Identifier: MIT
/// @file
/// @brief Registers between a stopped core and the protocol's file of them.
/// @chapter observability
#include "debug/stub_core.h"

#include "x86/instructions.h"
#include "x86/registers.h"

namespace stub {
namespace {

/// Where the frame keeps each general register.
constexpr struct {
    Register name;
    u64 TrapFrame::*place;
} kGeneral[] = {
    {Register::rax, &TrapFrame::rax}, {Register::rbx, &TrapFrame::rbx}, {Register::rcx, &TrapFrame::rcx},
    {Register::rdx, &TrapFrame::rdx}, {Register::rsi, &TrapFrame::rsi}, {Register::rdi, &TrapFrame::rdi},
    {Register::rbp, &TrapFrame::rbp}, {Register::rsp, &TrapFrame::rsp}, {Register::r8, &TrapFrame::r8},
    {Register::r9, &TrapFrame::r9},   {Register::r10, &TrapFrame::r10}, {Register::r11, &TrapFrame::r11},
    {Register::r12, &TrapFrame::r12}, {Register::r13, &TrapFrame::r13}, {Register::r14, &TrapFrame::r14},
    {Register::r15, &TrapFrame::r15}, {Register::rip, &TrapFrame::rip},
};
/// Registers that only the kernel itself may change.
constexpr Register kFixed[] = {Register::cs,  Register::ss,  Register::ds,  Register::es,
                               Register::fs,  Register::gs,  Register::cr0, Register::cr2,
                               Register::cr3, Register::cr4, Register::cr8, Register::efer};
constexpr u64 kFlagsToSet =
    Rflags::CF | Rflags::PF | Rflags::AF | Rflags::ZF | Rflags::SF | Rflags::IF | Rflags::DF | Rflags::OF | Rflags::AC;

}  // namespace

void StoppedCore::take(TrapFrame& frame) {
    frame_ = &frame;
    changed_ = false;
    fs_base_ = x86::rdmsr(Msr::kFsBase);
    // The way into the kernel has exchanged the two for what was interrupted in ring 3.
    gs_base_ = x86::rdmsr(frame.from_user() ? Msr::kKernelGsBase : Msr::kGsBase);
    kernel_gs_base_ = x86::rdmsr(frame.from_user() ? Msr::kGsBase : Msr::kKernelGsBase);
    control_[kCr0] = x86::read_cr0();
    control_[kCr2] = x86::read_cr2();
    control_[kCr3] = x86::read_cr3();
    control_[kCr4] = x86::read_cr4();
    control_[kCr8] = x86::read_cr8();
    control_[kEfer] = x86::rdmsr(Msr::kEfer);
    selectors_[0] = x86::read_ds();
    selectors_[1] = x86::read_es();
    selectors_[2] = x86::read_fs();
    selectors_[3] = x86::read_gs();
    x86::fxsave(fx_);
}

void StoppedCore::load() {
    if (changed_) {
        x86::wrmsr(Msr::kFsBase, fs_base_);
        // GS itself is the kernel's here, in any case; what belongs to a program can be changed.
        if (frame_->from_user()) {
            x86::wrmsr(Msr::kKernelGsBase, gs_base_);
        } else {
            x86::wrmsr(Msr::kKernelGsBase, kernel_gs_base_);
        }
        x86::fxrstor(fx_);
    }
    frame_ = nullptr;
}

void StoppedCore::read(RegisterFile& registers) const {
    for (const auto& general : kGeneral) registers.set(general.name, frame_->*general.place);
    registers.set(Register::eflags, frame_->rflags);
    registers.set(Register::cs, frame_->cs);
    registers.set(Register::ss, frame_->ss);
    registers.set(Register::ds, selectors_[0]);
    registers.set(Register::es, selectors_[1]);
    registers.set(Register::fs, selectors_[2]);
    registers.set(Register::gs, selectors_[3]);
    registers.set(Register::fs_base, fs_base_);
    registers.set(Register::gs_base, gs_base_);
    registers.set(Register::k_gs_base, kernel_gs_base_);
    registers.set(Register::cr0, control_[kCr0]);
    registers.set(Register::cr2, control_[kCr2]);
    registers.set(Register::cr3, control_[kCr3]);
    registers.set(Register::cr4, control_[kCr4]);
    registers.set(Register::cr8, control_[kCr8]);
    registers.set(Register::efer, control_[kEfer]);
    registers.take_fx(fx_);
}

bool StoppedCore::write(const RegisterFile& registers) {
    RegisterFile before;
    read(before);
    for (const Register name : kFixed) {
        if (!registers.same(name, before)) return false;
    }
    const Register kernels = frame_->from_user() ? Register::k_gs_base : Register::gs_base;
    if (!registers.same(kernels, before)) return false;
    for (const auto& general : kGeneral) frame_->*general.place = registers.get(general.name);
    frame_->rflags = (frame_->rflags & ~kFlagsToSet) | (registers.get(Register::eflags) & kFlagsToSet);
    fs_base_ = registers.get(Register::fs_base);
    gs_base_ = registers.get(Register::gs_base);
    kernel_gs_base_ = registers.get(Register::k_gs_base);
    registers.give_fx(fx_);
    changed_ = true;
    return true;
}

}  // namespace stub
