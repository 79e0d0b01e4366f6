// SPDX-License-Identifier: MIT
/// @file
/// @brief A small guest for unit tests: memory in the test's own heap, an I/O APIC that notes what it sends.
/// @chapter testing
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "vmm/console.h"
#include "vmm/guest_memory.h"
#include "vmm/io_apic.h"
#include "vmm/memory_map.h"

namespace vmm {

/// Guest memory of `memory` bytes laid out as in the real machine, but anywhere in this process.
class TestMemory {
   public:
    explicit TestMemory(std::uint64_t memory = 16 * kMiB) {
        std::vector<MemoryRange> ranges;
        for (const Extent& extent : backed_extents(memory)) {
            pieces_.push_back(std::make_unique<std::byte[]>(extent.size()));
            ranges.push_back({extent.start, extent.size(), pieces_.back().get()});
        }
        memory_ = std::make_unique<GuestMemory>(std::move(ranges));
    }
    const GuestMemory& operator*() const { return *memory_; }
    const GuestMemory* operator->() const { return memory_.get(); }

   private:
    std::vector<std::unique_ptr<std::byte[]>> pieces_;
    std::unique_ptr<GuestMemory> memory_;
};

/// An I/O APIC, and what it has sent.
struct TestInterrupts {
    std::vector<InterruptMessage> sent;
    IoApic chip{[this](const InterruptMessage& message) { sent.push_back(message); }};

    std::uint32_t read_register(unsigned number) {
        chip.write(0x00, 4, number);
        return static_cast<std::uint32_t>(chip.read(0x10, 4));
    }
    void write_register(unsigned number, std::uint32_t value) {
        chip.write(0x00, 4, number);
        chip.write(0x10, 4, value);
    }
    /// Sets the low half of the entry of `pin`, as a driver does; the high half is 0.
    void program(unsigned pin, std::uint32_t low) {
        write_register(0x11 + 2 * pin, 0);
        write_register(0x10 + 2 * pin, low);
    }
};

/// Keeps what the guest writes.
struct TestOutput final : ConsoleOutput {
    std::string text;
    void write(std::span<const std::byte> bytes) override {
        for (const std::byte byte : bytes) text.push_back(static_cast<char>(byte));
    }
};

/// The bytes of a string.
inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace vmm
