// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading the command line.
/// @chapter observability
#include "debugger-ui/app/options.h"

#include <charconv>

#include "debugger-ui/rsp/error.h"

namespace debugger {

const char* const kHelp =
    "usage: debugger-ui [OPTION]... (--connect STUB | RECORDING)\n"
    "  --connect STUB      a machine's stub: the path of a Unix socket, or HOST:PORT\n"
    "  --kernel ELF        the kernel that runs there (build/twain.elf)\n"
    "  --ram FILE          its memory as a shared file: it is looked at without being stopped\n"
    "  --vmm ELF           the VMM that runs there (vmm beside the kernel's file)\n"
    "  --patience SECONDS  for the stub's first answer (10): a kernel may have to boot first\n"
    "  --guest-symbols FILE  of the guest's kernel: System.map, or /proc/kallsyms as root reads it there\n"
    "  --console PATH      of the machine: a socket to type into, or a file in which its output is written down\n"
    "  --first-fault       run to the first nested page fault\n"
    "  --size WxH          of the window (1600x1000)\n"
    "  --dark              light on dark\n"
    "  --script FILE       commands to carry out, one a line; - is standard input\n"
    "  --headless          no window: carry out the script and end\n"
    "  --screenshot PNG    write the window as a picture at the end of the script\n"
    "commands of a script:\n"
    "  select ring3|gpa|gva 0xADDRESS [read|write|execute]\n"
    "  process PID         vcpu N        moment N|now       step N|first|last|next|back\n"
    "  range 0xA-0xB       cause all|ring3|ringv\n"
    "  view pair|code|memory|console|walk|registers|vcpu|log|line                  level 1..4         slot N\n"
    "  mouse X Y           click X Y     frames N           dark | light\n"
    "  keys CHARACTERS     key left|right|up|down|enter|pageup|pagedown           console LINE (types it)\n"
    "  detach  attach      leave the machine running; come back to it\n"
    "  run  stop  stepi    into-guest   pace FAULTS_A_SECOND (0: as fast as it goes)\n"
    "  next-fault [0xA-0xB]  next-exit [KIND]  next-change 0xADDRESS [LEVEL]\n"
    "  break PLACE [if EXPRESSION]             watch PLACE [BYTES]\n"
    "  memory host|physical|gpa|gva 0xADDRESS [BYTES]\n"
    "  wait-stop [SECONDS]                     wait-faults N [SECONDS]\n"
    "  print state|walk|check|faults|registers|stack|code|view|breakpoints|vcpu|memory|packets|end (READY, for a "
    "program\n"
    "       that waits for an answer)\n"
    "  latency N           stops the machine N times: how long until the picture of it is painted\n"
    "  print translations N SEED BYTES: where N random guest-physical addresses below BYTES lie\n"
    "       save FILE          screenshot FILE\n";

namespace {

WindowSize parse_size(const std::string& text) {
    WindowSize size;
    const char* end = text.data() + text.size();
    const auto width = std::from_chars(text.data(), end, size.width);
    const bool crossed = width.ec == std::errc() && width.ptr != end && *width.ptr == 'x';
    const auto height = crossed ? std::from_chars(width.ptr + 1, end, size.height) : width;
    if (!crossed || height.ec != std::errc() || height.ptr != end || size.width < 640 || size.height < 400 ||
        size.width > 8192 || size.height > 8192) {
        throw machine::Error("--size " + text + ": write for example --size 1280x800, at least 640x400");
    }
    return size;
}

machine::Seconds parse_seconds(const std::string& text) {
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds == 0 || seconds > 86'400)
        throw machine::Error("--patience " + text + ": write for example --patience 120");
    return machine::Seconds(seconds);
}

}  // namespace

Options parse_options(int count, char** arguments) {
    Options options;
    for (int at = 1; at < count; ++at) {
        const std::string word = arguments[at];
        const auto value = [&] {
            if (++at == count) throw machine::Error(word + " wants a value; --help lists the options");
            return std::string(arguments[at]);
        };
        if (word == "--connect") {
            options.target.stub = value();
        } else if (word == "--kernel") {
            options.target.kernel = value();
        } else if (word == "--ram") {
            options.target.ram = value();
        } else if (word == "--vmm") {
            options.target.vmm = value();
        } else if (word == "--patience") {
            options.target.patience = parse_seconds(value());
        } else if (word == "--guest-symbols") {
            options.target.guest_symbols = value();
        } else if (word == "--first-fault") {
            options.start = StartAt::FirstNestedFault;
        } else if (word == "--size") {
            options.size = parse_size(value());
            options.sized = true;
        } else if (word == "--console") {
            options.console = value();
        } else if (word == "--dark") {
            options.dark = true;
        } else if (word == "--script") {
            options.script = value();
        } else if (word == "--headless") {
            options.display = Display::None;
        } else if (word == "--screenshot") {
            options.screenshot = value();
        } else if (word == "--help") {
            options.help = true;
        } else if (word.starts_with("-") || !options.recording.empty()) {
            throw machine::Error("unknown argument " + word + "; --help lists the options");
        } else {
            options.recording = word;
        }
    }
    if (!options.help && options.recording.empty() == options.target.stub.empty()) {
        throw machine::Error("name either a recording or a stub to connect to; --help lists the options");
    }
    return options;
}

}  // namespace debugger
