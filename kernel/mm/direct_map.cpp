// SPDX-License-Identifier: MIT
/// @file
/// @brief The two places where memory management meets this machine: the direct map, and the translations that a core keeps.
/// @chapter frames
#include "mm/kernel_space.h"
#include "mm/tlb_flush.h"
#include "x86/instructions.h"

void* frames::virt_from_phys(PhysAddr address) { return reinterpret_cast<void*>(kDirectMap.raw + address.raw); }
PhysAddr frames::phys_from_virt(const void* address) {
    return PhysAddr(reinterpret_cast<u64>(address) - kDirectMap.raw);
}

void invalidate_host_translations(PhysAddr root, std::span<const VirtAddr> pages, Extent extent) {
    if (PhysAddr(x86::read_cr3()).page() != root) return;
    switch (extent) {
    case Extent::Listed:
        for (const VirtAddr page : pages) x86::invlpg(page);
        return;
    case Extent::All: x86::write_cr3(x86::read_cr3()); return;
    }
}
