// SPDX-License-Identifier: MIT
/// @file
/// @brief Puts a Linux kernel into guest memory by the 64-bit boot protocol.
/// @chapter boot-linux
#pragma once

#include <optional>
#include <string>

#include "kernel/abi/ring_v.h"
#include "vmm/bzimage.h"
#include "vmm/guest_memory.h"
#include "vmm/memory_map.h"

namespace vmm {

/// What a Linux guest is started with.
struct LinuxGuest {
    const BzImage& kernel;
    const File* initramfs;  ///< null: none
    std::string command_line;
    std::uint64_t memory;  ///< bytes
};

/// Where its parts go.
struct LinuxPlacement {
    Extent kernel;     ///< from the first byte loaded to the last that the kernel uses before it reads the memory map
    Extent initramfs;  ///< empty when there is none
};

/// Finds places for kernel and initramfs: the kernel at the address it prefers, the initramfs as high as kernel and
/// memory allow. Throws Failure when the memory is too small or the command line too long; nothing has been touched
/// then.
LinuxPlacement place_linux(const LinuxGuest& guest);

/// Loads the guest's parts at `placement` and writes boot_params, command line, page tables and descriptors. Answers
/// the first processor's registers (its `general` and `system`). Throws Failure when a file cannot be read.
/// @spec{The Linux/x86 Boot Protocol, 64-bit Boot Protocol}
void load_linux(const LinuxGuest& guest, const LinuxPlacement& placement, GuestPhys rsdp, const GuestMemory& memory,
                abi::RingV& state);

}  // namespace vmm
