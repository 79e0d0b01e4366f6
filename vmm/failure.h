// SPDX-License-Identifier: MIT
/// @file
/// @brief The exceptions of the VMM: what the user must mend, and what is the guest's own fault.
/// @chapter vmm
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace vmm {

/// The machine cannot be started. The text says in one line what is wrong, with what, and what to do; `main` prints it.
class Failure : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// The command line makes no sense. Same rules for the text; the exit status differs.
class UsageFailure : public Failure {
   public:
    using Failure::Failure;
};

/// The guest did something that no working guest does: an address outside its memory, a queue whose descriptors loop.
/// A device that meets one asks the guest for a reset; the processor loop that meets one ends the guest. The VMM lives.
class GuestError : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// `value` as 0x-prefixed hexadecimal, for messages.
inline std::string hex(unsigned long long value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", value);
    return text;
}

}  // namespace vmm
