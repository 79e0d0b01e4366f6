// SPDX-License-Identifier: MIT
/// @file
/// @brief What a virtual machine is made of.
/// @chapter vmm
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <span>
#include <string>

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

constexpr unsigned kProcessors = 1;
constexpr std::chrono::seconds kPatience{2};

timespec time_now() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

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

    /// Runs a processor that starts with `state` until the machine ends, and answers how it ended.
    Ending run(const abi::RingV& state, const Options& options) {
        const WakePipe wake;
        Terminal terminal(wake);
        console_.resize(terminal.size());
        Vcpu vcpu({{memory(), mmio_, ports_}, io_apic_, end_}, state);
        processor_ = &vcpu;
        {
            const bool serial = options.typing == TypingGoesTo::Serial;
            early_output_.always = serial;
            ConsoleInput& typing = serial ? static_cast<ConsoleInput&>(serial_) : console_;
            const InputThread input({typing, console_, end_, [&] { vcpu.kick(); }}, terminal, wake);
            vcpu.run();
        }
        processor_ = nullptr;
        if (options.statistics == Statistics::Printed) statistics_ = vcpu.exit_table();
        Ending ending = end_.ending();
        if (ending.status == kStatusCrash) ending.message += ", at RIP " + hex(vcpu.rip());
        return ending;
    }

    const std::string& statistics() const { return statistics_; }

   private:
    void interrupt(const InterruptMessage& message) const {
        if (processor_ != nullptr) processor_->interrupt(message);
    }

    EndSwitch end_;
    GuestRam ram_;
    Vcpu* processor_ = nullptr;
    IoApic io_apic_{[this](const InterruptMessage& message) { interrupt(message); }};
    StandardOutput output_{end_};
    VirtioConsole console_{ram_.memory(), InterruptLine(io_apic_, VirtioConsole::kPin), output_, kPatience};
    EarlyOutput early_output_{console_, output_};
    SerialPort serial_{InterruptLine(io_apic_, SerialPort::kPin), early_output_};
    RealTimeClock clock_{time_now};
    PowerControl power_{end_, io_apic_};
    Bus mmio_;
    Bus ports_;
    std::string statistics_;
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
    const GuestPhys rsdp = write_acpi_tables(machine.memory(), kProcessors);
    PowerControl::write_reset_vector(machine.memory());
    abi::RingV state{};
    load_linux(guest, placement, rsdp, machine.memory(), state);
    state.vcpu_count = kProcessors;

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
