// SPDX-License-Identifier: MIT
/// @file
/// @brief The border between the kernel and a guest's memory.
/// @chapter exits
#include "virt/guest_memory.h"

#include "mm/user_memory.h"
#include "x86/paging.h"

static bool in_window(GuestPhys address, u64 bytes) {
    return bytes <= kWindowEnd.raw && address.raw <= kWindowEnd.raw - bytes;
}

Result<void> read_guest(GuestPhys from, void* to, u64 bytes) {
    if (!in_window(from, bytes)) return Error{EFAULT};
    return copy_from_user(to, virt_from_guest_phys(from), bytes);
}

Result<void> write_guest(GuestPhys to, const void* from, u64 bytes) {
    if (!in_window(to, bytes)) return Error{EFAULT};
    return copy_to_user(virt_from_guest_phys(to), from, bytes);
}
