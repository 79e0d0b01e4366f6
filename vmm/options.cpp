// SPDX-License-Identifier: MIT
/// @file
/// @brief The command line of the VMM.
/// @chapter vmm
#include "vmm/options.h"

#include <charconv>
#include <utility>

#include "vmm/failure.h"

namespace vmm {

const std::string_view kHelp = R"(usage: vmm [options] KERNEL

Starts a virtual machine that boots KERNEL, a 64-bit Linux bzImage such as /guest/vmlinuz.
The terminal is the guest's until it powers off. Ctrl-] q ends it by force.

  --initrd FILE        initramfs for the guest
  --memory SIZE        memory of the guest, such as 512M or 2G (default 512M)
  --append TEXT        kernel parameters, behind the default ones (later ones win)
  --command-line TEXT  kernel parameters instead of the default ones, which are
                       console=ttyS0 console=hvc0 quiet panic=-1
  --console NAME       what is typed goes to hvc0 (virtio, the default) or ttyS0 (serial port)
  --stats              at the end, print how often and why the guest was left
  --help               this text
One processor; more come with a later version.

Exit status: 0 the guest powered off or rebooted, 1 it could not be started, 2 wrong usage,
3 it crashed, 128 + N signal N ended it.
)";

namespace {

constexpr std::string_view kDefaultSerialConsole = "console=hvc0 console=ttyS0 quiet panic=-1";
constexpr std::string_view kDefaultVirtioConsole = "console=ttyS0 console=hvc0 quiet panic=-1";

[[noreturn]] void wrong(const std::string& what) { throw UsageFailure(what + "; vmm --help tells the options"); }

std::uint64_t memory_option(const std::string& text) {
    const auto size = parse_size(text);
    if (!size) wrong("--memory " + text + " is not a size such as 512M or 2G");
    if (*size < kSmallestMemory) {
        throw UsageFailure("--memory " + text + " is too little for any kernel; give 128M or more");
    }
    if (*size > kLargestMemory)
        throw UsageFailure("--memory " + text + " is more than a guest can address; give 510G or less");
    return *size & ~(kPageSize - 1);
}

TypingGoesTo console_option(const std::string& name) {
    if (name == "hvc0") return TypingGoesTo::Virtio;
    if (name == "ttyS0") return TypingGoesTo::Serial;
    wrong("--console " + name + " is neither hvc0 nor ttyS0");
}

/// Walks over the arguments; an option's value may be the next argument or stand behind a `=`.
class Arguments {
   public:
    explicit Arguments(std::span<const char* const> all) : rest_(all) {}

    bool empty() const { return rest_.empty(); }

    /// Takes the next argument. Of `--name=value` only the name is answered; the value waits for `value`.
    std::string next() {
        const std::string argument = rest_.front();
        rest_ = rest_.subspan(1);
        const std::size_t equals = argument.find('=');
        if (!argument.starts_with("--") || equals == std::string::npos) return argument;
        value_ = argument.substr(equals + 1);
        return argument.substr(0, equals);
    }

    /// The value of option `name`.
    std::string value(const std::string& name) {
        if (!value_ && rest_.empty()) wrong(name + " needs a value");
        if (!value_) {
            value_ = rest_.front();
            rest_ = rest_.subspan(1);
        }
        return *std::exchange(value_, std::nullopt);
    }

    /// Option `name` has taken what it takes: a value left over is one too many.
    void finish(const std::string& name) const {
        if (value_) wrong(name + " takes no value");
    }

   private:
    std::span<const char* const> rest_;
    std::optional<std::string> value_;
};

void apply_option(Options& options, const std::string& name, Arguments& arguments) {
    if (name == "--initrd") {
        options.initramfs = arguments.value(name);
    } else if (name == "--memory") {
        options.memory = memory_option(arguments.value(name));
    } else if (name == "--append") {
        options.append = arguments.value(name);
    } else if (name == "--command-line") {
        options.command_line = arguments.value(name);
    } else if (name == "--console") {
        options.typing = console_option(arguments.value(name));
    } else if (name == "--stats") {
        options.statistics = Statistics::Printed;
    } else if (name == "--help" || name == "-h") {
        options.help = true;
    } else {
        wrong("unknown option " + name);
    }
    arguments.finish(name);
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    unsigned shift = 20;
    if (suffix == "K" || suffix == "k") {
        shift = 10;
    } else if (suffix == "G" || suffix == "g") {
        shift = 30;
    } else if (!suffix.empty() && suffix != "M" && suffix != "m") {
        return std::nullopt;
    }
    if (number > ~0ULL >> shift) return std::nullopt;
    return number << shift;
}

Options parse_options(std::span<const char* const> all) {
    Options options;
    Arguments arguments(all);
    while (!arguments.empty()) {
        const std::string argument = arguments.next();
        if (argument.starts_with("-")) {
            apply_option(options, argument, arguments);
        } else if (options.kernel.empty()) {
            options.kernel = argument;
        } else {
            wrong("there is a second kernel, " + argument);
        }
    }
    if (options.kernel.empty() && !options.help) wrong("no kernel given");
    return options;
}

std::string Options::guest_command_line() const {
    const std::string_view usual = typing == TypingGoesTo::Virtio ? kDefaultVirtioConsole : kDefaultSerialConsole;
    std::string line = command_line.value_or(std::string(usual));
    if (!append.empty()) line += (line.empty() ? "" : " ") + append;
    return line;
}

}  // namespace vmm
