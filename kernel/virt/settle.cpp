// SPDX-License-Identifier: MIT
/// @file
/// @brief What the kernel does about each kind of VM exit.
/// @chapter exits
#include "virt/vcpu.h"

Settled Vcpu::settle(const Exit& exit) {
    switch (exit.kind) {
    case ExitKind::None:
    case ExitKind::Vendor:
    case ExitKind::HostInterrupt:    // taken when interrupts went on again
    case ExitKind::InterruptWindow:  // the next entry injects
        return Settled::Kernel;
    case ExitKind::NestedFault: return nested_fault(exit);
    case ExitKind::Cpuid: return cpuid(exit);
    case ExitKind::ReadMsr: return read_msr(exit);
    case ExitKind::WriteMsr: return write_msr(exit);
    case ExitKind::Io: return leave(abi::ExitReason::Io, exit.detail);
    case ExitKind::Halt:
        done(exit);
        if (!(frame_.general.rflags & Rflags::IF)) return leave(abi::ExitReason::Halted, exit.detail);
        halted_ = true;  // the loop sleeps, unless something waits already
        return Settled::Kernel;
    case ExitKind::EndOfInterrupt: return leave(abi::ExitReason::Eoi, exit.detail);
    case ExitKind::WriteControl: return write_control(exit);
    case ExitKind::WriteXcr0: return write_xcr0(exit);
    case ExitKind::DebugRegisters: state_.debug_loaded = true; return Settled::Kernel;
    case ExitKind::CacheControl: return done(exit);  // guests do not own the caches
    case ExitKind::Exception:
        // Intercepted only because its endless repetition would hold the host up. One that came out of the delivery of an
        // interrupt sends that back to where it waited.
        if (state_.event.is(Event::Interrupt)) apic_.unaccept(state_.event.vector());
        return inject(exit.exception);
    case ExitKind::ForbiddenInstruction: return inject(Event::exception(vector::kInvalidOpcode));
    case ExitKind::PrivilegedAccess: return general_protection();
    case ExitKind::Shutdown: return leave(abi::ExitReason::Shutdown, exit.detail);
    case ExitKind::BadState: return leave(abi::ExitReason::BadState, exit.detail);
    case ExitKind::Unknown: return leave(abi::ExitReason::Unhandled, exit.detail);
    }
    return Settled::Kernel;
}

/// The second door: the same address, the same question as a fault of the process itself.
Settled Vcpu::nested_fault(const Exit& exit) {
    const auto& [gpa, access] = exit.detail.mmio;
    const VirtAddr address = virt_from_guest_phys(GuestPhys(gpa));
    const Resolution found = thread_.space->resolve({address, static_cast<Access>(access), Ring::RingV});
    if (found == Resolution::Mapped || found == Resolution::Spurious) return trace::pace(), Settled::Kernel;
    if (found == Resolution::NoMemory) return Settled::OutOfMemory;
    return leave(abi::ExitReason::Mmio, exit.detail);
}

CpuidLeaf Vcpu::shown(u32 leaf, u32 subleaf) const {
    const CpuidView view{apic_.id(), vcpu_count_, state_.modes.cr4, state_.xcr0, FpuState::supported_features()};
    return guest_cpuid(leaf, subleaf, x86::cpuid(leaf, subleaf), view);
}

Settled Vcpu::cpuid(const Exit& exit) {
    auto& g = frame_.general;
    const CpuidLeaf answer = shown(static_cast<u32>(g.rax), static_cast<u32>(g.rcx));
    g.rax = answer.eax, g.rbx = answer.ebx, g.rcx = answer.ecx, g.rdx = answer.edx;
    return done(exit);
}

u64 Vcpu::allowed_cr4() const {
    const CpuidLeaf basic = shown(1), features = shown(7);
    const auto where = [](u32 shown, u64 bit) { return shown ? bit : 0; };
    return Cr4::VME | Cr4::PVI | Cr4::TSD | Cr4::DE | Cr4::PSE | Cr4::PAE | Cr4::PGE | Cr4::PCE | Cr4::OSFXSR |
           Cr4::OSXMMEXCPT | where(basic.ecx & 1U << 26, Cr4::OSXSAVE) | where(features.ebx & 1U << 0, Cr4::FSGSBASE) |
           where(features.ebx & 1U << 7, Cr4::SMEP) | where(features.ebx & 1U << 20, Cr4::SMAP) |
           where(features.ecx & 1U << 2, Cr4::UMIP);
}

/// Emulators and processors differ in what they refuse here; the kernel refuses what the manuals do.
/// @sdm{MOV—Move to/from Control Registers}
Settled Vcpu::write_control(const Exit& exit) {
    const auto& [name, code_64_bit, given] = exit.control;
    const Modes& now = state_.modes;
    const u64 value = code_64_bit ? given : static_cast<u32>(given);
    switch (name) {
    case ControlWrite::Register::Cr0:
        if (!Cr0::is_valid(value) || (value & Cr0::PG ? (now.efer & Efer::LME) && !(now.cr4 & Cr4::PAE) : code_64_bit))
            return general_protection();
        set_modes({kept_cr0(value), now.cr4, now.efer});
        break;
    case ControlWrite::Register::Cr4:
        if ((value & ~allowed_cr4()) || ((now.efer & Efer::LMA) && !(value & Cr4::PAE))) return general_protection();
        set_modes({now.cr0, value, now.efer});
        break;
    case ControlWrite::Register::Cr8:
        if (value > 15) return general_protection();
        apic_.set_task_priority(static_cast<u8>(value << 4));
        break;
    }
    return done(exit);
}

/// @sdm{XSETBV—Set Extended Control Register}
Settled Vcpu::write_xcr0(const Exit& exit) {
    const auto& g = frame_.general;
    const u64 value = g.rdx << 32 | static_cast<u32>(g.rax);
    if (g.rcx << 32 || !FpuState::can_select(value)) return general_protection();
    state_.xcr0 = value;
    return done(exit);
}
