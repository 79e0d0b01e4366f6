// SPDX-License-Identifier: MIT
/// @file
/// @brief `make argument`: the pair beside the alternative of 2015, both built, on the same machine with the same programs.
/// @chapter argument
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/machine.h"
#include "tests/style/source.h"

namespace {

using namespace machine;
constexpr Seconds kPatience{400};

/// What the programs print on a machine with this kernel.
std::string measured(const std::string& kernel) {
    const std::vector<std::string> counted{"-icount", "shift=0,sleep=off"};
    std::string output;
    {
        Machine large(
            twain({.kernel = kernel, .initramfs = "initramfs-test.cpio", .memory = "4G", .cores = 1, .more = counted}));
        Shell shell = large.shell(kTwainPrompt);
        shell.wait_for_prompt(kPatience);
        output = shell.run("/test/ringvtest --faults", kPatience);
        // Figures of a kernel whose tables are wrong are none. The program lets the kernel check them after each step.
        const std::string check = shell.run("/test/pairstress --count 300 && echo sound", kPatience);
        if (check.find("sound") == std::string::npos) throw Error(kernel + " does not pass its own check: " + check);
    }
    // Little memory, so that it is soon full.
    Machine small(
        twain({.kernel = kernel, .initramfs = "initramfs-test.cpio", .memory = "2G", .cores = 1, .more = counted}));
    Shell shell = small.shell(kTwainPrompt);
    shell.wait_for_prompt(kPatience);
    return output + "\n" + shell.run("/test/tables", kPatience);
}

long long value(const std::string& output, const std::string& name) {
    const auto at = output.find(name + " ");
    if (at == std::string::npos) throw Error("the programs say no " + name + ": " + output);
    return std::atoll(output.c_str() + at + name.size());
}

/// Lines of code of all that knows how tables lie in memory.
int code_lines(const std::filesystem::path& kernel) {
    int lines = style::Source::read(kernel / "x86/paging.h").code_lines();
    for (const auto& entry : std::filesystem::directory_iterator(kernel / "mm"))
        lines += style::Source::read(entry.path()).code_lines();
    return lines;
}

void print_row(const char* what, long long pair, long long other, const char* unit) {
    std::printf("%-52s %9lld %11lld  %s\n", what, pair, other, unit);
}

void run() {
    const std::string pair = measured("twain.elf"), other = measured("paired_pfn/twain.elf");
    struct Row {
        const char* what;
        const char* name;
        long long divisor;
        const char* unit;
    };
    std::printf("%-52s %9s %11s\n", "", "pair", "paired_pfn");
    for (const Row& row : {
             Row{"a guest's fault, page of 4 KiB", "fault-4k", 1, "instructions"},
             Row{"a guest's fault, page of 2 MiB", "fault-2m", 1, "instructions"},
             Row{"a process's fault in the window, page of 4 KiB", "window-4k-fault", 1, "instructions"},
             Row{"a process's fault outside, page of 4 KiB", "outside-4k-fault", 1, "instructions"},
             Row{"a process's fault outside, page of 2 MiB", "outside-2m-fault", 1, "instructions"},
             Row{"tables for a GiB of guest, pages of 4 KiB", "pairs-4k", 1024, "KiB"},
             Row{"tables for a GiB of guest, pages of 2 MiB", "pairs-2m", 1024, "KiB"},
             Row{"tables for a GiB of guest, page of 1 GiB", "pairs-1g", 1024, "KiB"},
             Row{"tables for a GiB outside the window, pages of 4 KiB", "outside-4k-bytes", 1024, "KiB"},
             Row{"tables for a GiB outside the window, pages of 2 MiB", "outside-2m-bytes", 1024, "KiB"},
             Row{"free memory, in single frames", "scattered-free", 1 << 20, "MiB"},
             Row{"tables made of it, of 1000 asked for", "scattered-tables", 1, "tables"},
         }) {
        print_row(row.what, value(pair, row.name) / row.divisor, value(other, row.name) / row.divisor, row.unit);
    }
    print_row("lines of code of kernel/mm and kernel/x86/paging.h", code_lines("kernel"),
              code_lines(build_directory() + "/paired_pfn/kernel"), "lines");
}

}  // namespace

int main() {
    try {
        run();
        return 0;
    } catch (const Error& problem) {
        std::fprintf(stderr, "argument: %s\n", problem.what());
        return 1;
    }
}
