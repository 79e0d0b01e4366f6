// SPDX-License-Identifier: MIT
/// @file
/// @brief The VMCB's layout against the manual's table, and its fields there and back.
/// @chapter testing
#include "x86/vmcb.h"

#include <gtest/gtest.h>

namespace {

/// Offsets copied from the tables of Appendix B, not from the structure.
TEST(Vmcb, HasTheManualsLayout) {
    EXPECT_EQ(sizeof(Vmcb), 4096u);
    const std::pair<size_t, size_t> places[] = {
        {offsetof(VmcbControl, intercept_cr_read), 0x000},
        {offsetof(VmcbControl, intercept_cr_write), 0x002},
        {offsetof(VmcbControl, intercept_dr_read), 0x004},
        {offsetof(VmcbControl, intercept_dr_write), 0x006},
        {offsetof(VmcbControl, intercept_exceptions), 0x008},
        {offsetof(VmcbControl, intercepts), 0x00c},
        {offsetof(VmcbControl, intercepts_svm), 0x010},
        {offsetof(VmcbControl, io_permissions), 0x040},
        {offsetof(VmcbControl, msr_permissions), 0x048},
        {offsetof(VmcbControl, tsc_offset), 0x050},
        {offsetof(VmcbControl, asid), 0x058},
        {offsetof(VmcbControl, tlb_control), 0x05c},
        {offsetof(VmcbControl, interrupt_control), 0x060},
        {offsetof(VmcbControl, interrupt_shadow), 0x068},
        {offsetof(VmcbControl, exit_code), 0x070},
        {offsetof(VmcbControl, exit_information), 0x078},
        {offsetof(VmcbControl, exit_event), 0x088},
        {offsetof(VmcbControl, nested_enable), 0x090},
        {offsetof(VmcbControl, inject), 0x0a8},
        {offsetof(VmcbControl, nested_root), 0x0b0},
        {offsetof(VmcbControl, clean), 0x0c0},
        {offsetof(VmcbControl, next_rip), 0x0c8},
        {offsetof(Vmcb, state.es), 0x400},
        {offsetof(Vmcb, state.cs), 0x410},
        {offsetof(Vmcb, state.ss), 0x420},
        {offsetof(Vmcb, state.ds), 0x430},
        {offsetof(Vmcb, state.fs), 0x440},
        {offsetof(Vmcb, state.gs), 0x450},
        {offsetof(Vmcb, state.gdtr), 0x460},
        {offsetof(Vmcb, state.ldtr), 0x470},
        {offsetof(Vmcb, state.idtr), 0x480},
        {offsetof(Vmcb, state.tr), 0x490},
        {offsetof(Vmcb, state.cpl), 0x4cb},
        {offsetof(Vmcb, state.efer), 0x4d0},
        {offsetof(Vmcb, state.cr4), 0x548},
        {offsetof(Vmcb, state.cr3), 0x550},
        {offsetof(Vmcb, state.cr0), 0x558},
        {offsetof(Vmcb, state.dr7), 0x560},
        {offsetof(Vmcb, state.dr6), 0x568},
        {offsetof(Vmcb, state.rflags), 0x570},
        {offsetof(Vmcb, state.rip), 0x578},
        {offsetof(Vmcb, state.rsp), 0x5d8},
        {offsetof(Vmcb, state.rax), 0x5f8},
        {offsetof(Vmcb, state.star), 0x600},
        {offsetof(Vmcb, state.kernel_gs_base), 0x620},
        {offsetof(Vmcb, state.sysenter_eip), 0x638},
        {offsetof(Vmcb, state.cr2), 0x640},
        {offsetof(Vmcb, state.pat), 0x668},
    };
    for (const auto& [offset, manual] : places) EXPECT_EQ(offset, manual);
}

TEST(Vmcb, ReadsExitInformation) {
    const SvmIoInformation in_byte(0x03f8'0011), rep_outs_word(0x01f0'002c), out_long(0x0cf8'0040);
    EXPECT_TRUE(in_byte.in());
    EXPECT_EQ(in_byte.port(), 0x3f8);
    EXPECT_EQ(in_byte.size(), 1);
    EXPECT_FALSE(in_byte.string());
    EXPECT_FALSE(rep_outs_word.in());
    EXPECT_TRUE(rep_outs_word.string());
    EXPECT_TRUE(rep_outs_word.repeat());
    EXPECT_EQ(rep_outs_word.size(), 2);
    EXPECT_EQ(out_long.size(), 4);
    EXPECT_EQ(out_long.port(), 0xcf8);
    EXPECT_TRUE(SvmFaultInformation(0x1'0000'0006).write());
    EXPECT_FALSE(SvmFaultInformation(0x1'0000'0004).write());
    EXPECT_TRUE(SvmFaultInformation(0x1'0000'0014).execute());
}

TEST(Vmcb, KeepsTheTaskPriorityApartFromTheWindow) {
    const VmcbInterruptControl control(0xb);
    EXPECT_FALSE(control.window());
    EXPECT_EQ(control.tpr(), 0xb);
    EXPECT_TRUE(control.with_window().window());
    EXPECT_EQ(control.with_window().tpr(), 0xb);
}

}  // namespace
