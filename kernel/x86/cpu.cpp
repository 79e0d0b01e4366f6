// SPDX-License-Identifier: MIT
/// @file
/// @brief Brings the boot core into the state that the rest of the kernel relies on.
/// @chapter booting
#include "x86/cpu.h"

#include "lib/check.h"
#include "x86/fpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"
#include "x86/traps.h"

extern "C" {
void syscall_entry();
extern constinit bool smap_enabled;
constinit bool smap_enabled = false;
}

constinit Cpu* all_cpus[kMaxCpus];
constinit IstStack ist_stacks[kIstStacks] = {};

namespace {

constinit Cpu boot_cpu{};

/// CPUID leaf 7, subleaf 0. @sdm{CPUID—CPU Identification}
constexpr u32 kLeaf7EbxSmep = 1U << 7, kLeaf7EbxSmap = 1U << 20, kLeaf7EcxUmip = 1U << 2;

void enable_protections() {
    const auto features = x86::cpuid_if_known(7);
    u64 cr4 = x86::read_cr4();
    if (features.ebx & kLeaf7EbxSmep) cr4 |= Cr4::SMEP;
    if (features.ebx & kLeaf7EbxSmap) cr4 |= Cr4::SMAP;
    if (features.ecx & kLeaf7EcxUmip) cr4 |= Cr4::UMIP;
    smap_enabled = features.ebx & kLeaf7EbxSmap;
    x86::write_cr4(cr4);
}

/// @apm{SYSCALL and SYSRET MSRs, 6.1.1}
void enable_syscall() {
    x86::wrmsr(Msr::kEfer, x86::rdmsr(Msr::kEfer) | Efer::SCE | Efer::NXE);
    x86::wrmsr(Msr::kStar, static_cast<u64>(selector::kKernelCode) << 32 | static_cast<u64>(selector::kKernelData | 3)
                                                                               << 48);
    x86::wrmsr(Msr::kLstar, reinterpret_cast<u64>(&syscall_entry));
    x86::wrmsr(Msr::kSfmask, Rflags::IF | Rflags::DF | Rflags::TF | Rflags::AC | Rflags::NT);
}

}  // namespace

bool is_interpreted() {
    constexpr u32 kHypervisorName = 0x4000'0000, kTcgName = 0x5447'4354;  // EBX: "TCGT"
    return x86::cpuid(kHypervisorName).ebx == kTcgName;
}

u32 online_cores() {
    u32 mask = 0;
    for_each_core([&](const Cpu& core) { mask |= 1U << core.index; });
    return mask;
}

void init_core(Cpu& cpu, u32 index, const u64 (&ist_tops)[kIstStacks]) {
    cpu.self = &cpu;
    cpu.index = index;
    cpu.apic_id = x86::cpuid(1).ebx >> 24;
    load_descriptor_tables(cpu.tables, cpu.tss, ist_tops);
    x86::wrmsr(Msr::kGsBase, reinterpret_cast<u64>(&cpu));
    x86::wrmsr(Msr::kKernelGsBase, 0);
    enable_protections();
    enable_syscall();
    FpuState::init();
}

void init_boot_cpu() {
    u64 tops[kIstStacks];
    for (unsigned i = 0; i < kIstStacks; ++i) tops[i] = reinterpret_cast<u64>(&ist_stacks[i]) + sizeof(IstStack);
    init_idt();
    init_traps();
    init_core(boot_cpu, 0, tops);
    all_cpus[0] = &boot_cpu;
}

void select_tsc_aux(u64 value) {
    u64& held = this_cpu().tsc_aux;
    if (held != value) x86::wrmsr(Msr::kTscAux, held = value);
}
