// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's half of every address space: the direct map, the image with its rights, devices, and guarded stacks.
/// @chapter booting
#pragma once

#include "lib/result.h"
#include "lib/types.h"
#include "x86/paging.h"

/// All physical memory appears here; slots 256 .. 319 of the root.
inline constexpr VirtAddr kDirectMap{0xffff'8000'0000'0000};
/// Kernel stacks, each below a hole; slot 384.
inline constexpr VirtAddr kStackArea{0xffff'c000'0000'0000};
/// Device registers; slot 400.
inline constexpr VirtAddr kDeviceArea{0xffff'c800'0000'0000};
/// The kernel's image is linked at this address plus its physical address.
inline constexpr VirtAddr kImageBase{0xffff'ffff'8000'0000};

/// What entry.S maps of the direct map; there is no more of it before `kernel_space::init`.
inline constexpr PhysAddr kBootMapEnd{4 * kGiB};

inline constexpr u64 kStackBytes = 16 * kKiB;

namespace kernel_space {

/// Replaces the boot page tables: direct map of [0, `top`), image with W^X. Called once, on the boot core.
void init(PhysAddr top);
/// The kernel's root table, for threads without an address space.
PhysAddr root();
/// Copies the kernel's slots into a new process root's host half.
void share_into(HostEntry* root);

/// A stack of kStackBytes with an unmapped page below; answers its top. ENOMEM: nothing changed.
Result<VirtAddr> allocate_stack();
void free_stack(VirtAddr top);
/// What the stack is called in whose hole, below it, `address` lies: that stack overflowed. Null: in no such hole.
const char* guarded_stack(VirtAddr address);

/// Maps device registers, uncached. `bytes` from `address`, both rounded out to pages. Never unmapped.
volatile u32* map_device(PhysAddr address, u64 bytes);

}  // namespace kernel_space
