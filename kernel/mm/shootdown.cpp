// SPDX-License-Identifier: MIT
/// @file
/// @brief The direct map, and the shootdown of translations on all cores, acknowledged.
/// @chapter pair
#include "mm/shootdown.h"

#include "mm/kernel_space.h"
#include "mm/tlb_flush.h"
#include "sync/mutex.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/local_apic.h"
#include "x86/traps.h"

void* frames::virt_from_phys(PhysAddr address) { return reinterpret_cast<void*>(kDirectMap.raw + address.raw); }
PhysAddr frames::phys_from_virt(const void* address) {
    return PhysAddr(reinterpret_cast<u64>(address) - kDirectMap.raw);
}

namespace {

/// What the cores are asked to do.
struct Request {
    PhysAddr root;
    std::span<const VirtAddr> pages;
    enum class What : u8 { Listed, All, Unload } what = What::All;
};
constinit Request asked;                    ///< one at a time: `ask_lock` is held until all have answered
constinit std::atomic<u32> waiting_for{0};  ///< one bit a core
static_assert(kMaxCpus <= 32);
constinit Mutex ask_lock(LockRank::Shootdown);

/// On each core for itself. Interrupts are off.
void carry_out(const Request& request) {
    if (PhysAddr(x86::read_cr3()).page() != request.root) return;
    switch (request.what) {
    case Request::What::Listed:
        for (const VirtAddr page : request.pages) x86::invlpg(page);
        return;
    case Request::What::All: return x86::write_cr3(request.root.raw);
    case Request::What::Unload: return load_root(kernel_space::root());
    }
}

/// A core in ring V has left it when it gets here, and what it had of nested translations has an old number
/// (AddressSpace::nested_generation): it looks at that number with interrupts off before every entry.
void flush_interrupt(TrapFrame&) {
    Cpu& cpu = this_cpu();
    cpu.interrupts++;
    carry_out(asked);
    local_apic::end_of_interrupt();
    waiting_for.fetch_and(~(1U << cpu.index), std::memory_order_release);
}

/// The other cores that have `root` loaded, or are about to load it. Interrupts are off.
u32 others_with(PhysAddr root) {
    u32 mask = 0;
    for_each_core([&](const Cpu& core) {
        if (&core != &this_cpu() && core.loaded_root.load(std::memory_order_seq_cst) == root.raw)
            mask |= 1U << core.index;
    });
    return mask;
}

/// Asks the cores that have the tree, does this core's part, and waits for the answers. Meanwhile this core takes interrupts,
/// and nobody holds a spinning lock here, so no two cores wait for each other.
void carry_out_everywhere(const Request& request) {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // the entries are stored; now see who may hold the old ones
    {
        const IrqOff off;
        if (!others_with(request.root)) return carry_out(request);
    }
    MutexGuard guard(ask_lock);
    asked = request;
    {
        const IrqOff off;
        const u32 others = others_with(request.root);
        waiting_for.store(others, std::memory_order_release);
        for_each_core([&](const Cpu& core) {
            if (others >> core.index & 1) local_apic::interrupt(core.apic_id, vector::kFlush);
        });
        carry_out(request);
    }
    while (waiting_for.load(std::memory_order_acquire)) x86::pause();
}

}  // namespace

void init_shootdown() { trap_handlers[vector::kFlush] = flush_interrupt; }

void load_root(PhysAddr root) {
    this_cpu().loaded_root.store(root.raw, std::memory_order_seq_cst);
    x86::write_cr3(root.raw);
}

void unload_root_everywhere(PhysAddr root) { carry_out_everywhere({root, {}, Request::What::Unload}); }

void invalidate_host_translations(PhysAddr root, std::span<const VirtAddr> pages, Extent extent) {
    carry_out_everywhere({root, pages, extent == Extent::All ? Request::What::All : Request::What::Listed});
}
