// SPDX-License-Identifier: MIT
/// @file
/// @brief SVM found, turned on, and its permission maps.
/// @chapter ring-v
#include "virt/svm/back_end.h"

#include "lib/string.h"
#include "virt/svm/control_block.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"

namespace svm {

namespace {

constexpr u32 kExtendedFeatures = 0x8000'0001, kSvmFeatures = 0x8000'000a;
constexpr u32 kSvmBit = 1U << 2;                                      ///< 8000_0001h ECX
constexpr u32 kHypervisorName = 0x4000'0000, kTcgName = 0x5447'4354;  ///< EBX: "TCGT"
constexpr unsigned kIoMapOrder = 2, kMsrMapOrder = 1;

constinit Core cores[kMaxCpus];
constinit PermissionMaps maps;

/// Opens an MSR to all guests, for reading and writing. @apm{MSR Intercepts, 15.11}
void allow_msr(u8* map, u32 number) {
    const u32 first = number < 0xc000'0000 ? 0 : number < 0xc001'0000 ? 0xc000'0000 - 0x2000 : 0xc001'0000 - 0x4000;
    const u32 place = number - first;  // 2 bits each: read, write
    map[place / 4] = static_cast<u8>(map[place / 4] & ~(3U << (place % 4 * 2)));
}

/// Everything is intercepted but the MSRs that VMLOAD and VMSAVE exchange.
Result<void> make_permission_maps() {
    maps.io = TRY(frames::allocate(kIoMapOrder, Fill::Nothing));
    maps.msr = TRY(frames::allocate(kMsrMapOrder, Fill::Nothing));
    memset(frames::virt_from_phys(maps.io), 0xff, bytes_of_order(kIoMapOrder));
    auto* map = static_cast<u8*>(frames::virt_from_phys(maps.msr));
    memset(map, 0xff, bytes_of_order(kMsrMapOrder));
    for (u32 number : kGuestMsrs) allow_msr(map, number);
    return {};
}

class SvmBackEnd final : public BackEnd {
   public:
    const char* name() const override { return "SVM"; }
    NestedFormat nested_format() const override { return NestedFormat::Npt; }

    bool present() const override {
        return x86::cpuid(0x8000'0000).eax >= kSvmFeatures && (x86::cpuid(kExtendedFeatures).ecx & kSvmBit);
    }
    const char* missing() const override {
        if (!(x86::cpuid(kSvmFeatures).edx & SvmFeature::kNestedPaging)) return "SVM without nested paging";
        if (x86::rdmsr(SvmMsr::kVmCr) & SvmMsr::kVmCrDisabled) return "SVM switched off by the firmware";
        return nullptr;
    }

    Result<void> start_core() override {
        Core& core = this_core();
        if (maps.io.raw == 0) TRY(make_permission_maps());
        core.host_save = TRY(frames::allocate(0, Fill::Zero));
        core.host_state = TRY(frames::allocate(0, Fill::Zero));
        core.interpreted = x86::cpuid(kHypervisorName).ebx == kTcgName;
        x86::wrmsr(Msr::kTscAux, core.tsc_aux);
        core.asids = TagAllocator(x86::cpuid(kSvmFeatures).ebx);
        x86::wrmsr(Msr::kEfer, x86::rdmsr(Msr::kEfer) | Efer::SVME);
        x86::wrmsr(SvmMsr::kHostSave, core.host_save.raw);
        return {};
    }

    Result<Owned<ControlBlock>> make_control_block(ApicPage& apic) override {
        auto frame = TRY(FrameRef::allocate(Fill::Zero));
        Owned<ControlBlock> block = TRY(make_owned<SvmControlBlock>(std::move(frame), maps, apic));
        return block;
    }
};

constinit SvmBackEnd instance;

}  // namespace

Core& this_core() { return cores[this_cpu().index]; }

BackEnd& back_end() { return instance; }

}  // namespace svm
