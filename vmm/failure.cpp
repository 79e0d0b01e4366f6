// SPDX-License-Identifier: MIT
/// @file
/// @brief Formatting that messages need.
/// @chapter vmm
#include "vmm/failure.h"

#include <cstdio>

namespace vmm {

std::string hex(unsigned long long value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", value);
    return text;
}

}  // namespace vmm
