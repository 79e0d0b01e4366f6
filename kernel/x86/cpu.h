// SPDX-License-Identifier: MIT
/// @file
/// @brief What each core has of its own, reached through GS.
/// @chapter cores
#pragma once

#include <atomic>

#include "lib/types.h"
#include "x86/descriptors.h"

class Thread;
class CoreScheduler;

/// One core. GS points at it in ring 0; the first three members are known to the entry stubs by their offsets.
struct Cpu {
    Cpu* self;       ///< gs:0
    u64 user_rsp;    ///< gs:8: the program's stack pointer while SYSCALL changes stacks
    u64 kernel_rsp;  ///< gs:16: the top of the running thread's kernel stack
    u32 index;       ///< 0 for the boot core
    u32 apic_id;
    Thread* current;
    CoreScheduler* scheduler;
    TaskStateSegment tss;
    DescriptorTables tables;
    u32 locks_held;  ///< debug builds: one bit per rank of the spinning locks this core holds
    u64 interrupts;  ///< device and timer interrupts taken
    u64 traps;
    u64 tsc_aux = ~0ULL;  ///< what IA32_TSC_AUX holds, when it is known; only guests use it
    /// The tree of pages that CR3 names, or is about to name: written before CR3 is. See mm/shootdown.h.
    std::atomic<u64> loaded_root;
};
static_assert(offsetof(Cpu, user_rsp) == 8 && offsetof(Cpu, kernel_rsp) == 16);

/// The core that this runs on. The answer stays true only while interrupts are off.
inline Cpu& this_cpu() {
    Cpu* cpu;
    asm volatile("mov %%gs:0, %0" : "=r"(cpu));
    return *cpu;
}

/// Makes IA32_TSC_AUX of this core hold `value`. Interrupts are off.
void select_tsc_aux(u64 value);

/// A stack that the processor changes to by itself, above a page that memory management unmaps. It is small: its handlers
/// print and stop, or return at once.
struct alignas(4096) IstStack {
    char guard[4096];
    char stack[8192];
};
extern IstStack ist_stacks[kIstStacks];

inline constexpr u32 kMaxCpus = 32;
/// All cores that were started, by index; null where there is none. Entries are only ever added, at boot.
extern Cpu* all_cpus[kMaxCpus];

/// Calls `visit(core)` for every core that was started.
template <class Visit>
void for_each_core(Visit&& visit) {
    for (Cpu* core : all_cpus) {
        if (core) visit(*core);
    }
}

/// Whether the processor is QEMU's interpreter, TCG.
bool is_interpreted();

/// The boot core's bit in a mask of cores.
inline constexpr u32 kBootCoreBit = 1U << 0;

/// The cores that were started, one bit each by index.
u32 online_cores();

/// Fills in the calling core's record, its descriptor tables, GS, and the processor's protective features (NX, WP, SMEP, SMAP,
/// UMIP where there). `ist_tops` has the tops of its special stacks. Interrupts are off.
void init_core(Cpu& cpu, u32 index, const u64 (&ist_tops)[kIstStacks]);
/// The same for the boot core, and what all cores share.
void init_boot_cpu();
