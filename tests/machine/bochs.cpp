// SPDX-License-Identifier: MIT
/// @file
/// @brief Starts Bochs with a configuration of our own, and reads what it says of its end.
/// @chapter testing
#include "tests/machine/bochs.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// 100 million instructions are a second for the processor's clocks, which is about what it emulates in one. The "dummy" drivers need no screen and no sound card.
void write_configuration(const std::filesystem::path& file, const BochsOptions& options,
                         const std::filesystem::path& log, unsigned short console, unsigned short second) {
    std::ofstream out(file);
    out << "config_interface: textconfig\n"
           "display_library: sdl2\n"
           "sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n"
           "speaker: enabled=0\n"
           "cpu: count="
        << options.cores << ", ips=100000000, reset_on_triple_fault=0, model=" << options.processor << "\n"
        << "memory: guest=" << options.megabytes << ", host=" << options.megabytes << "\n"
        << "romimage: file=/usr/share/bochs/BIOS-bochs-latest\n"
           "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
           "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
           "ata0-master: type=cdrom, status=inserted, path="
        << options.image.string() << "\n"
        << "boot: cdrom\n"
           "clock: time0=utc, sync="
        << (options.idle == BochsOptions::Idle::KeepsTime ? "slowdown" : "none")
        << "\n"
           "com1: enabled=1, mode=socket-client, dev=127.0.0.1:"
        << console << "\n"
        << "com2: enabled=1, mode=socket-client, dev=127.0.0.1:" << second << "\n"
        << "log: " << log.string() << "\n"
        << "panic: action=fatal\nerror: action=report\ninfo: action=ignore, pc_system=report\ndebug: action=ignore\n";
    if (!out.flush()) throw Error("cannot write " + file.string());
}

/// Debian's Bochs has a debugger, which waits for a command at the start; and "continue" is all that it is told.
Child start(const BochsOptions& options, const std::filesystem::path& directory, const std::filesystem::path& log,
            const std::filesystem::path& output, unsigned short console, unsigned short second) {
    const auto configuration = directory / "bochsrc", commands = directory / "commands";
    write_configuration(configuration, options, log, console, second);
    std::ofstream(commands) << "c\n";
    const File out(::open(output.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    const File in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::vector<std::string> command = options.starter;
    command.insert(command.end(), {"env", "SDL_VIDEODRIVER=dummy", "bochs-bin", "-q", "-f", configuration.string(),
                                   "-rc", commands.string()});
    return Child::start(command, {.input = in.get(), .output = out.get(), .errors = out.get()});
}

std::string text_of_file(const std::filesystem::path& name) {
    std::ifstream file(name);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Listener::Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_.get(), generic, bytes) != 0 || ::listen(socket_.get(), 1) != 0 ||
        ::getsockname(socket_.get(), generic, &bytes) != 0) {
        throw error_from_errno("cannot listen on the loopback address");
    }
    port_ = ntohs(address.sin_port);
}

File Listener::accept(const Deadline& deadline) {
    if (!wait_readable(socket_.get(), deadline)) return File();
    return File(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

Bochs::Bochs(const BochsOptions& options, const std::filesystem::path& directory)
    : messages_(directory / "messages"),
      output_(directory / "output"),
      child_(start(options, directory, messages_, output_, console_listener_.port(), second_listener_.port())) {
    // A key typed at the moment of the machine's end is an error like any other, not this program's end.
    ::signal(SIGPIPE, SIG_IGN);
    for (const Deadline deadline{Seconds(60)}; !console_;) {
        console_ = console_listener_.accept(Deadline(Seconds(0.1)));
        if (console_) break;
        if (child_.has_ended() || deadline.has_passed()) throw Error("Bochs does not start: " + messages());
    }
    second_port_ = second_listener_.accept(Deadline(Seconds(20)));
}

bool Bochs::has_restarted() const {
    // The first reset is the machine's start.
    constexpr std::string_view kReset = "pc_system_c::Reset(";
    const std::string text = text_of_file(messages_);
    const std::size_t first = text.find(kReset);
    return first != std::string::npos && text.find(kReset, first + 1) != std::string::npos;
}

ExitStatus Bochs::end_status(ExitStatus raw) const {
    const bool switched_off = text_of_file(output_).find("ACPI control: soft power off") != std::string::npos;
    return switched_off || has_restarted() ? 0 : raw;
}

std::string Bochs::messages() const {
    // A line is eleven digits of time, a letter for how bad it is, and who says what.
    constexpr std::size_t kLetter = 11;
    std::istringstream lines(text_of_file(messages_));
    std::string bad;
    for (std::string line; std::getline(lines, line);) {
        if (line.size() > kLetter && (line[kLetter] == 'e' || line[kLetter] == 'p')) bad += line + "\n";
    }
    return bad.empty() ? text_of_file(output_) : bad;
}

}  // namespace machine
