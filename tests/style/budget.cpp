// SPDX-License-Identifier: MIT
/// @file
/// @brief Which files belong to which limit.
/// @chapter testing
#include "tests/style/budget.h"

namespace style {

int Budget::code_lines() const {
    int sum = 0;
    for (const Source* file : files) sum += file->code_lines();
    return sum;
}

std::vector<Budget> budgets(const std::vector<Source>& sources) {
    std::vector<Budget> all{{"kernel code special to virtual machines", 2154, {}},
                            {"the VMM's main file", 200, {}},
                            {"the VMM's library", 2600, {}}};
    for (const Source& source : sources) {
        const std::string path = source.path().string();
        const bool kernel = path.starts_with("kernel/virt/") || path == "kernel/abi/ring_v.h";
        if (kernel) all[0].files.push_back(&source);
        if (path == "vmm/main.cpp") all[1].files.push_back(&source);
        if (path.starts_with("vmm/") && path != "vmm/main.cpp") all[2].files.push_back(&source);
    }
    return all;
}

}  // namespace style
