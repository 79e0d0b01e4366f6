// SPDX-License-Identifier: MIT
/// @file
/// @brief The lists of CPU features that guests see.
/// @chapter exits
#include "virt/cpuid_policy.h"

#include <asm/kvm_para.h>

#include <bit>

#include "x86/registers.h"

namespace {

constexpr u32 bits(auto... numbers) { return ((1U << numbers) | ...); }

// Leaf 1. ECX: SSE3 PCLMULQDQ SSSE3 FMA CMPXCHG16B SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND.
constexpr u32 kLeaf1Ecx = bits(0, 1, 9, 12, 13, 19, 20, 22, 23, 25, 26, 28, 29, 30);
// x2APIC, TSC-deadline and "a hypervisor is here" are the kernel's own work and do not depend on the machine.
constexpr u32 kLeaf1EcxOurs = bits(21, 24, 31);
constexpr u32 kLeaf1EcxOsxsave = bits(27);
// EDX: FPU VME DE PSE TSC MSR PAE CX8 APIC SEP PGE CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2; no machine check, no MTRR.
constexpr u32 kLeaf1Edx = bits(0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 13, 15, 16, 17, 19, 23, 24, 25, 26);
constexpr u32 kLeaf1EdxHtt = bits(28);
// Leaf 6 EAX: ARAT, the APIC timer never stops.
constexpr u32 kLeaf6Arat = bits(2);
// Leaf 7. EBX: FSGSBASE BMI1 AVX2 SMEP BMI2 ERMS AVX512F AVX512DQ RDSEED ADX SMAP CLFLUSHOPT CLWB AVX512CD SHA AVX512BW AVX512VL.
constexpr u32 kLeaf7Ebx = bits(0, 3, 5, 7, 8, 9, 18, 19, 20, 23, 24, 29);
constexpr u32 kLeaf7EbxAvx512 = bits(16, 17, 28, 30, 31);
// ECX: UMIP GFNI VAES VPCLMULQDQ RDPID. EDX: FSRM.
constexpr u32 kLeaf7Ecx = bits(2, 8, 9, 10, 22);
constexpr u32 kLeaf7Edx = bits(4);
constexpr u64 kXcr0Avx = 1ULL << 2, kXcr0Avx512 = 7ULL << 5;
// An XSAVE image: x87, SSE and the header; AVX always follows at once; the three parts of AVX-512, of which a guest has all or none.
constexpr u32 kLegacyBytes = 576, kAvxBytes = 256, kAvx512Bytes = 64 + 512 + 1024;
// Leaf Dh, subleaf 1 EAX: XSAVEOPT XSAVEC XGETBV(1); no XSAVES.
constexpr u32 kLeafDSubleaf1 = bits(0, 1, 2);
// 8000_0001h. ECX: LAHF ABM SSE4A MISALIGNSSE PREFETCHW. EDX: leaf 1's, and SYSCALL NX MMXEXT PDPE1GB RDTSCP LM.
constexpr u32 kExtended1Ecx = bits(0, 5, 6, 7, 8);
constexpr u32 kExtended1Edx = bits(0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 13, 15, 16, 17, 20, 22, 23, 24, 26, 27, 29);
// 8000_0007h EDX: the TSC is invariant; Twain's own clock stands on it.
constexpr u32 kInvariantTsc = bits(8);

// KVM's paravirtual interface, since stock Linux knows it: the clock at its newer MSRs, which is stable; port 80h is no delay.
// @spec{Linux: Documentation/virt/kvm/x86/cpuid.rst}
constexpr u32 kKvmFeatures =
    bits(KVM_FEATURE_NOP_IO_DELAY, KVM_FEATURE_CLOCKSOURCE2, KVM_FEATURE_CLOCKSOURCE_STABLE_BIT);

constexpr u32 kMaxBasic = 0xd, kMaxExtended = 0x8000'0008;
constexpr u32 kVirtualBits = 48;

u32 least(u32 a, u32 b) { return a < b ? a : b; }

CpuidLeaf leaf1(const CpuidLeaf& host, const CpuidView& view) {
    CpuidLeaf answer{host.eax, host.ebx & 0xff00, (host.ecx & kLeaf1Ecx) | kLeaf1EcxOurs, host.edx & kLeaf1Edx};
    answer.ebx |= view.apic_id << 24 | least(view.vcpu_count, 255) << 16;
    if (view.cr4 & Cr4::OSXSAVE) answer.ecx |= kLeaf1EcxOsxsave;
    if (view.vcpu_count > 1) answer.edx |= kLeaf1EdxHtt;
    return answer;
}

CpuidLeaf leaf7(u32 subleaf, const CpuidLeaf& host, const CpuidView& view) {
    if (subleaf != 0) return {};
    const bool avx512 = (view.xcr0_allowed & kXcr0Avx512) == kXcr0Avx512;
    return {0, host.ebx & (kLeaf7Ebx | (avx512 ? kLeaf7EbxAvx512 : 0)), host.ecx & kLeaf7Ecx, host.edx & kLeaf7Edx};
}

/// One thread in each core, all cores in one package. @sdm{Extended Topology Enumeration Leaf}
CpuidLeaf leaf_b(u32 subleaf, const CpuidView& view) {
    constexpr u32 kThreads = 1U << 8, kCores = 2U << 8;
    if (subleaf == 0) return {0, 1, kThreads, view.apic_id};
    if (subleaf > 1) return {0, 0, subleaf & 0xff, view.apic_id};
    return {static_cast<u32>(std::bit_width(view.vcpu_count - 1)), view.vcpu_count, kCores | subleaf, view.apic_id};
}

/// @sdm{Processor Extended State Enumeration Main Leaf}
CpuidLeaf leaf_d(u32 subleaf, const CpuidLeaf& host, const CpuidView& view) {
    const bool avx512 = view.xcr0 & kXcr0Avx512;
    const u32 compacted = kLegacyBytes + (view.xcr0 & kXcr0Avx ? kAvxBytes : 0) + (avx512 ? kAvx512Bytes : 0);
    // The host's EBX is for its own XCR0, which is all that a guest may set; only with AVX-512 are there gaps between the parts.
    if (subleaf == 0) return {static_cast<u32>(view.xcr0_allowed), avx512 ? host.ebx : compacted, host.ebx, 0};
    if (subleaf == 1) return {host.eax & kLeafDSubleaf1, compacted, 0, 0};
    if (subleaf < 64 && (view.xcr0_allowed >> subleaf & 1)) return {host.eax, host.ebx, host.ecx, 0};
    return {};
}

}  // namespace

CpuidLeaf guest_cpuid(u32 leaf, u32 subleaf, const CpuidLeaf& host, const CpuidView& view) {
    switch (leaf) {
    case 0: return {least(host.eax, kMaxBasic), host.ebx, host.ecx, host.edx};
    case 1: return leaf1(host, view);
    case 6: return {kLeaf6Arat, 0, 0, 0};
    case 7: return leaf7(subleaf, host, view);
    case 0xb: return leaf_b(subleaf, view);
    case 0xd: return leaf_d(subleaf, host, view);
    case KVM_CPUID_SIGNATURE: return {KVM_CPUID_FEATURES, 0x4b4d564b, 0x564b4d56, 0x4d};  // "KVMKVMKVM"
    case KVM_CPUID_FEATURES: return {kKvmFeatures, 0, 0, 0};
    case 0x8000'0000: return {least(host.eax, kMaxExtended), host.ebx, host.ecx, host.edx};
    case 0x8000'0001: return {host.eax, 0, host.ecx & kExtended1Ecx, host.edx & kExtended1Edx};
    case 0x8000'0002 ... 0x8000'0006: return host;  // the processor's name and its caches
    case 0x8000'0007: return {0, 0, 0, kInvariantTsc};
    case 0x8000'0008: return {kVirtualBits << 8 | kGuestPhysicalBits, 0, least(view.vcpu_count - 1, 255), 0};
    default: return {};
    }
}
