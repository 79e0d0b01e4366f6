// SPDX-License-Identifier: MIT
/// @file
/// @brief From SVM's exit code and its information to an Exit.
/// @chapter exits
#include "virt/svm/control_block.h"
#include "x86/registers.h"

namespace svm {

Exit SvmControlBlock::decode(GuestState& state) {
    const VmcbControl& control = vmcb_.control;
    const auto code = static_cast<SvmExitCode>(control.exit_code);
    const u64 information = control.exit_information[0];
    switch (code) {
    case SvmExitCode::NestedPageFault: {
        const SvmFaultInformation fault(information);
        Exit exit(ExitKind::NestedFault);
        exit.fault = {GuestPhys(control.exit_information[1]), fault.write()     ? Access::Write
                                                              : fault.execute() ? Access::Execute
                                                                                : Access::Read};
        return exit;
    }
    case SvmExitCode::Intr:
    case SvmExitCode::Nmi:
    case SvmExitCode::Smi:
    case SvmExitCode::Init: return host_interrupt(state);
    case SvmExitCode::Vintr: return Exit(ExitKind::InterruptWindow);
    case SvmExitCode::Ioio: {
        const SvmIoInformation io(information);
        Exit exit(ExitKind::Io);
        exit.io = {control.exit_information[1], io.port(), io.size(), io.in(), io.string(), io.repeat()};
        return exit;
    }
    case SvmExitCode::Cpuid: return at_instruction(ExitKind::Cpuid, kCpuid, state);
    case SvmExitCode::Msr:
        return information & 1 ? at_instruction(ExitKind::WriteMsr, kWrmsr, state)
                               : at_instruction(ExitKind::ReadMsr, kRdmsr, state);
    case SvmExitCode::Hlt: return at_instruction(ExitKind::Halt, kHlt, state);
    case SvmExitCode::Invd: return at_instruction(ExitKind::CacheControl, kInvd, state);
    case SvmExitCode::Wbinvd: return at_instruction(ExitKind::CacheControl, kWbinvd, state);
    case SvmExitCode::Xsetbv: return at_instruction(ExitKind::WriteXcr0, kXsetbv, state);
    case SvmExitCode::WriteCr0:
    case SvmExitCode::WriteCr4:
    case SvmExitCode::WriteCr8: return control_write(state);
    case SvmExitCode::Iret:
        // The NMI's handler ends with this instruction, not before it.
        iret_pending_ = true;
        iret_rip_ = state.general.rip;
        return Exit(ExitKind::Vendor);
    case SvmExitCode::Rdpmc: return Exit(ExitKind::PrivilegedAccess);
    case SvmExitCode::Shutdown: return Exit(ExitKind::Shutdown);
    case SvmExitCode::Invalid: return Exit(ExitKind::BadState);
    default: return decode_range(static_cast<u32>(code), information);
    }
}

/// The codes that come in rows.
Exit SvmControlBlock::decode_range(u32 code, u64 information) {
    const auto in = [&](SvmExitCode first, u32 count) { return code - static_cast<u32>(first) < count; };
    if (in(SvmExitCode::ReadDr0, 32)) {
        // The guest's first use of a debug register since the last breakpoint was cleared: it gets them all.
        debug_loaded_ = true;
        vmcb_.control.intercept_dr_read = vmcb_.control.intercept_dr_write = 0;
        return Exit(ExitKind::Vendor);
    }
    if (in(SvmExitCode::Exception0, 32)) {
        constexpr u8 kAlignmentCheck = 17;
        const auto number = static_cast<u8>(code - static_cast<u32>(SvmExitCode::Exception0));
        Exit exit(ExitKind::Exception);
        exit.exception = number == kAlignmentCheck ? Event::exception(number, static_cast<u32>(information))
                                                   : Event::exception(number);
        return exit;
    }
    if (code == static_cast<u32>(SvmExitCode::Rsm) || code == static_cast<u32>(SvmExitCode::Invlpga) ||
        code == static_cast<u32>(SvmExitCode::Rdpru) || in(SvmExitCode::Vmrun, 7) || in(SvmExitCode::Monitor, 3)) {
        return Exit(ExitKind::ForbiddenInstruction);
    }
    Exit exit(ExitKind::Unknown);
    exit.unknown = {code, {information, vmcb_.control.exit_information[1]}};
    return exit;
}

/// The length of the instruction at RIP, prefixes and all, where it is `opcode`; else 0.
inline u8 SvmControlBlock::length_of(Opcode opcode, u64 rip) {
    if (const u8 length = reader_.remembered(rip, vmcb_.state.cr3, opcode)) return length;
    return walk_for_length(opcode, rip);
}

u8 SvmControlBlock::walk_for_length(Opcode opcode, u64 rip) { return reader_.read(rip, paging()).length_as(opcode); }

/// An exit for an instruction that will be skipped: its length comes from the processor, or from the guest's memory. Where
/// that no longer holds the instruction, the guest has changed it, and runs what is there now.
Exit SvmControlBlock::at_instruction(ExitKind kind, Opcode opcode, const GuestState& state) {
    const u64 told = vmcb_.control.next_rip - state.general.rip;
    if (vmcb_.control.next_rip && told >= 1 && told <= kMaxInstructionBytes) return Exit(kind, static_cast<u8>(told));
    const u8 length = length_of(opcode, state.general.rip);
    return length ? Exit(kind, length) : Exit(ExitKind::Vendor);
}

/// MOV to a control register, CLTS, or LMSW from a register. LMSW from memory is refused: no kernel of the last thirty years
/// has it.
Exit SvmControlBlock::control_write(GuestState& state) {
    const PagingState now = paging();
    const Instruction found = reader_.read(state.general.rip, now);
    const auto reg = static_cast<u8>((found.modrm() >> 3 & 7) | (found.rex & 4) << 1);
    const auto rm = static_cast<u8>((found.modrm() & 7) | (found.rex & 1) << 3);
    u64 operand = general_register(state.general, rm);
    if (!now.code_64_bit) operand = static_cast<u32>(operand);
    constexpr u64 kLmswBits = Cr0::MP | Cr0::EM | Cr0::TS;
    Exit exit(ExitKind::WriteControl);
    if (const u8 length = found.length_as(kMovToControl)) {
        exit.length = static_cast<u8>(length + 1);
        exit.control = {static_cast<ControlRegister>(reg), operand};
    } else if ((exit.length = found.length_as(kClts))) {
        exit.control = {ControlRegister::Cr0, now.cr0 & ~Cr0::TS};
    } else if (const u8 group = found.length_as(kGroup7); group && found.modrm() >= 0xf0 && found.modrm() <= 0xf7) {
        exit.length = static_cast<u8>(group + 1);  // it can set PE but not clear it
        exit.control = {ControlRegister::Cr0, (now.cr0 & ~kLmswBits) | (operand & (kLmswBits | Cr0::PE))};
    } else {
        return Exit(ExitKind::ForbiddenInstruction);
    }
    return exit;
}

/// Between STI and HLT the interrupt must wait, or the guest sleeps after it was woken. A VMCB can say so, but QEMU 7.2 does not
/// read it there; so the HLT is settled at once.
Exit SvmControlBlock::host_interrupt(const GuestState& state) {
    if (!state.shadow) return Exit(ExitKind::HostInterrupt);
    const u8 length = length_of(kHlt, state.general.rip);
    return length ? Exit(ExitKind::Halt, length) : Exit(ExitKind::HostInterrupt);
}

}  // namespace svm
