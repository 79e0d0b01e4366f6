// SPDX-License-Identifier: MIT
/// @file
/// @brief The VMCB's fields, from the layout that the kernel itself uses.
/// @chapter ring-v
#include "debugger-ui/model/control_block.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <iterator>

namespace debugger {
namespace {

struct Place {
    const char* name;
    usize offset, bytes;
};
#define CONTROL(name, member) \
    { name, offsetof(VmcbControl, member), sizeof(VmcbControl::member) }
constexpr Place kControl[] = {
    CONTROL("INTERCEPT_CR_READ", intercept_cr_read),
    CONTROL("INTERCEPT_CR_WRITE", intercept_cr_write),
    CONTROL("INTERCEPT_DR_READ", intercept_dr_read),
    CONTROL("INTERCEPT_DR_WRITE", intercept_dr_write),
    CONTROL("INTERCEPT_EXCEPTIONS", intercept_exceptions),
    CONTROL("INTERCEPTS", intercepts),
    CONTROL("INTERCEPTS_SVM", intercepts_svm),
    CONTROL("IOPM_BASE_PA", io_permissions),
    CONTROL("MSRPM_BASE_PA", msr_permissions),
    CONTROL("TSC_OFFSET", tsc_offset),
    CONTROL("GUEST_ASID", asid),
    CONTROL("TLB_CONTROL", tlb_control),
    CONTROL("VINTR", interrupt_control),
    CONTROL("INTERRUPT_SHADOW", interrupt_shadow),
    CONTROL("EXITCODE", exit_code),
    CONTROL("EXITINFO1", exit_information[0]),
    CONTROL("EXITINFO2", exit_information[1]),
    CONTROL("EXITINTINFO", exit_event),
    CONTROL("NP_ENABLE", nested_enable),
    CONTROL("EVENTINJ", inject),
    CONTROL("N_CR3", nested_root),
    CONTROL("LBR_CONTROL", lbr_control),
    CONTROL("VMCB_CLEAN", clean),
    CONTROL("nRIP", next_rip),
};
#undef CONTROL
#define STATE(name, member) \
    { name, offsetof(VmcbState, member), sizeof(VmcbState::member) }
constexpr Place kState[] = {
    STATE("ES", es),
    STATE("CS", cs),
    STATE("SS", ss),
    STATE("DS", ds),
    STATE("FS", fs),
    STATE("GS", gs),
    STATE("GDTR", gdtr),
    STATE("LDTR", ldtr),
    STATE("IDTR", idtr),
    STATE("TR", tr),
    STATE("CPL", cpl),
    STATE("EFER", efer),
    STATE("CR0", cr0),
    STATE("CR2", cr2),
    STATE("CR3", cr3),
    STATE("CR4", cr4),
    STATE("DR6", dr6),
    STATE("DR7", dr7),
    STATE("RFLAGS", rflags),
    STATE("RIP", rip),
    STATE("RSP", rsp),
    STATE("RAX", rax),
    STATE("STAR", star),
    STATE("LSTAR", lstar),
    STATE("CSTAR", cstar),
    STATE("SFMASK", sfmask),
    STATE("KernelGsBase", kernel_gs_base),
    STATE("SYSENTER_CS", sysenter_cs),
    STATE("SYSENTER_ESP", sysenter_esp),
    STATE("SYSENTER_EIP", sysenter_eip),
    STATE("G_PAT", pat),
};
#undef STATE

/// A segment register is 16 bytes; its value alone says little.
std::string segment_text(const abi::Segment& segment) {
    char text[96];
    std::snprintf(text, sizeof(text), "%04x, attributes %03x, limit %x, base %" PRIx64, segment.selector,
                  segment.attributes, segment.limit, segment.base);
    return text;
}

void add(std::vector<ControlField>& fields, const char* group, usize base, const Place& place, const Vmcb& block) {
    const auto* bytes = reinterpret_cast<const u8*>(&block) + base + place.offset;
    ControlField field{group, place.name, static_cast<unsigned>(base + place.offset), 0, {}};
    std::memcpy(&field.value, bytes, std::min<usize>(place.bytes, sizeof(field.value)));
    if (place.bytes == sizeof(abi::Segment)) {
        abi::Segment segment;
        std::memcpy(&segment, bytes, sizeof(segment));
        field.text = segment_text(segment);
    } else if (place.offset == offsetof(VmcbControl, exit_code) && base == 0) {
        field.text = exit_name(field.value);
    }
    fields.push_back(std::move(field));
}

}  // namespace

std::string exit_name(u64 code) {
    struct Name {
        SvmExitCode code;
        const char* name;
    };
    static constexpr Name kNames[] = {
        {SvmExitCode::Intr, "INTR"},       {SvmExitCode::Nmi, "NMI"},       {SvmExitCode::Smi, "SMI"},
        {SvmExitCode::Init, "INIT"},       {SvmExitCode::Vintr, "VINTR"},   {SvmExitCode::Rdpmc, "RDPMC"},
        {SvmExitCode::Cpuid, "CPUID"},     {SvmExitCode::Rsm, "RSM"},       {SvmExitCode::Iret, "IRET"},
        {SvmExitCode::Invd, "INVD"},       {SvmExitCode::Hlt, "HLT"},       {SvmExitCode::Invlpga, "INVLPGA"},
        {SvmExitCode::Ioio, "IOIO"},       {SvmExitCode::Msr, "MSR"},       {SvmExitCode::Shutdown, "SHUTDOWN"},
        {SvmExitCode::Vmrun, "VMRUN"},     {SvmExitCode::Skinit, "SKINIT"}, {SvmExitCode::Wbinvd, "WBINVD"},
        {SvmExitCode::Monitor, "MONITOR"}, {SvmExitCode::Xsetbv, "XSETBV"}, {SvmExitCode::NestedPageFault, "NPF"},
        {SvmExitCode::Invalid, "INVALID"},
    };
    const auto low = static_cast<u32>(code);
    for (const Name& one : kNames) {
        if (static_cast<u32>(one.code) == low) return one.name;
    }
    const auto numbered = [low](const char* name, SvmExitCode first, u32 behind = 0) {
        return name + std::to_string(low - static_cast<u32>(first) - behind);
    };
    if (low < 0x10) return numbered("CR_READ", SvmExitCode::ReadCr0);
    if (low < 0x20) return numbered("CR_WRITE", SvmExitCode::WriteCr0);
    if (low < 0x30) return numbered("DR_READ", SvmExitCode::ReadDr0);
    if (low < 0x40) return numbered("DR_WRITE", SvmExitCode::ReadDr0, 0x10);
    if (low < 0x60) return numbered("EXCP", SvmExitCode::Exception0);
    return {};
}

std::string vmx_exit_name(u64 reason) {
    struct Name {
        VmxExitReason reason;
        const char* name;
    };
    using enum VmxExitReason;
    static constexpr Name kNames[] = {
        {ExceptionOrNmi, "exception or NMI"},
        {ExternalInterrupt, "external interrupt"},
        {TripleFault, "triple fault"},
        {Init, "INIT signal"},
        {InterruptWindow, "interrupt window"},
        {NmiWindow, "NMI window"},
        {TaskSwitch, "task switch"},
        {Cpuid, "CPUID"},
        {Getsec, "GETSEC"},
        {Hlt, "HLT"},
        {Invd, "INVD"},
        {Rdpmc, "RDPMC"},
        {Rsm, "RSM"},
        {Vmcall, "VMCALL"},
        {Vmclear, "VMCLEAR"},
        {Vmlaunch, "VMLAUNCH"},
        {Vmptrld, "VMPTRLD"},
        {Vmptrst, "VMPTRST"},
        {Vmread, "VMREAD"},
        {Vmresume, "VMRESUME"},
        {Vmwrite, "VMWRITE"},
        {Vmxoff, "VMXOFF"},
        {Vmxon, "VMXON"},
        {ControlAccess, "control-register access"},
        {MovDr, "MOV DR"},
        {Io, "I/O instruction"},
        {Rdmsr, "RDMSR"},
        {Wrmsr, "WRMSR"},
        {Mwait, "MWAIT"},
        {Monitor, "MONITOR"},
        {VirtualizedEoi, "virtualized EOI"},
        {EptViolation, "EPT violation"},
        {Invept, "INVEPT"},
        {PreemptionTimer, "preemption timer"},
        {Invvpid, "INVVPID"},
        {Wbinvd, "WBINVD"},
        {Xsetbv, "XSETBV"},
        {Encls, "ENCLS"},
        {Xrstors, "XRSTORS"},
        {EntryInvalidState, "entry failed: guest state"},
        {EntryMsrLoading, "entry failed: MSR loading"},
    };
    const auto low = static_cast<u32>(reason);
    for (const Name& one : kNames) {
        if (static_cast<u32>(one.reason) == low) return one.name;
    }
    return {};
}

u64 vmcs_value(std::span<const u64, kVmcsFieldCount> values, VmcsField field) {
    return values[vmcs_field_index(static_cast<u32>(field))];
}

std::vector<ControlField> fields_of_vmcs(std::span<const u64, kVmcsFieldCount> values) {
    std::vector<ControlField> fields;
    for (usize at = 0; at < kVmcsFieldCount; ++at) {
        const auto [encoding, name] = kVmcsFieldNames[at];
        // The type of a field, bits 11:10 of its encoding. @sdm{VMCS Fields Encoding, Appendix B}
        static constexpr const char* kGroups[] = {"control", "exit", "state", "host"};
        ControlField field{kGroups[encoding >> 10 & 3], name, encoding, values[at], {}};
        if (encoding == static_cast<u32>(VmcsField::ExitReason)) field.text = vmx_exit_name(values[at]);
        fields.push_back(std::move(field));
    }
    return fields;
}

std::vector<ControlField> fields_of(const Vmcb& block) {
    std::vector<ControlField> fields;
    for (const Place& place : kControl) add(fields, "control", 0, place, block);
    for (const Place& place : kState) add(fields, "state", sizeof(VmcbControl), place, block);
    return fields;
}

}  // namespace debugger
