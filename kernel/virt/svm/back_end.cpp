// SPDX-License-Identifier: MIT
/// @file
/// @brief SVM found, turned on, and its permission maps.
/// @chapter ring-v
#include "lib/string.h"
#include "sched/thread.h"
#include "virt/svm/control_block.h"
#include "x86/cpu.h"
#include "x86/instructions.h"

namespace svm {

namespace {

constexpr u32 kExtendedFeatures = 0x8000'0001, kSvmFeatures = 0x8000'000a;
constexpr u32 kSvmBit = 1U << 2;  ///< 8000_0001h ECX
constexpr unsigned kIoMapOrder = 2, kMsrMapOrder = 1;

constinit Core cores[kMaxCpus];
constinit PhysAddr io_map, msr_map;

/// Opens an MSR to all guests, for reading and writing. @apm{MSR Intercepts, 15.11}
void allow_msr(u8* map, u32 number) {
    const u32 place = number - (number < 0xc000'0000 ? 0 : 0xc000'0000 - 0x2000);  // 2 bits each: read, write
    map[place / 4] = static_cast<u8>(map[place / 4] & ~(3U << (place % 4 * 2)));
}

/// Everything is intercepted but the MSRs that VMLOAD and VMSAVE exchange.
Result<void> make_permission_maps() {
    io_map = TRY(frames::allocate(kIoMapOrder, Fill::Nothing));
    msr_map = TRY(frames::allocate(kMsrMapOrder, Fill::Nothing));
    memset(frames::virt_from_phys(io_map), 0xff, bytes_of_order(kIoMapOrder));
    auto* map = static_cast<u8*>(frames::virt_from_phys(msr_map));
    memset(map, 0xff, bytes_of_order(kMsrMapOrder));
    for (u32 number : kGuestMsrs) allow_msr(map, number);
    return {};
}

bool present() { return x86::cpuid(0x8000'0000).eax >= kSvmFeatures && (x86::cpuid(kExtendedFeatures).ecx & kSvmBit); }

const char* missing() {
    if (!(x86::cpuid(kSvmFeatures).edx & SvmFeature::kNestedPaging)) return "SVM without nested paging";
    if (x86::rdmsr(SvmMsr::kVmCr) & SvmMsr::kVmCrDisabled) return "SVM switched off by the firmware";
    return nullptr;
}

Result<void> start_core() {
    Core& core = this_core();
    if (io_map.raw == 0) TRY(make_permission_maps());
    core.host_state = TRY(frames::allocate(0, Fill::Zero));
    core.interpreted = is_interpreted();
    core.asids = TagAllocator(x86::cpuid(kSvmFeatures).ebx);
    x86::wrmsr(Msr::kEfer, x86::rdmsr(Msr::kEfer) | Efer::SVME);
    x86::wrmsr(SvmMsr::kHostSave, TRY(frames::allocate(0, Fill::Zero)).raw);
    return {};
}

/// In QEMU 7.2 every FXRSTOR and XRSTOR, on whatever core, clears a flag of the *boot* core's (IGNNE, of the x87's days) with a
/// plain read and write. Where the boot core enters or leaves a guest meanwhile, the flags beside it (GIF, nested paging) are
/// put back to what they were: a guest's triple fault, or the host's own. So guests go to the other cores, where there are any.
Result<Owned<ControlBlock>> make_control_block(ApicPage& apic) {
    if (is_interpreted()) Thread::avoid_cores(kBootCoreBit);
    auto frame = TRY(FrameRef::allocate(Fill::Zero));
    return Owned<ControlBlock>(TRY(make_owned<SvmControlBlock>(std::move(frame), io_map, msr_map, apic)));
}

}  // namespace

Core& this_core() { return cores[this_cpu().index]; }

const BackEnd back_end{"SVM", NestedFormat::Npt, present, missing, start_core, make_control_block};

}  // namespace svm
