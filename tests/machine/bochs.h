// SPDX-License-Identifier: MIT
/// @file
/// @brief A machine in Bochs: its configuration, its serial ports as sockets, and how it ended.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "debugger-ui/rsp/file.h"
#include "tests/machine/child.h"

namespace machine {

/// A socket on this computer's loopback address, at a port that the system chooses: two machines never collide.
class Listener {
   public:
    Listener();
    unsigned short port() const { return port_; }
    /// The first connection; none may have been made yet. Nothing: none by the deadline.
    File accept(const Deadline& deadline);

   private:
    File socket_;
    unsigned short port_;
};

/// What a configuration says of the processor: one with everything that Intel's half of Twain uses; and a plain one, whose
/// virtualisation the caller chooses (0: none, 1: VMX without EPT).
inline constexpr const char* kIntelProcessor = "corei7_skylake_x";
inline constexpr const char* kPlainProcessor =
    "bx_generic\ncpuid: level=6, vendor_string=\"GenuineIntel\", x86_64=1, 1g_pages=1, sep=1, simd=avx2, aes=1, "
    "movbe=1, "
    "xsave=1, xsaveopt=1, apic=x2apic, fsgsbase=1, smep=1, smap=1, vmx=";

struct BochsOptions {
    std::filesystem::path image;  ///< of a CD, which it boots from
    unsigned megabytes = 1024;
    unsigned cores = 1;
    std::string processor = kIntelProcessor;
    /// While the machine is idle, its clocks may run ahead of the world's: good for a test that waits, bad for a person.
    enum class Idle { RunsAhead, KeepsTime } idle = Idle::RunsAhead;
    std::vector<std::string> starter{};  ///< what Bochs is started by, such as a sandbox
};

/// A running Bochs without a screen. It ends with this object; its files in `directory` are the caller's to remove.
///
/// A serial port as a socket has flow control: Bochs takes no byte before its 16550 has room (as a terminal it would).
class Bochs {
   public:
    /// Starts Bochs. @throws Error with its message when it ends at once
    Bochs(const BochsOptions& options, const std::filesystem::path& directory);

    /// COM1.
    int console() const { return console_.get(); }
    /// COM2.
    int second_port() const { return second_port_.get(); }
    Child& child() { return child_; }
    /// Whether the machine has started anew, which QEMU with -no-reboot would have ended at.
    bool has_restarted() const;
    /// What the machine's end means once Bochs has ended with `raw`: 0 when it was switched off.
    /// @spec{Bochs 2.7, iodev/acpi.cc: a soft power-off is a panic, whose exit status is 1}
    ExitStatus end_status(ExitStatus raw) const;
    /// What Bochs reports of errors.
    std::string messages() const;

   private:
    Listener console_listener_, second_listener_;
    std::filesystem::path messages_, output_;
    Child child_;
    File console_, second_port_;
};

}  // namespace machine
