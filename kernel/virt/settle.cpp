// SPDX-License-Identifier: MIT
/// @file
/// @brief What the kernel does about each kind of VM exit.
/// @chapter exits
#include <algorithm>

#include "virt/vcpu.h"
#include "x86/fpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"
#include "x86/traps.h"

Settled Vcpu::settle(const Exit& exit) {
    switch (exit.kind) {
    case ExitKind::None:
    case ExitKind::Vendor:
    case ExitKind::HostInterrupt:    // taken when interrupts went on again
    case ExitKind::InterruptWindow:  // the next entry injects
        return Settled::Kernel;
    case ExitKind::NestedFault:
        // The second door: the same address, the same question as a fault of the process itself.
        switch (thread_.space->resolve({virt_from_guest_phys(exit.fault.address), exit.fault.access, Ring::RingV})) {
        case Resolution::Mapped:
        case Resolution::Spurious: return Settled::Kernel;
        case Resolution::NoMemory: return Settled::OutOfMemory;
        case Resolution::NotBacked:
        case Resolution::Denied:
        case Resolution::BeyondEnd: break;
        }
        frame_.exit.mmio = {exit.fault.address.raw, static_cast<abi::MmioAccess>(exit.fault.access)};
        return leave_with_system(abi::ExitReason::Mmio);
    case ExitKind::Cpuid: return cpuid(exit);
    case ExitKind::ReadMsr: return read_msr(exit);
    case ExitKind::WriteMsr: return write_msr(exit);
    case ExitKind::Io: return io(exit);
    case ExitKind::Halt: return halt(exit);
    case ExitKind::EndOfInterrupt: frame_.exit.eoi = {exit.ended_vector}; return leave(abi::ExitReason::Eoi);
    case ExitKind::WriteControl: return write_control(exit);
    case ExitKind::WriteXcr0: return write_xcr0(exit);
    case ExitKind::CacheControl:  // guests do not own the caches
        skip(exit.length);
        return Settled::Kernel;
    case ExitKind::Exception: return reflect(exit);
    case ExitKind::ForbiddenInstruction: return inject(Event::exception(vector::kInvalidOpcode));
    case ExitKind::PrivilegedAccess: return general_protection();
    case ExitKind::Shutdown: return leave_with_system(abi::ExitReason::Shutdown);
    case ExitKind::BadState: return leave_with_system(abi::ExitReason::BadState);
    case ExitKind::Unknown:
        frame_.exit.unhandled = {exit.unknown.code, {exit.unknown.information[0], exit.unknown.information[1]}};
        return leave_with_system(abi::ExitReason::Unhandled);
    }
    return Settled::Kernel;
}

Settled Vcpu::general_protection() { return inject(Event::exception(vector::kGeneralProtection, 0)); }

/// An exception that was intercepted only because its endless repetition would hold the host up. One that came out of the
/// delivery of an interrupt sends that back to where it waited.
Settled Vcpu::reflect(const Exit& exit) {
    if (state_.event.is(Event::Interrupt)) apic_.unaccept(state_.event.vector());
    return inject(exit.exception);
}

CpuidLeaf Vcpu::shown(u32 leaf, u32 subleaf) const {
    const x86::CpuidResult host = x86::cpuid(leaf, subleaf);
    const u64 cr4 = leaf == 1 ? control_->paging().cr4 : 0;  // only OSXSAVE shows it
    const CpuidView view{apic_.id(), vcpu_count_, cr4, state_.xcr0, FpuState::supported_features()};
    return guest_cpuid(leaf, subleaf, {host.eax, host.ebx, host.ecx, host.edx}, view);
}

Settled Vcpu::cpuid(const Exit& exit) {
    auto& g = frame_.general;
    const CpuidLeaf answer = shown(static_cast<u32>(g.rax), static_cast<u32>(g.rcx));
    g.rax = answer.eax;
    g.rbx = answer.ebx;
    g.rcx = answer.ecx;
    g.rdx = answer.edx;
    skip(exit.length);
    return Settled::Kernel;
}

Settled Vcpu::io(const Exit& exit) {
    const auto& access = exit.io;
    frame_.exit.io = {access.next_rip, access.port,
                      access.size,     access.in ? abi::IoDirection::In : abi::IoDirection::Out,
                      access.string,   access.repeat};
    // A string access is the VMM's to decode, and for that it needs to know the guest's mode and page tables.
    return access.string ? leave_with_system(abi::ExitReason::Io) : leave(abi::ExitReason::Io);
}

Settled Vcpu::halt(const Exit& exit) {
    skip(exit.length);
    if (!(frame_.general.rflags & Rflags::IF)) return leave_with_system(abi::ExitReason::Halted);
    halted_ = true;  // the loop sleeps, unless something waits already
    return Settled::Kernel;
}

u64 Vcpu::allowed_cr4() const {
    const CpuidLeaf basic = shown(1), features = shown(7);
    u64 allowed = Cr4::VME | Cr4::PVI | Cr4::TSD | Cr4::DE | Cr4::PSE | Cr4::PAE | Cr4::PGE | Cr4::PCE | Cr4::OSFXSR |
                  Cr4::OSXMMEXCPT;
    if (basic.ecx & 1U << 26) allowed |= Cr4::OSXSAVE;
    if (features.ebx & 1U << 0) allowed |= Cr4::FSGSBASE;
    if (features.ebx & 1U << 7) allowed |= Cr4::SMEP;
    if (features.ebx & 1U << 20) allowed |= Cr4::SMAP;
    if (features.ecx & 1U << 2) allowed |= Cr4::UMIP;
    return allowed;
}

/// Emulators and processors differ in what they refuse here; the kernel refuses what the manuals do.
/// @sdm{MOV—Move to/from Control Registers}
Settled Vcpu::write_control(const Exit& exit) {
    const auto& [name, value] = exit.control;
    const PagingState now = control_->paging();
    bool refused = false;
    switch (name) {
    case ControlRegister::Cr0:
        refused = value >> 32 || ((value & Cr0::PG) && !(value & Cr0::PE)) ||
                  ((value & Cr0::NW) && !(value & Cr0::CD)) ||
                  ((value & Cr0::PG) && (now.efer & Efer::LME) && !(now.cr4 & Cr4::PAE)) ||
                  (!(value & Cr0::PG) && now.code_64_bit);
        break;
    case ControlRegister::Cr4:
        refused = (value & ~allowed_cr4()) || ((now.efer & Efer::LMA) && !(value & Cr4::PAE));
        break;
    case ControlRegister::Cr8: refused = value > 15; break;
    }
    if (refused) return general_protection();
    if (name == ControlRegister::Cr8) {
        apic_.set_task_priority(static_cast<u8>(value << 4));
    } else {
        const u64 cr0 = name == ControlRegister::Cr0 ? kept_cr0(value) : now.cr0;
        control_->set_modes({cr0, name == ControlRegister::Cr4 ? value : now.cr4, with_long_mode(now.efer, cr0)});
    }
    skip(exit.length);
    return Settled::Kernel;
}

/// @sdm{XSETBV—Set Extended Control Register}
Settled Vcpu::write_xcr0(const Exit& exit) {
    constexpr u64 kX87 = 1, kSse = 2, kAvx = 4, kAvx512 = 7 << 5;
    const auto& g = frame_.general;
    const u64 value = g.rdx << 32 | static_cast<u32>(g.rax);
    const bool whole = !(value & kAvx512) || (value & (kAvx512 | kAvx)) == (kAvx512 | kAvx);
    if (g.rcx << 32 || !(value & kX87) || (value & ~FpuState::supported_features()) ||
        ((value & kAvx) && !(value & kSse)) || !whole) {
        return general_protection();
    }
    state_.xcr0 = value;
    skip(exit.length);
    return Settled::Kernel;
}
