// SPDX-License-Identifier: MIT
/// @file
/// @brief From VMX's exit reason and qualification to an Exit.
/// @chapter exits
#include "virt/vmx/control_block.h"

namespace vmx {

namespace {

using enum VmxExitReason;

Exit control_write(const VmxExit& exit, const GuestState& state) {
    const VmxControlQualification access(exit.qualification);
    Exit decoded(ExitKind::WriteControl, exit.length);
    decoded.control = {ControlWrite::Register::Cr0, exit.code_64_bit, state.modes.cr0 & ~Cr0::TS};  // CLTS
    if (access.kind() == VmxControlQualification::Kind::Lmsw)
        decoded.control.value = with_lmsw(state.modes.cr0, access.lmsw_source());
    if (access.kind() == VmxControlQualification::Kind::MovTo)
        decoded.control = {ControlWrite::Register{access.control()}, exit.code_64_bit,
                           general_register(state.general, access.general())};
    return decoded;
}

Exit exception(const VmxExit& exit) {
    if (exit.event.is(Event::Nmi)) return Exit(ExitKind::HostInterrupt);
    Exit decoded(ExitKind::Exception);
    decoded.exception = exit.event.as_exception();
    return decoded;
}

constexpr u64 set_of(auto... reasons) { return ((1ULL << static_cast<u32>(reasons)) | ...); }

/// The reasons that say it all, but for the length of the instruction.
constexpr struct {
    u64 reasons;
    ExitKind kind;
} kPlain[] = {
    {set_of(ExternalInterrupt, Init, PreemptionTimer), ExitKind::HostInterrupt},
    {set_of(InterruptWindow, NmiWindow), ExitKind::InterruptWindow},
    {set_of(Wrmsr), ExitKind::WriteMsr},
    {set_of(Rdmsr), ExitKind::ReadMsr},
    {set_of(Cpuid), ExitKind::Cpuid},
    {set_of(Hlt), ExitKind::Halt},
    {set_of(MovDr), ExitKind::DebugRegisters},
    {set_of(Invd, Wbinvd), ExitKind::CacheControl},
    {set_of(Xsetbv), ExitKind::WriteXcr0},
    {set_of(Rdpmc, TaskSwitch), ExitKind::PrivilegedAccess},
    {set_of(TripleFault), ExitKind::Shutdown},
    {set_of(Vmcall, Vmclear, Vmlaunch, Vmptrld, Vmptrst, Vmread, Vmresume, Vmwrite, Vmxoff, Vmxon, Invept, Invvpid,
            Getsec, Rsm, Mwait, Monitor, Encls),
     ExitKind::ForbiddenInstruction},
};

}  // namespace

Exit decode_exit(const VmxExit& exit, const GuestState& state) {
    switch (exit.reason) {
    case ExceptionOrNmi: return exception(exit);
    case ControlAccess: return control_write(exit, state);
    case Io: return port_access(VmxIoQualification(exit.qualification), state.general.rip + exit.length);
    case EptViolation: return nested_fault(VmxFaultQualification(exit.qualification), exit.guest_physical);
    default: break;
    }
    for (const auto& [reasons, kind] : kPlain) {
        if (exit.reason < Xrstors && (reasons & set_of(exit.reason))) return Exit(kind, exit.length);
    }
    if (exit.reason == EntryInvalidState || exit.reason == EntryMsrLoading) return Exit(ExitKind::BadState);
    const bool ends = exit.reason == VirtualizedEoi;
    Exit decoded(ends ? ExitKind::EndOfInterrupt : ExitKind::Unknown);
    decoded.detail.unhandled = {static_cast<u32>(exit.reason), {exit.qualification, exit.guest_physical}};
    if (ends) decoded.detail.eoi = {static_cast<u32>(exit.qualification)};
    return decoded;
}

}  // namespace vmx
