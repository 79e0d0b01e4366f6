// SPDX-License-Identifier: MIT
/// @file
/// @brief The two ends of a console: where typed bytes go, and where the guest's bytes come out.
/// @chapter virtio
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace vmm {

/// Takes what is typed. It keeps nothing that the guest has no room for: what is not taken is offered again.
class ConsoleInput {
   public:
    virtual ~ConsoleInput() = default;

    /// Gives the guest as many of `bytes` as it has room for; how many that were. Called from one thread only.
    virtual std::size_t offer(std::span<const std::byte> bytes) = 0;

    /// Sets what is called, on any thread, when there is room again after an `offer` that took less than all, or
    /// something else to look after. It is called under the device's lock: it may wake a thread, and must not call the
    /// device.
    virtual void when_room(std::function<void()> callback) = 0;
};

/// Puts the guest's bytes somewhere, and may block.
class ConsoleOutput {
   public:
    virtual ~ConsoleOutput() = default;
    virtual void write(std::span<const std::byte> bytes) = 0;
};

}  // namespace vmm
