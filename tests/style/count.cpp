// SPDX-License-Identifier: MIT
/// @file
/// @brief `make count`: code lines of the parts whose size is limited, without blank lines and comments.
/// @chapter testing
#include <cstdio>

#include "tests/style/budget.h"

int main() {
    const auto sources = style::project_sources();
    bool kept = true;
    for (const style::Budget& budget : style::budgets(sources)) {
        for (const style::Source* file : budget.files)
            std::printf("%6d  %s\n", file->code_lines(), file->path().c_str());
        const int sum = budget.code_lines();
        kept = kept && sum <= budget.limit;
        std::printf("%6d  %s, limit %d%s\n\n", sum, budget.name.c_str(), budget.limit,
                    sum <= budget.limit ? "" : ": EXCEEDED");
    }
    return kept ? 0 : 1;
}
