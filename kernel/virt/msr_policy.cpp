// SPDX-License-Identifier: MIT
/// @file
/// @brief Which model-specific registers a guest has: those named here, and #GP for all others.
/// @chapter exits
///
/// The MSRs that hardware switches with the guest (FS, GS and kernel-GS base, SYSENTER, SYSCALL) never get here: the back end
/// lets the guest have them directly.
#include <asm/kvm_para.h>

#include <algorithm>

#include "virt/paravirtual_clock.h"
#include "virt/vcpu.h"

namespace {

constexpr u32 kTsc = 0x10;

/// MSRs that stock kernels read without asking CPUID, and what they read. Writing them changes nothing.
constexpr struct FixedMsr {
    u32 number;
    u64 value;
} kFixed[] = {
    {0x17, 0},               // PLATFORM_ID
    {0x8b, 0x1'0000'0000},   // the microcode's revision is in the upper half on Intel's
    {0x1a0, 1},              // MISC_ENABLE: fast strings
    {0x1d9, 0},              // DEBUGCTL
    {0xc001'0010, 0},        // SYSCFG
    {0xc001'0015, 1 << 24},  // HWCR: the TSC counts at P0's frequency
    {0xc001'001f, 0},        // NB_CFG
    {0xc001'0055, 0},        // interrupt pending message
    {0xc001'1022, 0},        // DC_CFG
    {0xc001'1029, 1 << 1},   // DE_CFG: LFENCE serialises
};

std::optional<u64> fixed_msr(u32 number) {
    const auto* found = std::ranges::find(kFixed, number, &FixedMsr::number);
    return found == std::end(kFixed) ? std::nullopt : std::optional(found->value);
}

bool is_apic_msr(u32 number) { return number >= kX2ApicFirstMsr && number <= kX2ApicLastMsr; }

}  // namespace

Settled Vcpu::read_msr(const Exit& exit) {
    const auto value = msr(static_cast<u32>(frame_.general.rcx));
    if (!value) return general_protection();
    frame_.general.rax = static_cast<u32>(*value);
    frame_.general.rdx = *value >> 32;
    return done(exit);
}

std::optional<u64> Vcpu::msr(u32 number) const {
    if (is_apic_msr(number)) return apic_.refresh(timer_.current_count()), apic_.read(number);
    switch (number) {
    case kTsc: return x86::rdtsc() + state_.tsc_offset;
    case Msr::kApicBase: return apic_.base().raw();
    case Msr::kTscDeadline: return timer_.deadline();
    case Msr::kEfer: return state_.modes.efer;
    case Msr::kTscAux: return state_.tsc_aux;
    case Msr::kPat: return state_.pat;
    default: return fixed_msr(number);
    }
}

Settled Vcpu::write_msr(const Exit& exit) {
    const auto& g = frame_.general;
    const u64 rip = g.rip;
    // Past the instruction first: an EOI or IPI leaves for the VMM, and must not be done twice.
    done(exit);
    const Settled settled = set_msr(static_cast<u32>(g.rcx), g.rdx << 32 | static_cast<u32>(g.rax));
    if (state_.event.is(Event::Exception)) frame_.general.rip = rip;
    return settled;
}

Settled Vcpu::set_msr(u32 number, u64 value) {
    if (is_apic_msr(number)) return write_apic(apic_register_from_msr(number), value, ApicWay::Msr);
    const Modes& now = state_.modes;
    switch (number) {
    case kTsc: state_.tsc_offset = value - x86::rdtsc(); break;
    case Msr::kApicBase:
        if (!apic_.set_base(ApicBase(value))) return general_protection();
        if (apic_.is(ApicBase::Mode::Disabled)) timer_.changed(ApicRegister::TimerInitialCount);  // which is 0
        state_.x2apic = apic_.is(ApicBase::Mode::X2Apic);
        control_->apply(state_);
        break;
    case Msr::kTscDeadline: timer_.set_deadline(value, value - state_.tsc_offset); break;
    case Msr::kEfer:  // @apm{Extended Feature Enable Register (EFER), 3.1.7}
        if ((value & ~(Efer::SCE | Efer::LME | Efer::LMA | Efer::NXE)) ||
            (((value ^ now.efer) & Efer::LME) && (now.cr0 & Cr0::PG)))
            return general_protection();
        set_modes({now.cr0, now.cr4, value});
        break;
    case Msr::kTscAux:
        if (value >> 32) return general_protection();
        state_.tsc_aux = value;
        break;
    case Msr::kPat:
        if (!is_valid_pat(value)) return general_protection();
        state_.pat = value;
        control_->apply(state_);
        break;
    // A bad address is the guest's own mistake; as with KVM it just gets no clock.
    case MSR_KVM_SYSTEM_TIME_NEW:
        if (value & KVM_MSR_ENABLED)
            (void)write_system_time(GuestPhys(value - KVM_MSR_ENABLED), state_.tsc_offset).ok();
        break;
    case MSR_KVM_WALL_CLOCK_NEW: (void)write_wall_clock(GuestPhys(value)).ok(); break;
    default: return fixed_msr(number) ? Settled::Kernel : general_protection();
    }
    return Settled::Kernel;
}

Settled Vcpu::write_apic(ApicRegister name, u64 value, ApicWay way) {
    const ApicEffect effect = apic_.write(name, value, way);
    abi::ExitDetail detail;
    switch (effect.kind) {
    case ApicEffect::Kind::None: timer_.changed(name); break;
    case ApicEffect::Kind::Refused: return way == ApicWay::Msr ? general_protection() : Settled::Kernel;
    case ApicEffect::Kind::LevelEoi:
        detail.eoi = {static_cast<u32>(effect.value)};
        return leave(abi::ExitReason::Eoi, detail);
    case ApicEffect::Kind::SendIpi:
        // Starting and stopping a vCPU is starting and stopping a thread: the VMM's.
        detail.ipi = {effect.value};
        if (!send_ipi(ApicCommand(effect.value))) return leave(abi::ExitReason::Ipi, detail);
    }
    return Settled::Kernel;
}
