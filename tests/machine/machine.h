// SPDX-License-Identifier: MIT
/// @file
/// @brief A whole machine in QEMU or Bochs: started, talked to on its console, looked into, and always cleaned up.
/// @chapter testing
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "debugger-ui/rsp/rsp.h"
#include "tests/machine/bochs.h"
#include "tests/machine/child.h"
#include "tests/machine/console.h"
#include "tests/machine/qmp.h"
#include "tests/machine/relay.h"

namespace machine {

/// Prompts of the shells that a machine may show.
inline constexpr const char* kGuestPrompt = "guest:~# ";
inline constexpr const char* kTwainPrompt = "twain:~# ";

/// Whether `twain()` means a machine in Bochs: the environment variable TWAIN_EMULATOR is `bochs`. The same tests run on both.
bool on_bochs();
/// How many cores `twain()` gives a machine whose test says nothing of them: the environment variable TWAIN_CORES, or 1.
unsigned default_cores();

/// What a machine in Bochs, which boots from a CD only, is made of.
struct BochsTwain {
    std::string kernel, initramfs, words;
    unsigned megabytes;
    unsigned cores;
    std::string processor = kIntelProcessor;
};

struct Options {
    /// Bochs, where this is set; and then the arguments must be empty.
    std::optional<BochsTwain> bochs{};
    /// QEMU's arguments, `-kernel` and all, except for what Machine adds: COM1, the stub and QMP.
    std::vector<std::string> arguments;
    TerminalSize terminal{};
    /// Where the console is: true for a 16550 on COM1; false where `arguments` names a device with chardev=console.
    bool console_on_com1 = true;
    /// A second serial port, where the kernel's own stub listens.
    bool kernel_stub = false;
    /// What the emulator is started by, such as a sandbox; it is told the folder of the machine's own files.
    std::function<std::vector<std::string>(const std::filesystem::path&)> starter{};
};

/// Twain in the machine of `make run`.
struct TwainOptions {
    std::string kernel = "twain.elf";  ///< a file under the build directory, as is the next
    std::string initramfs = "initramfs.cpio";
    std::string memory = "1G";
    unsigned cores = default_cores();
    std::string words = "mode=host";  ///< of the kernel's command line; the terminal's size is added
    std::vector<std::string> more{};  ///< further arguments for QEMU; a test that has some is not for Bochs
    TerminalSize terminal{};
    bool kernel_stub = false;
};
Options twain(const TwainOptions& options = {});

/// The guest's kernel and initramfs bare in QEMU, without Twain, the console on COM1.
struct LinuxOptions {
    std::string machine = "q35";
    std::string memory = "512M";
    std::string words = "quiet";
    std::vector<std::string> more{};
    TerminalSize terminal{};
};
Options bare_linux(const LinuxOptions& options = {});

/// Where everything built lies: the environment variable BUILD, or `build`.
std::string build_directory();

/// A running QEMU or Bochs. It ends with this object, whatever happens, and leaves no file behind.
class Machine {
   public:
    /// Starts the emulator. @throws Error with its message when it ends at once
    explicit Machine(const Options& options);

    /// COM1.
    Console& console() { return console_; }
    /// A shell on the console.
    Shell shell(const std::string& prompt) { return Shell(console_, prompt); }
    /// The stub: QEMU's, which stops the machine as soon as one connects on first use, or in Bochs the kernel's own on COM2.
    Rsp& rsp();
    /// QEMU's control channel. @throws Error on Bochs, which has none
    Qmp& qmp();
    /// A new connection to the kernel's own stub; there can be one at a time. In Bochs it is the one line there is.
    Stream connect_kernel_stub();
    /// The socket that leads to it, for gdb.
    std::string kernel_stub_path();

    /// Sends a signal to the emulator.
    void signal(int number) { emulator().signal(number); }
    /// Waits for the machine to end by itself. @throws Timeout
    ExitStatus wait_for_end(Seconds within = Seconds(20));
    /// Ends the emulator in good order.
    void stop();
    pid_t pid() { return emulator().pid(); }
    /// The socket of QEMU's stub, for a program that connects in our stead.
    std::filesystem::path stub() const { return directory_.path() / "stub"; }
    /// What the emulator itself complained about.
    std::string messages() const;

   private:
    Child& emulator() { return bochs_ ? bochs_->child() : *qemu_; }
    /// Waits until QEMU has really started.
    void wait_for_qemu();
    /// Each core's RIP, ring, and whether it is halted: for the message of a test that waited in vain.
    std::string where_the_cores_are();
    static constexpr const char* kKernelStub = "com2";
    Stream connect(const char* socket);

    TemporaryDirectory directory_;
    Terminal terminal_;             ///< QEMU's; Bochs has none
    std::unique_ptr<Bochs> bochs_;  ///< null: QEMU runs
    std::optional<Child> qemu_;
    Console console_;
    std::unique_ptr<Rsp> rsp_;
    std::unique_ptr<Qmp> qmp_;
    std::unique_ptr<Relay> relay_;  ///< Bochs: from a socket to COM2
};

}  // namespace machine
