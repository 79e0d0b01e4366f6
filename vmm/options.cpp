// SPDX-License-Identifier: MIT
/// @file
/// @brief The command line of the VMM.
/// @chapter vmm
#include "vmm/options.h"

#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "kernel/abi/ring_v.h"
#include "vmm/failure.h"

namespace vmm {

const std::string_view kHelp = R"(usage: vmm [options] KERNEL

Starts a virtual machine that boots KERNEL, a 64-bit Linux bzImage such as /guest/vmlinuz.
The terminal is the guest's until it powers off. Ctrl-] q ends it by force.

  --initrd FILE        initramfs for the guest
  --memory SIZE        memory of the guest, such as 512M or 2G (default 512M)
  --cpus N             processors of the guest, 1 to 64 (default 1)
  --append TEXT        kernel parameters, behind the default ones (later ones win)
  --command-line TEXT  kernel parameters instead of the default ones, which are
                       console=ttyS0 console=hvc0 quiet loglevel=3 panic=-1
  --console NAME       what is typed goes to hvc0 (virtio, the default) or ttyS0 (serial port)
  --stats              at the end, print how often and why the guest was left
  --help               this text

Exit status: 0 the guest powered off or rebooted, 1 it could not be started, 2 wrong usage,
3 it crashed, 128 + N signal N ended it.
)";

namespace {

[[noreturn]] void wrong(const std::string& what) { throw UsageFailure(what + "; vmm --help tells the options"); }

std::uint64_t memory_option(const std::string& text) {
    const std::string what = "--memory " + text;
    const auto machine = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * kPageSize;
    const std::uint64_t most = std::min(kLargestMemory, machine);
    const auto size = parse_size(text);
    if (!size) wrong(what + " is not a size such as 512M or 2G");
    if (*size < kSmallestMemory) throw UsageFailure(what + " is too little for any kernel; give 128M or more");
    if (*size % kPageSize != 0) throw UsageFailure(what + " is not a whole number of pages of 4K");
    if (*size > most)
        throw UsageFailure(what + " is more than this machine has; give " + std::to_string(most / kMiB) + "M or less");
    return *size;
}

unsigned processors_option(const std::string& text) {
    unsigned count = 0;
    const char* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, count).ptr != end || count < 1 || count > abi::kMaxVcpus)
        wrong("--cpus " + text + " is not a number from 1 to " + std::to_string(abi::kMaxVcpus));
    return count;
}

TypingGoesTo console_option(const std::string& name) {
    if (name == "hvc0") return TypingGoesTo::Virtio;
    if (name == "ttyS0") return TypingGoesTo::Serial;
    wrong("--console " + name + " is neither hvc0 nor ttyS0");
}

constexpr option kLongOptions[] = {{"initrd", required_argument, nullptr, 'i'},
                                   {"memory", required_argument, nullptr, 'm'},
                                   {"cpus", required_argument, nullptr, 'p'},
                                   {"append", required_argument, nullptr, 'a'},
                                   {"command-line", required_argument, nullptr, 'l'},
                                   {"console", required_argument, nullptr, 'c'},
                                   {"stats", no_argument, nullptr, 's'},
                                   {"help", no_argument, nullptr, 'h'},
                                   {nullptr, 0, nullptr, 0}};

void apply(Options& options, int which, const char* argument) {
    switch (which) {
    case 'i': options.initramfs = optarg; break;
    case 'm': options.memory = memory_option(optarg); break;
    case 'p': options.processors = processors_option(optarg); break;
    case 'a': options.append = optarg; break;
    case 'l': options.command_line = optarg; break;
    case 'c': options.typing = console_option(optarg); break;
    case 's': options.statistics = Statistics::Printed; break;
    case 'h': options.help = true; break;
    case ':': wrong(std::string(argument) + " needs a value");
    default: wrong(std::string("unknown or unsuitable option ") + argument);
    }
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    const std::size_t power = suffix.empty() ? 1 : std::string_view("KMGkmg").find(suffix) % 3;
    if (suffix.size() > 1 || suffix.find_first_not_of("KMGkmg") != suffix.npos) return std::nullopt;
    const std::size_t shift = 10 * (power + 1);
    if (number > ~0ULL >> shift) return std::nullopt;
    return number << shift;
}

Options parse_options(int count, char** arguments) {
    Options options;
    optind = 0;  // from the start, for a second call
    opterr = 0;
    for (int which; (which = ::getopt_long(count, arguments, ":h", kLongOptions, nullptr)) != -1;)
        apply(options, which, arguments[optind - 1]);
    if (optind + 1 < count) wrong(std::string("there is a second kernel, ") + arguments[optind + 1]);
    if (optind < count) options.kernel = arguments[optind];
    if (options.kernel.empty() && !options.help) wrong("no kernel given");
    return options;
}

std::string Options::guest_command_line() const {
    constexpr std::string_view kVirtio = "console=ttyS0 console=hvc0 quiet loglevel=3 panic=-1";
    constexpr std::string_view kSerial = "console=hvc0 console=ttyS0 quiet loglevel=3 panic=-1";
    std::string line = command_line.value_or(std::string(typing == TypingGoesTo::Virtio ? kVirtio : kSerial));
    if (!append.empty()) line += (line.empty() ? "" : " ") + append;
    return line;
}

}  // namespace vmm
