// SPDX-License-Identifier: MIT
/// @file
/// @brief INIT, SIPI, and the first steps of a core.
/// @chapter cores
#include "drivers/cores.h"

#include "drivers/acpi.h"
#include "drivers/core_clocks.h"
#include "lib/log.h"
#include "lib/string.h"
#include "mm/kernel_space.h"
#include "mm/shootdown.h"
#include "sched/scheduler.h"
#include "virt/ring_v.h"
#include "x86/cpu.h"
#include "x86/host_breakpoints.h"
#include "x86/instructions.h"
#include "x86/local_apic.h"

extern "C" {
extern char core_start[], core_start_end[];
constinit u64 core_first_stack = 0, core_root = 0;
[[noreturn]] void core_main();
}

namespace {

/// The page below 1 MiB that cores start in. The kernel leaves all of that memory alone.
constexpr PhysAddr kStartPage{0x8000};
constexpr u64 kInitNs = 10'000'000, kStartupNs = 200'000, kComeNs = 1'000'000'000, kReadyNs = 10'000'000'000;

/// What the core that is being started finds.
struct Newcomer {
    Cpu* cpu = nullptr;
    u32 index = 0;
    u64 ist_tops[kIstStacks] = {};
    std::atomic<bool> is_here{false};  ///< it executes the kernel's code
    std::atomic<bool> has_come{false};
};
constinit Newcomer newcomer;

void wait(u64 ns) {
    const Instant end = Clock::now().after(ns);
    while (Clock::now() < end) x86::pause();
}

/// Gives the next core its record and its stacks. ENOMEM.
Result<void> prepare(u32 index) {
    newcomer.index = index;
    newcomer.is_here = newcomer.has_come = false;
    newcomer.cpu = TRY(make_owned<Cpu>()).release();
    for (u64& top : newcomer.ist_tops) top = TRY(kernel_space::allocate_stack()).raw;
    core_root = kernel_space::root().raw;
    core_first_stack = TRY(kernel_space::allocate_stack()).raw;
    return {};
}

/// @sdm{MP Initialization Protocol Algorithm for MP Systems, 8.4.3}
bool start(u32 apic_id) {
    local_apic::send_init(apic_id);
    wait(kInitNs);
    Instant deadline = Clock::now().after(kComeNs);
    for (int again = 0; again < 2 && !newcomer.is_here; ++again) {
        local_apic::send_startup(apic_id, static_cast<u8>(kStartPage.raw >> kPageShift));
        wait(kStartupNs);
    }
    while (!newcomer.is_here && Clock::now() < deadline) x86::pause();
    if (!newcomer.is_here) return false;
    deadline = Clock::now().after(kReadyNs);
    const i64 ahead = core_clocks::lead(deadline);
    if (ahead) log("cores: the TSC of core ", newcomer.index, " was set back by ", static_cast<u64>(ahead), " ticks");
    while (!newcomer.has_come && Clock::now() < deadline) x86::pause();
    return newcomer.has_come;
}

}  // namespace

/// On its own first stack, which becomes its idle thread's.
void core_main() {
    newcomer.is_here = true;
    core_clocks::follow();
    init_core(*newcomer.cpu, newcomer.index, newcomer.ist_tops);
    load_root(kernel_space::root());
    host_breakpoints::load();
    local_apic::start_core();
    CHECK(ring_v::start_core().ok());
    sched::init_core();
    all_cpus[newcomer.index] = newcomer.cpu;
    newcomer.has_come = true;
    x86::sti();
    sched::idle();
}

void start_cores() {
    memcpy(frames::virt_from_phys(kStartPage), core_start, static_cast<usize>(core_start_end - core_start));
    u32 count = 1;
    for (u32 i = 0; i < acpi_facts().cores; ++i) {
        const u32 apic_id = acpi_facts().core_apic_id[i];
        if (apic_id == this_cpu().apic_id) continue;
        if (count == kMaxCpus) {
            log("cores: only ", kMaxCpus, " are used");
            break;
        }
        if (!prepare(count).ok()) return log("cores: no memory for another one");
        if (!start(apic_id)) {
            // It may still come, and then finds what was prepared for it: nobody else may be given that.
            log("cores: the one with APIC identifier ", apic_id, " does not start; no more are tried");
            break;
        }
        ++count;
    }
    log("cores: ", count);
}
