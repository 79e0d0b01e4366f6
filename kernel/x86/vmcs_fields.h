// SPDX-License-Identifier: MIT
/// @file
/// @brief Every field of a VMCS that a debugger may want to see, by the manual's name.
/// @chapter observability
///
/// The kernel's stub reads them with VMREAD, in this order; the debugger names what it was given by the same table.
/// @sdm{Field Encoding in VMCS, Appendix B}
#pragma once

#include <array>
#include <iterator>

#include "lib/types.h"

struct VmcsFieldName {
    u32 encoding;
    const char* name;
};

// clang-format off
inline constexpr VmcsFieldName kVmcsFieldNames[] = {
    {0x4000, "Pin-based controls"}, {0x4002, "Processor-based controls"}, {0x401e, "Secondary controls"},
    {0x400c, "VM-exit controls"}, {0x4012, "VM-entry controls"},
    {0x0000, "VPID"}, {0x0002, "Posted-interrupt vector"}, {0x201a, "EPT pointer"}, {0x2004, "MSR bitmaps"},
    {0x2000, "I/O bitmap A"}, {0x2002, "I/O bitmap B"}, {0x2010, "TSC offset"}, {0x2032, "TSC multiplier"},
    {0x2012, "Virtual-APIC address"}, {0x2014, "APIC-access address"}, {0x401c, "TPR threshold"},
    {0x2016, "Posted-interrupt address"},
    {0x201c, "EOI-exit bitmap 0"}, {0x201e, "EOI-exit bitmap 1"}, {0x2020, "EOI-exit bitmap 2"},
    {0x2022, "EOI-exit bitmap 3"},
    {0x4004, "Exception bitmap"}, {0x4006, "#PF error-code mask"}, {0x4008, "#PF error-code match"},
    {0x400a, "CR3-target count"},
    {0x6000, "CR0 guest/host mask"}, {0x6004, "CR0 read shadow"}, {0x6002, "CR4 guest/host mask"},
    {0x6006, "CR4 read shadow"},
    {0x2006, "VM-exit MSR-store"}, {0x400e, "VM-exit MSR-store count"}, {0x2008, "VM-exit MSR-load"},
    {0x4010, "VM-exit MSR-load count"}, {0x200a, "VM-entry MSR-load"}, {0x4014, "VM-entry MSR-load count"},
    {0x4016, "VM-entry event"}, {0x4018, "VM-entry event error"}, {0x401a, "VM-entry length"},
    {0x202e, "ENCLS-exiting bitmap"}, {0x202c, "XSS-exiting bitmap"}, {0x2018, "VM-function controls"},
    {0x4020, "PLE_Gap"}, {0x4022, "PLE_Window"},

    {0x4402, "Exit reason"}, {0x6400, "Exit qualification"}, {0x2400, "Guest-physical address"},
    {0x640a, "Guest-linear address"}, {0x4404, "VM-exit event"}, {0x4406, "VM-exit event error"},
    {0x4408, "IDT-vectoring info"}, {0x440a, "IDT-vectoring error"}, {0x440c, "Instruction length"},
    {0x440e, "Instruction info"},

    {0x681e, "Guest RIP"}, {0x681c, "Guest RSP"}, {0x6820, "Guest RFLAGS"},
    {0x6800, "Guest CR0"}, {0x6802, "Guest CR3"}, {0x6804, "Guest CR4"}, {0x681a, "Guest DR7"},
    {0x2806, "Guest IA32_EFER"}, {0x2804, "Guest IA32_PAT"}, {0x2802, "Guest IA32_DEBUGCTL"},
    {0x0802, "Guest CS selector"}, {0x6808, "Guest CS base"}, {0x4802, "Guest CS limit"}, {0x4816, "Guest CS rights"},
    {0x0804, "Guest SS selector"}, {0x680a, "Guest SS base"}, {0x4804, "Guest SS limit"}, {0x4818, "Guest SS rights"},
    {0x0806, "Guest DS selector"}, {0x680c, "Guest DS base"}, {0x4806, "Guest DS limit"}, {0x481a, "Guest DS rights"},
    {0x0800, "Guest ES selector"}, {0x6806, "Guest ES base"}, {0x4800, "Guest ES limit"}, {0x4814, "Guest ES rights"},
    {0x0808, "Guest FS selector"}, {0x680e, "Guest FS base"}, {0x4808, "Guest FS limit"}, {0x481c, "Guest FS rights"},
    {0x080a, "Guest GS selector"}, {0x6810, "Guest GS base"}, {0x480a, "Guest GS limit"}, {0x481e, "Guest GS rights"},
    {0x080c, "Guest LDTR selector"}, {0x6812, "Guest LDTR base"}, {0x480c, "Guest LDTR limit"},
    {0x4820, "Guest LDTR rights"},
    {0x080e, "Guest TR selector"}, {0x6814, "Guest TR base"}, {0x480e, "Guest TR limit"}, {0x4822, "Guest TR rights"},
    {0x6816, "Guest GDTR base"}, {0x4810, "Guest GDTR limit"}, {0x6818, "Guest IDTR base"},
    {0x4812, "Guest IDTR limit"},
    {0x4824, "Interruptibility state"}, {0x4826, "Activity state"}, {0x6822, "Pending debug"},
    {0x0810, "Interrupt status"}, {0x482e, "Preemption timer"}, {0x482a, "Guest SYSENTER_CS"},
    {0x6824, "Guest SYSENTER_ESP"}, {0x6826, "Guest SYSENTER_EIP"}, {0x2800, "VMCS link pointer"},

    {0x6c16, "Host RIP"}, {0x6c14, "Host RSP"}, {0x6c00, "Host CR0"}, {0x6c02, "Host CR3"}, {0x6c04, "Host CR4"},
    {0x2c02, "Host IA32_EFER"}, {0x2c00, "Host IA32_PAT"},
    {0x0c02, "Host CS selector"}, {0x0c04, "Host SS selector"}, {0x0c06, "Host DS selector"},
    {0x0c00, "Host ES selector"}, {0x0c08, "Host FS selector"}, {0x6c06, "Host FS base"},
    {0x0c0a, "Host GS selector"}, {0x6c08, "Host GS base"}, {0x0c0c, "Host TR selector"}, {0x6c0a, "Host TR base"},
    {0x6c0c, "Host GDTR base"}, {0x6c0e, "Host IDTR base"},
    {0x4c00, "Host SYSENTER_CS"}, {0x6c10, "Host SYSENTER_ESP"}, {0x6c12, "Host SYSENTER_EIP"},
};
// clang-format on
inline constexpr usize kVmcsFieldCount = std::size(kVmcsFieldNames);

/// The encodings alone: the names would only be weight in the kernel.
inline constexpr auto kVmcsEncodings = [] {
    std::array<u32, kVmcsFieldCount> encodings{};
    for (usize at = 0; at < kVmcsFieldCount; ++at) encodings[at] = kVmcsFieldNames[at].encoding;
    return encodings;
}();
/// Where a field stands in the table; kVmcsFieldCount: nowhere.
constexpr usize vmcs_field_index(u32 encoding) {
    usize at = 0;
    while (at < kVmcsFieldCount && kVmcsEncodings[at] != encoding) ++at;
    return at;
}
static_assert(vmcs_field_index(0x4000) == 0 && vmcs_field_index(0x6802) < kVmcsFieldCount);
static_assert([] {
    for (usize at = 0; at < kVmcsFieldCount; ++at) {
        if (vmcs_field_index(kVmcsEncodings[at]) != at) return false;  // named twice
    }
    return true;
}());
