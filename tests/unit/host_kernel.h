// SPDX-License-Identifier: MIT
/// @file
/// @brief What stands in for the machine when kernel sources run as an ordinary program under the sanitizers.
/// @chapter testing
#pragma once

#include <functional>
#include <stdexcept>
#include <vector>

#include "mm/tlb_flush.h"

namespace host_kernel {

/// What a failed CHECK or a PANIC becomes.
struct Panic : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Gives the frame allocator fresh, empty memory of `bytes` (a multiple of 4 MiB; at most 4 GiB). What was allocated before is
/// gone. Physical address 0 is the start of the memory. Pages have 4 KiB until `set_largest_page` says otherwise.
void reset_memory(u64 bytes);

/// One call of `invalidate_host_translations`.
struct Invalidation {
    PhysAddr root;
    std::vector<VirtAddr> pages;
    Extent extent;
    u64 free_bytes;  ///< at the moment of the call: what is freed with a flush must not be free yet
};
/// The invalidations since the last call of this function.
std::vector<Invalidation> take_invalidations();
/// Is called at every invalidation, where it is set.
extern std::function<void()> on_invalidation;

}  // namespace host_kernel
