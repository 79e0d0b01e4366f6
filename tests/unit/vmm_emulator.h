// SPDX-License-Identifier: MIT
/// @file
/// @brief A machine for the emulator: memory, a device that is plain bytes, a port, and a state to run in.
/// @chapter testing
#pragma once

#include <cstring>
#include <initializer_list>

#include "tests/unit/vmm_guest.h"
#include "vmm/emulator.h"
#include "vmm/start_state.h"

namespace vmm {

/// Where the device is for the guest, and the bytes of the native run for this process. No sanitizer uses the place.
inline constexpr std::uint64_t kDevice = 0x2000'0000;
inline constexpr std::uint64_t kDeviceSize = 0x1000;
inline constexpr GuestPhys kCode{0x200000};

/// A device that is plain bytes.
class ByteDevice final : public Device {
   public:
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kDeviceSize);

    std::uint64_t read(std::uint64_t offset, unsigned size) override {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data() + offset, size);
        return value;
    }
    void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
        std::memcpy(bytes.data() + offset, &value, size);
    }
};

/// A port that counts up when read and keeps what is written.
class CountingPort final : public Device {
   public:
    std::vector<std::uint64_t> written;
    std::uint64_t next = 1;
    std::uint64_t read(std::uint64_t /*offset*/, unsigned /*size*/) override { return next++; }
    void write(std::uint64_t /*offset*/, unsigned /*size*/, std::uint64_t value) override { written.push_back(value); }
};

struct Machine {
    TestMemory memory;
    ByteDevice device;
    CountingPort port;
    Bus mmio;
    Bus ports;
    Emulator emulator{{*memory, mmio, ports}};
    abi::RingV state{};

    Machine() {
        mmio.attach(kDevice, kDeviceSize, device);
        ports.attach(0x100, 1, port);
        write_boot_tables(*memory);
        state.system = long_mode_registers();
        state.general.rflags = 2;
    }
    void run(std::initializer_list<std::uint8_t> code) { run(std::vector<std::uint8_t>(code)); }
    void run(const std::vector<std::uint8_t>& code) {
        memory->write(kCode, std::as_bytes(std::span(code)));
        state.general.rip = kCode.value;
        emulator.step(state);
    }
};

}  // namespace vmm
