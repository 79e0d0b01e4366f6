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
    "  --connect STUB        a machine's stub: the path of a Unix socket, or HOST:PORT\n"
    "  --kernel ELF          the kernel that runs there (build/twain.elf)\n"
    "  --ram FILE            its memory as a shared file: it is looked at without being stopped\n"
    "  --vmm ELF             the VMM that runs there (vmm beside the kernel's file)\n"
    "  --patience SECONDS    for the stub's first answer (10): a kernel may have to boot first\n"
    "  --guest-symbols FILE  of the guest's kernel: System.map, or /proc/kallsyms as root reads it there\n"
    "  --console PATH        of the machine: a socket to type into, or a file in which its output is written down\n"
    "  --keys PIPE           where what is typed goes, if the console is a file\n"
    "  --first-fault         run to the first nested page fault\n"
    "  --layout NAME         how views are arranged: pair, code, or lab1 to lab11 for a lab\n"
    "  --size WxH            of the window (1600x1000)\n"
    "  --text PERCENT        how large text is (100)\n"
    "  --dark                light on dark\n"
    "  --book DIRECTORY      where the book's pages are (build/book/html)\n"
    "  --headless            no window: carry out the script and end\n"
    "  --script FILE         commands to carry out, one a line; - is standard input, with a window while it is open\n"
    "  --screenshot PNG      write the window as a picture at the end of the script\n"
    "commands of a script:\n"
    " what is looked at\n"
    "  select ring3|gpa|gva 0xADDRESS [read|write|execute]     process PID    vcpu N    core N\n"
    "  moment N|now          the pairs after N records         step N|first|last|next|back    of the walk\n"
    "  range 0xA-0xB         cause all|ring3|ringv             heat 0xA-0xB\n"
    "  frame N               read FUNCTION|FILE:LINE|0xADDRESS memory host|physical|gpa|gva 0xADDRESS [BYTES]\n"
    " how\n"
    "  view NAME: pair code memory console walk registers vcpu stack stops machine exits heat line log protocol\n"
    "  layout NAME           move VIEW left|right|lower|below  dark | light    text PERCENT\n"
    "  level 1..4            slot N      zoom 1|2|4|8          code source|mixed|instructions\n"
    " what the machine does\n"
    "  run  stop  stepi  line into|over|out  into-guest        pace FAULTS_A_SECOND (0: as fast as it goes)\n"
    "  next-fault [0xA-0xB]  next-exit [KIND]                  next-change 0xADDRESS [LEVEL]\n"
    "  break PLACE [if EXPRESSION]    watch PLACE [BYTES]      switch PLACE (off, or on again)\n"
    "  wait-stop [SECONDS]   wait-faults N [SECONDS]           save FILE\n"
    "  detach  attach        leave the machine running; come back to it\n"
    "  latency N             stops the machine N times: how long until the picture of it is painted\n"
    " what a person does; X Y may be the name of a place, of which `print places` has the list\n"
    "  mouse X Y  click X Y  right-click X Y  double-click X Y  wheel up|down X Y    frames N\n"
    "  keys CHARACTERS       key NAME: x, left, enter, f9, ctrl+c ...                console LINE (types it)\n"
    " what comes of it\n"
    "  screenshot FILE\n"
    "  print state|walk|check|faults|registers|stack|code|view|layout|places|breakpoints|exits|vcpu|memory|console|\n"
    "        packets|end (READY, for a program that waits for an answer)\n"
    "  print place NAME: where it is in the window             print costs N: milliseconds for each of N frames\n"
    "  print translations N SEED BYTES: where N random guest-physical addresses below BYTES lie\n";

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

/// 150 for half as large again.
float parse_scale(const std::string& text) {
    int percent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (error != std::errc() || *end != 0 || percent < 50 || percent > 300)
        throw machine::Error("--text " + text + ": write a percentage from 50 to 300");
    return static_cast<float>(percent) / 100;
}

std::string layout_names() {
    std::string names = "; there are";
    for (const NamedLayout& layout : layouts()) names += std::string(" ") + layout.name;
    return names;
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
        } else if (word == "--keys") {
            options.keys = value();
        } else if (word == "--book") {
            options.book = value();
        } else if (word == "--layout") {
            options.layout = value();
            if (!layout_called(options.layout))
                throw machine::Error("there is no layout " + options.layout + layout_names());
        } else if (word == "--text") {
            options.text_scale = parse_scale(value());
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
