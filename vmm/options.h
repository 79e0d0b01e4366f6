// SPDX-License-Identifier: MIT
/// @file
/// @brief The command line of the VMM.
/// @chapter vmm
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vmm/memory_map.h"

namespace vmm {

/// Which console of the guest gets what is typed.
enum class TypingGoesTo { Virtio, Serial };

enum class Statistics { Silent, Printed };

/// What the user asked for.
struct Options {
    std::string kernel;
    std::optional<std::string> initramfs;
    std::uint64_t memory = 512 * kMiB;
    unsigned processors = 1;
    std::optional<std::string> command_line;  ///< replaces the default
    std::string append;                       ///< goes behind it
    TypingGoesTo typing = TypingGoesTo::Virtio;
    Statistics statistics = Statistics::Silent;
    bool help = false;

    /// The guest's command line.
    std::string guest_command_line() const;
};

/// The text of --help.
extern const std::string_view kHelp;

/// Reads the program's arguments, of which the first is its name, and may change their order. Throws UsageFailure.
Options parse_options(int count, char** arguments);

/// A size such as 512M: a number with K, M or G behind it, M when there is none. None when it is no size.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace vmm
