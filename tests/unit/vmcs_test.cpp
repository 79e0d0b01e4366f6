// SPDX-License-Identifier: MIT
/// @file
/// @brief The VMCS's encodings there and back, the choice of controls on good and bad machines, and exits decoded.
/// @chapter testing
#include "x86/vmcs.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "virt/vmx/control_block.h"
#include "x86/traps.h"

namespace {

using vmx::Controls;
using vmx::VmxExit;

/// Bochs 2.7's corei7_skylake_x.
const std::map<u32, u64> kBochs{{0x3a, 5},
                                {0x480, 0x00d8'1000'0000'002b},
                                {0x48b, 0x0217'7fff'0000'0000},
                                {0x48c, 0x0000'0f01'0633'4141},
                                {0x48d, 0x0000'007f'0000'0016},
                                {0x48e, 0xf7f9'fffe'0400'6172},
                                {0x48f, 0x007f'ffff'0003'6dfb},
                                {0x490, 0x0000'ffff'0000'11fb}};

std::map<u32, u64> machine;
std::set<u32> seen;
u64 read_machine(u32 msr) {
    seen.insert(msr);
    EXPECT_TRUE(machine.contains(msr)) << "MSR 0x" << std::hex << msr << " is not there: this would be #GP";
    return machine[msr];
}
/// What choose_controls says, "" where nothing is lacking.
std::string choose(std::map<u32, u64> msrs, Controls& controls) {
    machine = std::move(msrs);
    const char* lacking = vmx::choose_controls(read_machine, controls);
    return lacking ? lacking : "";
}
/// Bochs without some bits that may be 1 in a word of controls.
std::string without(u32 msr, u32 bits) {
    auto msrs = kBochs;
    msrs[msr] &= ~(static_cast<u64>(bits) << 32);
    Controls controls;
    return choose(std::move(msrs), controls);
}

TEST(Vmcs, FieldsHaveTheManualsNumbers) {
    const std::pair<VmcsField, u32> places[] = {
        {VmcsField::Vpid, 0x0000},
        {VmcsField::PostedVector, 0x0002},
        {VmcsField::PostedDescriptor, 0x2016},
        {VmcsField::GuestInterruptStatus, 0x0810},
        {VmcsField::HostTrSelector, 0x0c0c},
        {VmcsField::MsrBitmaps, 0x2004},
        {VmcsField::EptRoot, 0x201a},
        {VmcsField::GuestPhysicalAddress, 0x2400},
        {VmcsField::LinkPointer, 0x2800},
        {VmcsField::HostEfer, 0x2c02},
        {VmcsField::EntryControls, 0x4012},
        {VmcsField::ProcessorControls2, 0x401e},
        {VmcsField::ExitReason, 0x4402},
        {VmcsField::GuestInterruptibility, 0x4824},
        {VmcsField::Cr4Shadow, 0x6006},
        {VmcsField::ExitQualification, 0x6400},
        {VmcsField::GuestRflags, 0x6820},
        {VmcsField::HostRip, 0x6c16},
        {field_of(VmcsField::GuestSelector, 0), 0x0800},
        {field_of(VmcsField::GuestSelector, 7), 0x080e},
        {field_of(VmcsField::GuestLimit, 6), 0x480c},
        {field_of(VmcsField::GuestRights, kCodeSegment), 0x4816},
        {field_of(VmcsField::GuestBase, 5), 0x6810},
    };
    for (const auto& [field, number] : places) EXPECT_EQ(static_cast<u32>(field), number);
}

TEST(Vmcs, RightsComeBackAsTheyWent) {
    for (u32 attributes = 0; attributes < 0x1000; ++attributes) {
        const auto rights = VmcsRights::from_attributes(static_cast<u16>(attributes));
        EXPECT_EQ(rights.attributes(), attributes);
        EXPECT_EQ((rights.raw() & VmcsRights::kUnusable) != 0, !(attributes & 0x80));
        EXPECT_EQ(rights.raw() & ~0x1f0ffU, 0u) << "a reserved bit";
    }
    EXPECT_EQ(VmcsRights(0x1c093).attributes(), 0xc13) << "unusable: not present, whatever its P says";
}

TEST(VmxControls, TakesWhatBochsHas) {
    Controls controls;
    EXPECT_EQ(choose(kBochs, controls), "");
    EXPECT_EQ(controls.revision, 0x2bu);
    EXPECT_TRUE(controls.virtual_apic());
    EXPECT_TRUE(controls.accessed_dirty);
    const std::pair<u32, u32> words[] = {{0x48d, controls.pin},
                                         {0x48e, controls.processor},
                                         {0x48b, controls.processor2},
                                         {0x48f, controls.exit},
                                         {0x490, controls.entry}};
    for (const auto& [msr, value] : words) {
        const u64 allowed = kBochs.at(msr);
        EXPECT_EQ(static_cast<u32>(allowed) & ~value, 0u) << std::hex << msr << ": must be 1";
        EXPECT_EQ(value & ~static_cast<u32>(allowed >> 32), 0u) << std::hex << msr << ": must be 0";
    }
    EXPECT_EQ(controls.processor & VmxProcessor::CR3_LOAD_EXITING, 0u);
    EXPECT_EQ(controls.processor & VmxProcessor::CR8_LOAD_EXITING, 0u) << "the TPR shadow is enough";
}

/// A processor that can do anything: what Twain turns on is exactly this, and so every other control is off.
TEST(VmxControls, TurnsNothingElseOnWhateverTheMachineHas) {
    auto msrs = kBochs;
    for (u32 word : {0x48bu, 0x48du, 0x48eu, 0x48fu, 0x490u}) msrs[word] = 0xffff'ffff'0000'0000;
    Controls controls;
    EXPECT_EQ(choose(msrs, controls), "");
    EXPECT_EQ(controls.pin, 0xe9u);
    EXPECT_EQ(controls.processor, 0xb120'0c88u);
    EXPECT_EQ(controls.processor2, 0x83fau);
    EXPECT_EQ(controls.exit, 0x28'8204u);
    EXPECT_EQ(controls.entry, 0xc004u);
}

/// Every bit of the five words is on, on for some entries, on where it can be, reserved, or refused.
TEST(VmxControls, AccountsForEveryControl) {
    const std::pair<u32, u32> known[] = {
        {0x48d, 0xe9 | 0x16},                           // pin
        {0x48e, 0xb120'0c88 | 0xc8'0004 | 0x400'6172},  // processor: the windows, DRs and CR8 for some entries
        {0x48b, 0x83fa},                   // processor, second word: with the virtual APIC, WBINVD and ENCLS
        {0x48f, 0x28'8204 | 0x3'6dfb},     // exit
        {0x490, 0xc004 | 0x200 | 0x11fb},  // entry: long mode for some
    };
    for (const auto& [word, mask] : known) {
        for (unsigned bit = 0; bit < 32; ++bit) {
            auto msrs = kBochs;
            for (const auto& [each, unused] : known) msrs[each] = 0xffff'ffff'0000'0000;
            msrs[word] |= 1ULL << bit;
            Controls controls;
            EXPECT_EQ(choose(msrs, controls), mask >> bit & 1 ? "" : "VMX with a control that cannot be turned off")
                << std::hex << word << " bit " << std::dec << bit;
        }
    }
}

/// Processors that have posted interrupts take them; where the page is evaluated in software, that takes them.
TEST(VmxControls, TakesPostedInterruptsWhereTheProcessorDeliversThem) {
    Controls controls;
    EXPECT_EQ(choose(kBochs, controls), "");
    EXPECT_FALSE(controls.takes_posted()) << "Bochs has none";
    auto msrs = kBochs;
    msrs[0x48d] |= static_cast<u64>(VmxPin::PROCESS_POSTED_INTERRUPTS) << 32;
    EXPECT_EQ(choose(msrs, controls), "");
    EXPECT_TRUE(controls.takes_posted());
    EXPECT_TRUE(controls.exit & VmxExitControl::ACKNOWLEDGE_INTERRUPT) << "without it, entries fail";
    msrs[0x48b] &= ~(static_cast<u64>(VmxProcessor2::VIRTUAL_INTERRUPT_DELIVERY) << 32);
    EXPECT_EQ(choose(msrs, controls), "");
    EXPECT_FALSE(controls.takes_posted());
}

TEST(VmxControls, DoesWithoutAVirtualApic) {
    for (u32 absent : {VmxProcessor2::VIRTUALIZE_X2APIC_MODE, VmxProcessor2::APIC_REGISTER_VIRTUALIZATION,
                       VmxProcessor2::VIRTUAL_INTERRUPT_DELIVERY}) {
        auto msrs = kBochs;
        msrs[0x48b] &= ~(static_cast<u64>(absent) << 32);
        Controls controls;
        EXPECT_EQ(choose(msrs, controls), "");
        EXPECT_FALSE(controls.virtual_apic());
        EXPECT_EQ(controls.processor2 & 0x311, 0u) << "all of it or nothing";
        EXPECT_TRUE(controls.processor & VmxProcessor::CR8_LOAD_EXITING);
    }
}

TEST(VmxControls, SaysWhatABadMachineLacks) {
    Controls controls;
    auto msrs = kBochs;
    msrs[0x3a] = 1;
    EXPECT_EQ(choose(msrs, controls), "VMX switched off by the firmware");
    msrs[0x3a] = 0;
    EXPECT_EQ(choose(msrs, controls), "") << "not locked: Twain turns it on";
    EXPECT_EQ(without(0x48b, VmxProcessor2::ENABLE_EPT), "VMX without EPT");
    EXPECT_EQ(without(0x48b, VmxProcessor2::UNRESTRICTED_GUEST), "VMX without unrestricted guest");
    EXPECT_EQ(without(0x48b, VmxProcessor2::ENABLE_VPID), "VMX without VPID or RDTSCP");
    EXPECT_EQ(without(0x48d, VmxPin::VIRTUAL_NMIS), "VMX without virtual NMIs");
    EXPECT_NE(without(0x48f, VmxExitControl::LOAD_EFER), "");
    EXPECT_NE(without(0x490, VmxEntryControl::GUEST_IA32E_MODE), "");
    msrs = kBochs;
    msrs[0x48c] &= ~(1ULL << 14);
    EXPECT_EQ(choose(msrs, controls), "VMX with an EPT too plain for Twain");
    msrs = kBochs;
    msrs[0x48e] |= VmxProcessor::CR3_LOAD_EXITING;
    EXPECT_EQ(choose(msrs, controls), "VMX with a control that cannot be turned off");
    // A processor of 2006: no "true" capabilities, no secondary controls, and so no MSRs for them.
    EXPECT_EQ(choose({{0x3a, 5}, {0x480, 0x005a'0800'0000'000d}}, controls), "VMX of a processor before EPT");
    // The secondary controls' own MSR is there only where the controls are.
    msrs = kBochs;
    msrs[0x48e] &= ~(1ULL << 63);
    msrs.erase(0x48b);
    msrs.erase(0x48c);
    EXPECT_NE(choose(msrs, controls), "");
}

struct VmxDecode : testing::Test {
    abi::GeneralRegisters general{};
    GuestState state{general};
    bool code_64_bit = true;
    void SetUp() override { state.modes = {0x8005'0033, 0x20, 0x500}; }
    Exit decode(VmxExitReason reason, u64 qualification = 0, u8 length = 2) {
        return vmx::decode_exit({reason, qualification, length, 0xfee0'0010, {}, code_64_bit}, state);
    }
};

TEST_F(VmxDecode, KnowsFaultsAndPorts) {
    EXPECT_EQ(decode(VmxExitReason::EptViolation, 0x181).detail.mmio.access, abi::MmioAccess::Read);
    EXPECT_EQ(decode(VmxExitReason::EptViolation, 0x183).detail.mmio.access, abi::MmioAccess::Write)
        << "read and written at once";
    EXPECT_EQ(decode(VmxExitReason::EptViolation, 0x184).detail.mmio.access, abi::MmioAccess::Execute);
    EXPECT_EQ(decode(VmxExitReason::EptViolation, 0x181).detail.mmio.gpa, 0xfee0'0010u);
    general.rip = 0x1000;
    const Exit in = decode(VmxExitReason::Io, 0x03f8'0008, 1), outs = decode(VmxExitReason::Io, 0x01f0'0031);
    const auto &a = in.detail.io, &b = outs.detail.io;
    EXPECT_TRUE(a.direction == abi::IoDirection::In && !a.string && a.port == 0x3f8 && a.size == 1);
    EXPECT_EQ(a.next_rip, 0x1001u);
    EXPECT_TRUE(b.direction == abi::IoDirection::Out && b.string && b.repeat && b.port == 0x1f0 && b.size == 2);
    EXPECT_EQ(decode(VmxExitReason::Io, 0x0cf8'0003).detail.io.size, 4);
}

TEST_F(VmxDecode, KnowsControlRegisters) {
    general.rbx = 0x1'8000'0011;
    Exit exit = decode(VmxExitReason::ControlAccess, 0x300);
    EXPECT_EQ(exit.kind, ExitKind::WriteControl);
    EXPECT_EQ(exit.control.name, ControlWrite::Register::Cr0);
    EXPECT_EQ(exit.control.value, 0x1'8000'0011u);
    EXPECT_TRUE(exit.control.code_64_bit);
    code_64_bit = false;
    EXPECT_FALSE(decode(VmxExitReason::ControlAccess, 0x304).control.code_64_bit);
    EXPECT_EQ(decode(VmxExitReason::ControlAccess, 0x304).control.name, ControlWrite::Register::Cr4);
    state.modes.cr0 = 0x8005'003b;
    EXPECT_EQ(decode(VmxExitReason::ControlAccess, 0x20).control.value, 0x8005'0033u) << "CLTS";
    EXPECT_EQ(decode(VmxExitReason::ControlAccess, 0x8'0030).control.value, 0x8005'0039u) << "LMSW keeps PE";
}

TEST_F(VmxDecode, KnowsTheRest) {
    EXPECT_EQ(decode(VmxExitReason::Cpuid).length, 2);
    EXPECT_EQ(decode(VmxExitReason::Vmcall).kind, ExitKind::ForbiddenInstruction);
    EXPECT_EQ(decode(VmxExitReason::Vmxon).kind, ExitKind::ForbiddenInstruction);
    EXPECT_EQ(decode(VmxExitReason::Invvpid).kind, ExitKind::ForbiddenInstruction);
    EXPECT_EQ(decode(VmxExitReason::Rdpmc).kind, ExitKind::PrivilegedAccess);
    EXPECT_EQ(decode(VmxExitReason::NmiWindow).kind, ExitKind::InterruptWindow);
    EXPECT_EQ(decode(VmxExitReason::VirtualizedEoi, 0x63).detail.eoi.vector, 0x63u);
    EXPECT_EQ(decode(static_cast<VmxExitReason>(49)).kind, ExitKind::Unknown);
    const auto failed = [&](u32 reason) {
        return vmx::decode_exit({VmxExitReason{1U << 31 | reason}, 0, 0, 0, {}, true}, state);
    };
    EXPECT_EQ(failed(33).kind, ExitKind::BadState);
    EXPECT_EQ(failed(34).kind, ExitKind::BadState);
    EXPECT_EQ(failed(7).kind, ExitKind::Unknown) << "an instruction error, not an exit reason";
    EXPECT_EQ(failed(10).kind, ExitKind::Unknown);
    const Event unblocked_nmi(Event::nmi().raw() | 1 << 12);
    EXPECT_EQ(vmx::decode_exit({VmxExitReason::ExceptionOrNmi, 0, 0, 0, unblocked_nmi, true}, state).kind,
              ExitKind::HostInterrupt);
    const Exit exception =
        vmx::decode_exit({VmxExitReason::ExceptionOrNmi, 0, 0, 0, Event::exception(17, 0), true}, state);
    EXPECT_EQ(exception.kind, ExitKind::Exception);
    EXPECT_EQ(exception.exception, Event::exception(17, 0));
    const VmxExit int1{VmxExitReason::ExceptionOrNmi, 0, 1, 0, Event(0x8000'0501), true};
    EXPECT_EQ(vmx::decode_exit(int1, state).exception, Event::exception(1)) << "or it would be run for ever";
}

}  // namespace
