// SPDX-License-Identifier: MIT
/// @file
/// @brief What a virtual machine is made of.
/// @chapter vmm
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "vmm/acpi.h"
#include "vmm/clock.h"
#include "vmm/failure.h"
#include "vmm/input.h"
#include "vmm/linux_boot.h"
#include "vmm/options.h"
#include "vmm/power.h"
#include "vmm/serial_port.h"
#include "vmm/terminal.h"
#include "vmm/vcpu.h"
#include "vmm/virtio_console.h"

namespace {

using namespace vmm;

constexpr std::chrono::seconds kPatience{2};

timespec time_now() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

/// Standard output. Writing blocks while nobody reads it; that a reader has gone ends the machine.
class StandardOutput final : public ConsoleOutput {
   public:
    explicit StandardOutput(EndSwitch& end) : end_(end) {}
    void write(std::span<const std::byte> bytes) override {
        while (!bytes.empty() && !end_.ended()) {
            const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
            if (written >= 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(written));
            } else if (errno == EAGAIN) {
                pollfd output{STDOUT_FILENO, POLLOUT, 0};
                ::poll(&output, 1, -1);
            } else if (errno != EINTR) {
                end_.end({kStatusFailure, std::string("cannot write the guest's output: ") + std::strerror(errno)});
            }
        }
    }

   private:
    EndSwitch& end_;
};

/// What the guest sends on its serial port, until it speaks on its virtio console: kernels send the same on both.
class EarlyOutput final : public ConsoleOutput {
   public:
    EarlyOutput(const VirtioConsole& console, ConsoleOutput& output) : console_(console), output_(output) {}
    void write(std::span<const std::byte> bytes) override {
        if (always || !console_.speaks()) output_.write(bytes);
    }
    bool always = false;

   private:
    const VirtioConsole& console_;
    ConsoleOutput& output_;
};

/// The machine: memory, two buses, an interrupt controller, and what hangs on them.
class Machine {
   public:
    explicit Machine(std::uint64_t memory_size) : ram_(memory_size) {
        mmio_.attach(kIoApicBase.value, IoApic::kSize, io_apic_);
        mmio_.attach(kVirtioBase.value, VirtioMmio::kSize, console_);
        ports_.attach(SerialPort::kBase, SerialPort::kSize, serial_);
        ports_.attach(RealTimeClock::kBase, RealTimeClock::kSize, clock_);
        ports_.attach(PowerControl::kBase, PowerControl::kSize, power_);
    }

    const GuestMemory& memory() const { return ram_.memory(); }

    /// Runs `options.processors` processors, the first of which starts with `state`, until the machine ends, and answers
    /// how it ended.
    Ending run(abi::RingV state, const Options& options) {
        const WakePipe wake;
        Terminal terminal(wake);
        console_.resize(terminal.size());
        state.vcpu_count = options.processors;
        for (; state.apic_id < options.processors; ++state.apic_id) {
            processors_.push_back(std::make_unique<Vcpu>(board_, state));
            state.load_system = abi::LoadSystem::Nothing;  // the others wait
        }
        const bool serial = options.typing == TypingGoesTo::Serial;
        early_output_.always = serial;
        ConsoleInput& typing = serial ? static_cast<ConsoleInput&>(serial_) : console_;
        const auto kick = [this] {
            for (const auto& processor : processors_) processor->kick();
        };
        {
            const InputThread input({typing, console_, end_, kick}, terminal, wake);
            std::vector<std::jthread> threads;
            for (const auto& processor : processors_) threads.emplace_back([&] { processor->run(); });
        }
        Ending ending = end_.ending();
        for (const auto& processor : processors_) {
            if (ending.status == kStatusCrash && processor->thread() == ending.thread)
                ending.message += ", at RIP " + hex(processor->rip());
        }
        return ending;
    }

    std::string statistics() const { return exit_table(board_.exits); }

   private:
    /// Lowest priority: one of those that are meant is enough.
    void interrupt(const InterruptMessage& message) const {
        for (const auto& processor : processors_) {
            if (processor->interrupt(message) && message.lowest_priority) return;
        }
    }
    void send(std::uint64_t icr) const {
        for (const auto& processor : processors_) processor->receive(icr);
    }

    EndSwitch end_;
    GuestRam ram_;
    std::vector<std::unique_ptr<Vcpu>> processors_;
    IoApic io_apic_{[this](const InterruptMessage& message) { interrupt(message); }};
    StandardOutput output_{end_};
    VirtioConsole console_{ram_.memory(), InterruptLine(io_apic_, VirtioConsole::kPin), output_, kPatience};
    EarlyOutput early_output_{console_, output_};
    SerialPort serial_{InterruptLine(io_apic_, SerialPort::kPin), early_output_};
    RealTimeClock clock_{time_now};
    PowerControl power_{end_, io_apic_};
    Bus mmio_;
    Bus ports_;
    Board board_{{ram_.memory(), mmio_, ports_}, io_apic_, end_, [this](std::uint64_t icr) { send(icr); }};
};

/// What the kernel counted, if it does.
void print_kernel_statistics() {
    std::ifstream counts("/proc/vm");
    for (std::string line; std::getline(counts, line);) std::fprintf(stderr, "%s\n", line.c_str());
}

/// Checks everything that the user gave, and only then makes the machine.
Ending boot(const Options& options) {
    const File kernel_file(options.kernel, "kernel");
    const BzImage kernel(kernel_file);
    std::optional<File> initramfs;
    if (options.initramfs) initramfs.emplace(*options.initramfs, "initramfs");
    const LinuxGuest guest{kernel, initramfs ? &*initramfs : nullptr, options.guest_command_line(), options.memory};
    const LinuxPlacement placement = place_linux(guest);

    Machine machine(options.memory);
    const GuestPhys rsdp = write_acpi_tables(machine.memory(), options.processors);
    PowerControl::write_reset_vector(machine.memory());
    abi::RingV state{};
    load_linux(guest, placement, rsdp, machine.memory(), state);

    Ending ending = machine.run(state, options);
    if (options.statistics == Statistics::Printed) {
        std::fputs(machine.statistics().c_str(), stderr);
        print_kernel_statistics();
    }
    return ending;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const Options options = parse_options(count, arguments);
        if (options.help) {
            std::fputs(kHelp.data(), stdout);
            return kStatusGood;
        }
        const Ending ending = boot(options);
        if (!ending.message.empty()) std::fprintf(stderr, "vmm: %s\n", ending.message.c_str());
        return ending.status;
    } catch (const UsageFailure& failure) {
        std::fprintf(stderr, "vmm: %s\n", failure.what());
        return kStatusUsage;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "vmm: %s\n", failure.what());
        return kStatusFailure;
    }
}
