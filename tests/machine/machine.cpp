// SPDX-License-Identifier: MIT
/// @file
/// @brief QEMU's arguments, its start and its end.
/// @chapter testing
#include "tests/machine/machine.h"

#include <signal.h>
#include <termios.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

void append(std::vector<std::string>& list, const std::vector<std::string>& more) {
    list.insert(list.end(), more.begin(), more.end());
}

std::vector<std::string> words_of_file(const std::string& name) {
    std::ifstream file(name);
    if (!file) throw Error("cannot read " + name);
    return {std::istream_iterator<std::string>(file), {}};
}

std::string text_of_file(const std::filesystem::path& name) {
    std::ifstream file(name);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> command_line(const Options& options, const std::filesystem::path& directory) {
    std::vector<std::string> command{"qemu-system-x86_64"};
    append(command, options.arguments);
    append(command, {"-chardev", "stdio,id=console,signal=off"});
    if (options.console_on_com1) append(command, {"-serial", "chardev:console"});
    append(command, {"-chardev", "socket,id=stub,server=on,wait=off,path=" + (directory / "stub").string()});
    append(command, {"-gdb", "chardev:stub"});
    append(command, {"-qmp", "unix:" + (directory / "qmp").string() + ",server=on,wait=off"});
    return command;
}

}  // namespace

std::string build_directory() {
    const char* build = std::getenv("BUILD");
    return build && *build ? build : "build";
}

Options twain(const TwainOptions& options) {
    Options machine;
    machine.terminal = options.terminal;
    machine.arguments = words_of_file("tests/machine/twain.args");
    const std::string size =
        " rows=" + std::to_string(options.terminal.rows) + " cols=" + std::to_string(options.terminal.columns);
    append(machine.arguments, {"-m", options.memory, "-kernel", build_directory() + "/" + options.kernel, "-initrd",
                               build_directory() + "/" + options.initramfs, "-append", options.words + size});
    append(machine.arguments, options.more);
    return machine;
}

Options bare_linux(const LinuxOptions& options) {
    Options machine;
    machine.terminal = options.terminal;
    machine.arguments = {"-M",
                         options.machine,
                         "-cpu",
                         "max,la57=off",
                         "-accel",
                         "tcg",
                         "-nodefaults",
                         "-display",
                         "none",
                         "-no-reboot",
                         "-m",
                         options.memory,
                         "-no-user-config",
                         "-kernel",
                         build_directory() + "/guest/vmlinuz",
                         "-initrd",
                         build_directory() + "/guest/initrd",
                         "-append",
                         "console=ttyS0 " + options.words};
    append(machine.arguments, options.more);
    return machine;
}

Machine::Machine(const Options& options)
    : terminal_(options.terminal),
      qemu_(Child::start(command_line(options, directory_.path()), terminal_, directory_.path() / "messages")),
      console_(terminal_.master.get()) {
    // With our copy closed, the console reports QEMU's end instead of waiting for ever.
    terminal_.slave = File();
    // QEMU opens its channels before it looks at its devices: only one that answers has started.
    try {
        qmp();
    } catch (const Error&) {
        if (!qemu_.wait(Deadline(Seconds(5)))) throw;
        throw Error("QEMU ended: " + messages());
    }
    // QEMU leaves its terminal turn each newline into two characters; we want what the machine sent.
    termios settings;
    ::tcgetattr(terminal_.master.get(), &settings);
    settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    ::tcsetattr(terminal_.master.get(), TCSANOW, &settings);
}

Rsp& Machine::rsp() {
    if (!rsp_) rsp_ = std::make_unique<Rsp>(connect("stub"));
    return *rsp_;
}

Qmp& Machine::qmp() {
    if (!qmp_) qmp_ = std::make_unique<Qmp>(connect("qmp"));
    return *qmp_;
}

Stream Machine::connect(const char* socket) {
    for (const Deadline deadline{Seconds(20)};;) {
        try {
            return Stream::connect(directory_.path() / socket, Deadline(Seconds(0.1)));
        } catch (const Timeout&) {
            if (qemu_.has_ended() || deadline.has_passed()) throw;
        }
    }
}

ExitStatus Machine::wait_for_end(Seconds within) {
    // QEMU waits in its console's last write until somebody reads.
    const Deadline deadline(within);
    while (!deadline.has_passed()) {
        console_.drain();
        if (const auto status = qemu_.wait(Deadline(Seconds(0.02)))) {
            console_.drain();
            return *status;
        }
    }
    throw Timeout("the machine is still running");
}

void Machine::stop() {
    rsp_.reset();
    qemu_.signal(SIGTERM);
    wait_for_end();
}

std::string Machine::messages() const { return text_of_file(directory_.path() / "messages"); }

}  // namespace machine
