// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading and writing a guest's physical memory: the border between the kernel and it.
/// @chapter exits
#pragma once

#include "mm/user_memory.h"
#include "x86/paging.h"

/// Where the current process has `bytes` of its guest's memory. EFAULT: outside the window.
inline Result<VirtAddr> in_window(GuestPhys address, u64 bytes) {
    if (bytes > kWindowEnd.raw || address.raw > kWindowEnd.raw - bytes) return Error{EFAULT};
    return virt_from_guest_phys(address);
}

/// Guest-physical memory of the current process: inside the window its address is the process's own, so a checked user copy
/// reaches it. EFAULT: outside the window, or no memory there.
inline Result<void> read_guest(GuestPhys from, void* to, u64 bytes) {
    return copy_from_user(to, TRY(in_window(from, bytes)), bytes);
}
inline Result<void> write_guest(GuestPhys to, const void* from, u64 bytes) {
    return copy_to_user(TRY(in_window(to, bytes)), from, bytes);
}
