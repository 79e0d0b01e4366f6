// SPDX-License-Identifier: MIT
/// @file
/// @brief From SVM's exit code and its information to an Exit.
/// @chapter exits
#include "virt/svm/control_block.h"
#include "x86/traps.h"

namespace svm {

namespace {

using enum SvmExitCode;

/// The codes that say it all but for the length of the instruction, which `opcode` tells.
constexpr struct {
    SvmExitCode first, last;
    ExitKind kind;
    Opcode opcode = {};
} kPlain[] = {
    {Vintr, Vintr, ExitKind::InterruptWindow},
    {Cpuid, Cpuid, ExitKind::Cpuid, kCpuid},
    {Hlt, Hlt, ExitKind::Halt, kHlt},
    {Invd, Invd, ExitKind::CacheControl, kInvd},
    {Wbinvd, Wbinvd, ExitKind::CacheControl, kWbinvd},
    {Xsetbv, Xsetbv, ExitKind::WriteXcr0, kXsetbv},
    {ReadDr0, WriteDr15, ExitKind::DebugRegisters},
    {Rdpmc, Rdpmc, ExitKind::PrivilegedAccess},
    {Rsm, Rsm, ExitKind::ForbiddenInstruction},
    {Invlpga, Invlpga, ExitKind::ForbiddenInstruction},
    {Vmrun, Skinit, ExitKind::ForbiddenInstruction},
    {Monitor, MwaitArmed, ExitKind::ForbiddenInstruction},
    {Rdpru, Rdpru, ExitKind::ForbiddenInstruction},
    {Shutdown, Shutdown, ExitKind::Shutdown},
    {Invalid, Invalid, ExitKind::BadState},
};

}  // namespace

/// The length of the instruction at RIP, prefixes and all, where it is `expected`; else 0.
inline u8 SvmControlBlock::length_of(Opcode expected, const GuestState& state) {
    const u8 length = reader_.remembered(state.general.rip, vmcb_.state.cr3, expected);
    return length ? length : reader_.read(state.general.rip, paging(state)).length_as(expected);
}

Exit SvmControlBlock::decode(GuestState& state) {
    const VmcbControl& control = vmcb_.control;
    const auto code = static_cast<SvmExitCode>(control.exit_code);
    switch (code) {
    case NestedPageFault:
        return nested_fault(SvmFaultInformation(control.exit_information[0]), control.exit_information[1]);
    case Ioio: return port_access(SvmIoInformation(control.exit_information[0]), control.exit_information[1]);
    case Msr:
        return control.exit_information[0] & 1 ? at_instruction(ExitKind::WriteMsr, kWrmsr, state)
                                               : at_instruction(ExitKind::ReadMsr, kRdmsr, state);
    case WriteCr0:
    case WriteCr4:
    case WriteCr8: return control_write(state);
    case Intr:
    case Nmi:
    case Smi:
    case Init: {
        // Between STI and HLT the interrupt must wait, or the guest sleeps after it was woken. A VMCB can say so, but QEMU 7.2
        // does not read it there; so the HLT is settled at once.
        const u8 halt = state.shadow ? length_of(kHlt, state) : u8{0};
        return halt ? Exit(ExitKind::Halt, halt) : Exit(ExitKind::HostInterrupt);
    }
    case Iret:
        // The NMI's handler ends with this instruction, not before it.
        iret_pending_ = true;
        iret_rip_ = state.general.rip;
        return Exit(ExitKind::Vendor);
    default: break;
    }
    for (const auto& plain : kPlain) {
        if (code >= plain.first && code <= plain.last) return at_instruction(plain.kind, plain.opcode, state);
    }
    const bool exception = code >= Exception0 && code <= Exception31;
    Exit exit(exception ? ExitKind::Exception : ExitKind::Unknown);
    exit.detail.unhandled = {control.exit_code, {control.exit_information[0], control.exit_information[1]}};
    const auto number = static_cast<u8>(control.exit_code - static_cast<u64>(Exception0));
    if (exception) exit.exception = number == vector::kDebug ? Event::exception(number) : Event::exception(number, 0);
    return exit;
}

/// An exit for an instruction that will be skipped: its length comes from the processor, or from the guest's memory. Where
/// that no longer holds the instruction, the guest has changed it, and runs what is there now.
inline Exit SvmControlBlock::at_instruction(ExitKind kind, Opcode opcode, const GuestState& state) {
    if (!opcode.bytes) return Exit(kind);
    const u64 told = vmcb_.control.next_rip - state.general.rip;
    if (vmcb_.control.next_rip && told >= 1 && told <= kMaxInstructionBytes) return Exit(kind, static_cast<u8>(told));
    const u8 length = length_of(opcode, state);
    return length ? Exit(kind, length) : Exit(ExitKind::Vendor);
}

PagingState SvmControlBlock::paging(const GuestState& state) const {
    const VmcbState& s = vmcb_.state;
    return {s.cr0, s.cr3, state.modes.efer, s.cs.base, is_64_bit_code(state.modes, s.cs.attributes)};
}

/// MOV to a control register, CLTS, or LMSW from a register. LMSW from memory is refused: no kernel of the last thirty years
/// has it.
Exit SvmControlBlock::control_write(const GuestState& state) {
    const PagingState now = paging(state);
    const Instruction found = reader_.read(state.general.rip, now);
    const u64 cr0 = state.modes.cr0, operand = general_register(state.general, found.rm());
    Exit exit(ExitKind::WriteControl);
    if (const u8 length = found.length_as(kMovToControl)) {
        exit.length = static_cast<u8>(length + 1);
        exit.control = {ControlWrite::Register{found.reg()}, now.code_64_bit, operand};
    } else if ((exit.length = found.length_as(kClts))) {
        exit.control = {ControlWrite::Register::Cr0, now.code_64_bit, cr0 & ~Cr0::TS};
    } else if (const u8 group = found.length_as(kGroup7); group && found.modrm() >= 0xf0 && found.modrm() <= 0xf7) {
        exit.length = static_cast<u8>(group + 1);
        exit.control = {ControlWrite::Register::Cr0, now.code_64_bit, with_lmsw(cr0, operand)};
    } else {
        return Exit(ExitKind::ForbiddenInstruction);
    }
    return exit;
}

}  // namespace svm
