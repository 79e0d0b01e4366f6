// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtio console: the terminal of the guest.
/// @chapter virtio
#pragma once

#include <linux/virtio_console.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <vector>

#include "vmm/console.h"
#include "vmm/virtio_mmio.h"

namespace vmm {

/// Columns and rows of a terminal.
struct WindowSize {
    std::uint16_t columns = 80;
    std::uint16_t rows = 24;
    bool operator==(const WindowSize&) const = default;
};

/// A console with one port that knows its size. Typed bytes go only into buffers that the driver has provided, so
/// none is lost however slowly the guest reads. Linux's driver discards what comes while it sets its port up, so the
/// first bytes wait until the guest has sent something, or for a while if it never does.
/// @spec{Virtio 1.2, Console Device, 5.3}
class VirtioConsole final : public VirtioMmio, public ConsoleInput {
   public:
    static constexpr unsigned kPin = 16;

    using Clock = std::chrono::steady_clock;

    /// `patience`: how long typed bytes wait, from the driver's being ready, for the guest to send something.
    VirtioConsole(const GuestMemory& memory, InterruptLine line, ConsoleOutput& output, Clock::duration patience);

    /// The terminal has this size now; the driver is told.
    void resize(WindowSize size);

    /// Whether the driver has sent something: the guest talks here.
    bool speaks() const { return speaks_; }

    /// Whether the driver waits for the interrupt that its transmissions were used. Linux does not wait: it looks. An
    /// interrupt for each would cost three exits, so it comes when `settle` is called, a few milliseconds later.
    bool owes() const { return owes_; }
    void settle();

    std::size_t offer(std::span<const std::byte> bytes) override;
    void when_room(std::function<void()> callback) override;

   private:
    void notified(unsigned index) override;
    void became_ready(const Held& held) override;
    std::span<const std::byte> configuration(const Held& held) const override;

    std::size_t fill(Virtqueue& queue, std::span<const std::byte> bytes);
    void stop_starving(const Held& held);
    std::optional<std::vector<std::byte>> take_transmitted();

    bool listens() const { return speaks_ || Clock::now() - ready_since_ >= patience_; }

    ConsoleOutput& output_;
    const Clock::duration patience_;
    Clock::time_point ready_since_;
    std::mutex output_lock_;  ///< held while bytes go out, so that two processors' bytes keep the queue's order
    std::function<void()> wake_;
    std::atomic<bool> speaks_ = false;
    std::atomic<bool> owes_ = false;
    bool starved_ = false;  ///< `offer` took less than it was offered
    virtio_console_config configuration_{};
};

}  // namespace vmm
