// SPDX-License-Identifier: MIT
/// @file
/// @brief VMX found, turned on, and its MSR bitmaps.
/// @chapter ring-v
#include "lib/string.h"
#include "virt/local_apic.h"
#include "virt/vmx/control_block.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/local_apic.h"

namespace vmx {

namespace {

constexpr u32 kVmxBit = 1U << 5;  ///< 1 ECX

constinit Core cores[kMaxCpus];
constinit Controls controls;
constinit PhysAddr msr_bitmaps;

/// Where the read bits of the low and the high MSRs stand in the bitmaps, and how far behind the write bits.
/// @sdm{MSR-Bitmap Address, 25.6.9}
constexpr u32 kHighBits = 1024, kWriteBits = 2048;

void allow_msr(u8* bitmaps, u32 part, u32 number) {
    u8& byte = bitmaps[part + (number >= 0xc000'0000 ? kHighBits : 0) + (number & 0x1fff) / 8];
    byte = static_cast<u8>(byte & ~(1U << number % 8));
}

/// Everything exits but the MSRs that entry and exit exchange, and the APIC's where the processor evaluates the page and the guest
/// has them.
Result<void> make_msr_bitmaps() {
    msr_bitmaps = TRY(frames::allocate(1, Fill::Nothing));
    auto* bitmaps = static_cast<u8*>(frames::virt_from_phys(msr_bitmaps));
    memset(bitmaps, 0xff, kPageBytes);
    for (u32 number : kGuestMsrs) allow_msr(bitmaps, 0, number), allow_msr(bitmaps, kWriteBits, number);
    memcpy(bitmaps + kPageBytes, bitmaps, kPageBytes);
    if (!controls.virtual_apic()) return {};
    constexpr u32 kTimerCount =
        msr_from_apic_register(ApicRegister::TimerCurrentCount);  // which the page does not have
    for (u32 msr = kX2ApicFirstMsr; msr <= kX2ApicLastMsr; ++msr) {
        if (LocalApic::is_readable(msr) && msr != kTimerCount) allow_msr(bitmaps, 0, msr);
    }
    for (auto written : {ApicRegister::TaskPriority, ApicRegister::Eoi})
        allow_msr(bitmaps, kWriteBits, msr_from_apic_register(written));
    return {};
}

bool present() { return x86::cpuid(1).ecx & kVmxBit; }

const char* missing() { return choose_controls(x86::rdmsr, controls); }

/// A frame for the processor's own use begins with the revision.
Result<FrameRef> allocate_region() {
    auto frame = TRY(FrameRef::allocate(Fill::Zero));
    memcpy(frame.data(), &controls.revision, sizeof(controls.revision));
    return frame;
}

Result<void> start_core() {
    if (msr_bitmaps.raw == 0) TRY(make_msr_bitmaps());
    auto region = TRY(allocate_region());
    const u64 feature = x86::rdmsr(VmxMsr::kFeatureControl);
    if (!(feature & VmxMsr::kLocked))
        x86::wrmsr(VmxMsr::kFeatureControl, feature | VmxMsr::kLocked | VmxMsr::kVmxOutsideSmx);
    trap_handlers[vector::kPosted] = [](TrapFrame&) { local_apic::end_of_interrupt(); };
    x86::write_cr4(x86::read_cr4() | Cr4::VMXE);
    CHECK(x86::vmxon(region.leak()));
    return {};
}

Result<Owned<ControlBlock>> make_control_block(ApicPage& apic) {
    auto region = TRY(allocate_region());
    return Owned<ControlBlock>(TRY(make_owned<VmxControlBlock>(std::move(region), controls, msr_bitmaps, apic)));
}

}  // namespace

Core& this_core() { return cores[this_cpu().index]; }

const BackEnd back_end{"VMX", NestedFormat::Ept, present, missing, start_core, make_control_block};

}  // namespace vmx
