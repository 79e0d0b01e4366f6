// SPDX-License-Identifier: MIT
/// @file
/// @brief The emulators' arguments, their start and their end.
/// @chapter testing
#include "tests/machine/machine.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

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
    std::vector<std::string> command;
    if (options.starter) command = options.starter(directory);
    command.push_back("qemu-system-x86_64");
    append(command, options.arguments);
    append(command, {"-chardev", "stdio,id=console,signal=off"});
    if (options.console_on_com1) append(command, {"-serial", "chardev:console"});
    if (options.kernel_stub) {
        append(command, {"-chardev", "socket,id=com2,server=on,wait=off,path=" + (directory / "com2").string()});
        append(command, {"-serial", "chardev:com2"});
    }
    append(command, {"-chardev", "socket,id=stub,server=on,wait=off,path=" + (directory / "stub").string()});
    append(command, {"-gdb", "chardev:stub"});
    append(command, {"-qmp", "unix:" + (directory / "qmp").string() + ",server=on,wait=off"});
    return command;
}

/// QEMU's spelling of a size: 512M or 1G.
unsigned megabytes(const std::string& size) {
    return static_cast<unsigned>(std::stoul(size)) * (size.back() == 'G' ? 1024 : 1);
}

std::unique_ptr<Bochs> start_bochs(const Options& options, const std::filesystem::path& directory) {
    if (!options.bochs) return nullptr;
    if (!options.arguments.empty()) throw Error("Bochs does not take QEMU's " + options.arguments[0]);
    const auto image = directory / "twain.iso";
    const File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const int quiet = nothing.get();
    Child maker = Child::start({"kernel/boot/make-rescue-image", image.string(), options.bochs->kernel,
                                options.bochs->initramfs, options.bochs->words},
                               {.input = quiet, .output = quiet, .errors = STDERR_FILENO});
    if (maker.wait(Deadline(Seconds(60))) != 0) throw Error("cannot make the image that Bochs boots from");
    return std::make_unique<Bochs>(
        BochsOptions{.image = image,
                     .megabytes = options.bochs->megabytes,
                     .cores = options.bochs->cores,
                     .processor = options.bochs->processor,
                     .starter = options.starter ? options.starter(directory) : std::vector<std::string>()},
        directory);
}

std::optional<Child> start_qemu(const Options& options, const Terminal& terminal,
                                const std::filesystem::path& directory) {
    if (options.bochs) return std::nullopt;
    return Child::start(command_line(options, directory), terminal, directory / "messages");
}

}  // namespace

bool on_bochs() {
    const char* emulator = std::getenv("TWAIN_EMULATOR");
    return emulator && std::string_view(emulator) == "bochs";
}

unsigned default_cores() {
    const char* cores = std::getenv("TWAIN_CORES");
    return cores ? static_cast<unsigned>(std::atoi(cores)) : 1;
}

std::string build_directory() {
    const char* build = std::getenv("BUILD");
    return build && *build ? build : "build";
}

Options twain(const TwainOptions& options) {
    Options machine;
    machine.terminal = options.terminal;
    machine.kernel_stub = options.kernel_stub;
    const std::string size =
        " rows=" + std::to_string(options.terminal.rows) + " cols=" + std::to_string(options.terminal.columns);
    if (on_bochs()) {
        machine.bochs = BochsTwain{.kernel = build_directory() + "/" + options.kernel,
                                   .initramfs = build_directory() + "/" + options.initramfs,
                                   .words = options.words + size,
                                   .megabytes = megabytes(options.memory),
                                   .cores = options.cores,
                                   .processor = kIntelProcessor};
        machine.arguments = options.more;
        return machine;
    }
    machine.arguments = words_of_file("tests/machine/twain.args");
    append(machine.arguments, {"-m", options.memory, "-smp", std::to_string(options.cores), "-kernel",
                               build_directory() + "/" + options.kernel, "-initrd",
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
      bochs_(start_bochs(options, directory_.path())),
      qemu_(start_qemu(options, terminal_, directory_.path())),
      console_(bochs_ ? bochs_->console() : terminal_.master.get()) {
    if (qemu_) wait_for_qemu();
    if (qemu_) console_.set_witness([this] { return where_the_cores_are(); });
}

std::string Machine::where_the_cores_are() {
    std::string found = "\n--- where the cores are, three times ---\n";
    try {
        for (int look = 0; look < 3; ++look) {
            std::istringstream lines(qmp().monitor("info registers -a"));
            for (std::string line; std::getline(lines, line);) {
                if (line.starts_with("CPU#") || line.starts_with("RIP=")) found += plain_text(line) + "\n";
            }
        }
    } catch (const Error& error) { found += error.what(); }
    return found + "---";
}

void Machine::wait_for_qemu() {
    // With our copy closed, the console reports QEMU's end instead of waiting for ever.
    terminal_.slave = File();
    // QEMU opens its channels before it looks at its devices: only one that answers has started.
    try {
        qmp();
    } catch (const Error&) {
        if (!qemu_->wait(Deadline(Seconds(5)))) throw;
        throw Error("QEMU ended: " + messages());
    }
    // QEMU leaves its terminal turn each newline into two characters; we want what the machine sent.
    termios settings;
    ::tcgetattr(terminal_.master.get(), &settings);
    settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    ::tcsetattr(terminal_.master.get(), TCSANOW, &settings);
}

Rsp& Machine::rsp() {
    if (!rsp_) rsp_ = std::make_unique<Rsp>(bochs_ ? connect_kernel_stub() : connect("stub"));
    return *rsp_;
}

Stream Machine::connect_kernel_stub() {
    if (bochs_) return Stream(File(::fcntl(bochs_->second_port(), F_DUPFD_CLOEXEC, 0)));
    return connect(kKernelStub);
}

std::string Machine::kernel_stub_path() {
    const std::string path = directory_.path() / kKernelStub;
    if (bochs_ && !relay_) relay_ = std::make_unique<Relay>(path, bochs_->second_port());
    return path;
}

Qmp& Machine::qmp() {
    if (bochs_) throw Error("Bochs has no QMP");
    if (!qmp_) qmp_ = std::make_unique<Qmp>(connect("qmp"));
    return *qmp_;
}

Stream Machine::connect(const char* socket) {
    for (const Deadline deadline{Seconds(20)};;) {
        try {
            return Stream::connect(directory_.path() / socket, Deadline(Seconds(0.1)));
        } catch (const Timeout&) {
            if (qemu_->has_ended() || deadline.has_passed()) throw;
        }
    }
}

ExitStatus Machine::wait_for_end(Seconds within) {
    // An emulator waits in its console's last write until somebody reads.
    const Deadline deadline(within);
    while (!deadline.has_passed()) {
        console_.drain();
        if (const auto status = emulator().wait(Deadline(Seconds(0.02)))) {
            console_.drain();
            return bochs_ ? bochs_->end_status(*status) : *status;
        }
        if (bochs_ && bochs_->has_restarted()) emulator().signal(SIGKILL);
    }
    throw Timeout("the machine is still running");
}

void Machine::stop() {
    rsp_.reset();
    emulator().signal(SIGTERM);
    wait_for_end();
}

std::string Machine::messages() const {
    return bochs_ ? bochs_->messages() : text_of_file(directory_.path() / "messages");
}

}  // namespace machine
