// SPDX-License-Identifier: MIT
/// @file
/// @brief Resource limits of a process, in Linux's numbering.
/// @chapter processes
#pragma once

#include <array>

#include "lib/types.h"

/// Linux's RLIMIT_ numbers.
enum class Resource : u8 {
    Cpu,
    FileSize,
    Data,
    Stack,
    Core,
    Resident,
    Processes,
    OpenFiles,
    LockedMemory,
    AddressSpace,
    Locks,
    Signals,
    Queues,
    Nice,
    RealTimePriority,
    RealTimeTime,
};
inline constexpr usize kResources = 16;
inline constexpr u64 kUnlimited = ~0ULL;

/// One limit, in the form of Linux's struct rlimit64.
struct ResourceLimit {
    u64 current = kUnlimited;
    u64 maximum = kUnlimited;
};

/// All limits of a process. Inherited through fork and execve. Open files, the stack's size and the address space's size are
/// enforced; the others are only remembered.
class ResourceLimits {
   public:
    constexpr ResourceLimits() {
        at(Resource::Stack).current = 8 * kMiB;
        at(Resource::Core).current = 0;
        at(Resource::OpenFiles) = {1024, 1024};
        at(Resource::LockedMemory) = {64 * kMiB, 64 * kMiB};
        at(Resource::Queues) = {819200, 819200};
        at(Resource::Nice) = {0, 0};
        at(Resource::RealTimePriority) = {0, 0};
    }
    constexpr ResourceLimit& at(Resource resource) { return limits_[static_cast<usize>(resource)]; }
    constexpr const ResourceLimit& at(Resource resource) const { return limits_[static_cast<usize>(resource)]; }

   private:
    std::array<ResourceLimit, kResources> limits_{};
};
