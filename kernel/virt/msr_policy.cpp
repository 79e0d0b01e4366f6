// SPDX-License-Identifier: MIT
/// @file
/// @brief Which model-specific registers a guest has: those named here, and #GP for all others.
/// @chapter exits
///
/// The MSRs that hardware switches with the guest (FS, GS and kernel-GS base, SYSENTER, SYSCALL) never get here: the back end
/// lets the guest have them directly.
#include "virt/paravirtual_clock.h"
#include "virt/vcpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"

namespace {

constexpr u32 kTsc = 0x10, kMicrocode = 0x8b, kMtrrCap = 0xfe, kMiscEnable = 0x1a0, kDebugControl = 0x1d9;
constexpr u64 kApicBaseValue = 0xfee0'0000 | 1 << 11 | 1 << 10;  ///< enabled, in x2APIC mode
constexpr u64 kApicBaseBootProcessor = 1 << 8;

/// MSRs that stock kernels read without asking CPUID, and what they read. Writing them changes nothing.
struct FixedMsr {
    u32 number;
    u64 value;
};
constexpr FixedMsr kFixed[] = {
    {0x17, 0},                    // PLATFORM_ID
    {0x2a, 0},                    // EBL_CR_POWERON
    {kMicrocode, 0x1'0000'0000},  // the revision is in the upper half on Intel's
    {kMtrrCap, 0},
    {kDebugControl, 0},
    {0xc001'0010, 0},        // SYSCFG
    {0xc001'0015, 1 << 24},  // HWCR: the TSC counts at P0's frequency
    {0xc001'001f, 0},        // NB_CFG
    {0xc001'0055, 0},        // interrupt pending message
    {0xc001'0112, 0},        // SMM TSeg base
    {0xc001'0113, 0},        // SMM TSeg mask
    {0xc001'1022, 0},        // DC_CFG
    {0xc001'1029, 1 << 1},   // DE_CFG: LFENCE serialises
};

const FixedMsr* fixed_msr(u32 number) {
    for (const FixedMsr& fixed : kFixed) {
        if (fixed.number == number) return &fixed;
    }
    return nullptr;
}

/// @sdm{Memory Types That Can Be Encoded With PAT, table 11-10}
bool is_valid_pat(u64 value) {
    for (unsigned i = 0; i < 8; ++i, value >>= 8) {
        const u8 type = static_cast<u8>(value);
        if (type > 7 || type == 2 || type == 3) return false;
    }
    return true;
}

bool is_apic_msr(u32 number) { return number >= kX2ApicFirstMsr && number <= kX2ApicLastMsr; }

}  // namespace

Settled Vcpu::read_msr(const Exit& exit) {
    const auto value = msr(static_cast<u32>(frame_.general.rcx));
    if (!value) return general_protection();
    frame_.general.rax = static_cast<u32>(*value);
    frame_.general.rdx = *value >> 32;
    skip(exit.length);
    return Settled::Kernel;
}

std::optional<u64> Vcpu::msr(u32 number) {
    if (number == msr_from_apic_register(ApicRegister::TimerCurrentCount)) return timer_.current_count();
    if (is_apic_msr(number)) return apic_.read(number);
    switch (number) {
    case kTsc: return x86::rdtsc() + state_.tsc_offset;
    case Msr::kApicBase: return kApicBaseValue | (apic_.id() == 0 ? kApicBaseBootProcessor : 0);
    case Msr::kTscDeadline: return timer_.deadline();
    case Msr::kEfer: return control_->paging().efer;
    case Msr::kTscAux: return state_.tsc_aux;
    case Msr::kPat: return state_.pat;
    case kMiscEnable: return misc_enable_;
    case KvmMsr::kSystemTime:
    case KvmMsr::kSystemTimeOld: return system_time_;
    case KvmMsr::kWallClock:
    case KvmMsr::kWallClockOld: return wall_clock_;
    default: break;
    }
    const FixedMsr* fixed = fixed_msr(number);
    return fixed ? std::optional(fixed->value) : std::nullopt;
}

Settled Vcpu::write_msr(const Exit& exit) {
    const auto& g = frame_.general;
    const u64 rip = g.rip;
    // Past the instruction first: an EOI or IPI leaves for the VMM, and must not be done twice.
    skip(exit.length);
    const Settled settled = set_msr(static_cast<u32>(g.rcx), g.rdx << 32 | static_cast<u32>(g.rax));
    if (state_.event.is(Event::Exception)) frame_.general.rip = rip;
    return settled;
}

Settled Vcpu::set_msr(u32 number, u64 value) {
    if (is_apic_msr(number)) return write_apic(number, value);
    switch (number) {
    case kTsc: state_.tsc_offset = value - x86::rdtsc(); return Settled::Kernel;
    case Msr::kApicBase: return msr(number) == value ? Settled::Kernel : general_protection();
    case Msr::kTscDeadline: timer_.set_deadline(value, value - state_.tsc_offset); return Settled::Kernel;
    case Msr::kEfer: return write_efer(value);
    case Msr::kTscAux:
        if (value >> 32) return general_protection();
        state_.tsc_aux = value;
        return Settled::Kernel;
    case Msr::kPat:
        if (!is_valid_pat(value)) return general_protection();
        state_.pat = value;
        control_->write_pat(value);
        return Settled::Kernel;
    case kMiscEnable: misc_enable_ = value; return Settled::Kernel;
    case KvmMsr::kSystemTime:
    case KvmMsr::kSystemTimeOld:
        system_time_ = value;
        // A bad address is the guest's own mistake; as with KVM it just gets no clock.
        if (value & KvmMsr::kEnable)
            (void)write_system_time(GuestPhys(value & ~KvmMsr::kEnable), state_.tsc_offset).ok();
        return Settled::Kernel;
    case KvmMsr::kWallClock:
    case KvmMsr::kWallClockOld:
        wall_clock_ = value;
        (void)write_wall_clock(GuestPhys(value)).ok();
        return Settled::Kernel;
    default: return fixed_msr(number) ? Settled::Kernel : general_protection();
    }
}

Settled Vcpu::write_apic(u32 number, u64 value) {
    const ApicEffect effect = apic_.write(number, value);
    switch (effect.kind) {
    case ApicEffect::Kind::None: return Settled::Kernel;
    case ApicEffect::Kind::Refused: return general_protection();
    case ApicEffect::Kind::TimerChanged: timer_.changed(apic_register_from_msr(number)); return Settled::Kernel;
    case ApicEffect::Kind::LevelEoi: frame_.exit.eoi = {effect.vector}; return leave(abi::ExitReason::Eoi);
    case ApicEffect::Kind::SendIpi: break;
    }
    const ApicCommand command(effect.command);
    switch (command.delivery()) {
    case DeliveryMode::Fixed:
    case DeliveryMode::LowestPriority:
    case DeliveryMode::Nmi: send_ipi(command); return Settled::Kernel;
    case DeliveryMode::Init:
    case DeliveryMode::StartUp:
        // Starting and stopping a vCPU is starting and stopping a thread: the VMM's.
        frame_.exit.ipi = {effect.command};
        return leave(abi::ExitReason::Ipi);
    case DeliveryMode::Smi:
    case DeliveryMode::ExtInt: break;
    }
    return Settled::Kernel;  // nothing listens to those
}

/// @apm{Extended Feature Enable Register (EFER), 3.1.7}
Settled Vcpu::write_efer(u64 value) {
    const PagingState now = control_->paging();
    const bool turns_long_mode = (value ^ now.efer) & Efer::LME;
    if ((value & ~(Efer::SCE | Efer::LME | Efer::LMA | Efer::NXE)) || (turns_long_mode && (now.cr0 & Cr0::PG))) {
        return general_protection();
    }
    control_->set_modes({now.cr0, now.cr4, with_long_mode(value, now.cr0)});
    return Settled::Kernel;
}
