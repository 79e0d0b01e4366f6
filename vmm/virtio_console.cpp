// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtio console: the terminal of the guest.
/// @chapter virtio
#include "vmm/virtio_console.h"

#include <linux/virtio_ids.h>

namespace vmm {
namespace {

constexpr unsigned kReceive = 0;
constexpr unsigned kTransmit = 1;
constexpr unsigned kQueues = 2;
constexpr std::uint64_t kFeatures = 1ULL << VIRTIO_CONSOLE_F_SIZE;
constexpr std::uint64_t kLongestTransmission = 1 << 20;

}  // namespace

VirtioConsole::VirtioConsole(const GuestMemory& memory, InterruptLine line, ConsoleOutput& output,
                             Clock::duration patience)
    : VirtioMmio({VIRTIO_ID_CONSOLE, kFeatures, kQueues}, memory, line), output_(output), patience_(patience) {
    resize({});
}

void VirtioConsole::resize(WindowSize size) {
    const Held held = hold();
    if (configuration_.cols == size.columns && configuration_.rows == size.rows) return;
    configuration_.cols = size.columns;
    configuration_.rows = size.rows;
    announce_configuration(held);
}

void VirtioConsole::when_room(std::function<void()> callback) {
    const Held held = hold();
    wake_ = std::move(callback);
}

std::size_t VirtioConsole::offer(std::span<const std::byte> bytes) {
    const Held held = hold();
    std::size_t taken = 0;
    guarded(held, [&] {
        Virtqueue* queue = live_queue(kReceive, held);
        if (queue == nullptr || !listens()) {
            starved_ = true;
            return;
        }
        taken = fill(*queue, bytes);
        if (taken != 0) announce_used(*queue, held);
    });
    return taken;
}

/// Puts `bytes` into the driver's buffers as far as they go. When they do not suffice, the driver is asked to tell of
/// the next one, and the queue is looked at once more: it may have come just before.
std::size_t VirtioConsole::fill(Virtqueue& queue, std::span<const std::byte> bytes) {
    std::size_t taken = 0;
    bool asked = false;
    while (taken < bytes.size()) {
        const std::optional<BufferChain> chain = queue.take();
        if (!chain) {
            if (asked) break;
            asked = starved_ = true;
            queue.ask_for_notifications(true);
            continue;
        }
        const std::size_t size = scatter(memory(), chain->writable, bytes.subspan(taken));
        if (size == 0) throw GuestError("receive buffer without room");
        queue.give_back(chain->head, static_cast<std::uint32_t>(size));
        taken += size;
    }
    return taken;
}

void VirtioConsole::notified(unsigned index) {
    if (index == kReceive) {
        const Held held = hold();
        stop_starving(held);
        return;
    }
    const std::scoped_lock output_held(output_lock_);
    while (const auto bytes = take_transmitted()) output_.write(*bytes);
}

void VirtioConsole::became_ready(const Held& held) {
    speaks_ = false;
    ready_since_ = Clock::now();
    if (Virtqueue* queue = live_queue(kReceive, held)) queue->ask_for_notifications(false);
    stop_starving(held);
}

/// There may be room again: whoever has bytes left offers them again.
void VirtioConsole::stop_starving(const Held& held) {
    if (!starved_) return;
    starved_ = false;
    if (Virtqueue* queue = live_queue(kReceive, held)) queue->ask_for_notifications(false);
    if (wake_) wake_();
}

void VirtioConsole::settle() {
    const Held held = hold();
    if (!owes_.exchange(false)) return;
    if (const Virtqueue* queue = live_queue(kTransmit, held)) announce_used(*queue, held);
}

/// The next bytes that the driver sends, copied out and their buffers already given back; none when there are no more.
std::optional<std::vector<std::byte>> VirtioConsole::take_transmitted() {
    const Held held = hold();
    std::optional<std::vector<std::byte>> bytes;
    guarded(held, [&] {
        Virtqueue* queue = live_queue(kTransmit, held);
        if (queue == nullptr) return;
        const std::optional<BufferChain> chain = queue->take();
        if (!chain) return;
        bytes = gather(memory(), chain->readable, kLongestTransmission);
        queue->give_back(chain->head, 0);
        if (!owes_.exchange(true) && wake_) wake_();
        // Linux asks for the size only when it has changed, and heeds that only once it talks.
        if (!speaks_.exchange(true)) {
            announce_configuration(held);
            stop_starving(held);
        }
    });
    return bytes;
}

std::span<const std::byte> VirtioConsole::configuration(const Held& /*held*/) const {
    return std::as_bytes(std::span(&configuration_, 1));
}

}  // namespace vmm
