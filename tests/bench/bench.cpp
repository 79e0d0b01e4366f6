// SPDX-License-Identifier: MIT
/// @file
/// @brief `make bench`: each figure beside its peer and its goal, as a table.
/// @chapter testing
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <vector>

#include "debugger-ui/rsp/error.h"
#include "tests/boot/nested_faults.h"
#include "tests/machine/machine.h"

namespace {

using namespace machine;

/// With `shift=1` an instruction takes 2 ns of the machine's time, and its time-stamp counter counts nanoseconds.
constexpr double kNanosecondsPerInstruction = 2;
const std::vector<std::string> kCountInstructions{"-icount", "shift=1,sleep=off"};
constexpr Seconds kSlowBoot{300};
constexpr int kPairs = 3;

/// Linux without Twain on the smallest machine that QEMU has, with the console that Twain's guests have.
Options bare_microvm() {
    Options options =
        bare_linux({.machine = "microvm",
                    .words = "console=hvc0 panic=-1",
                    .more = {"-device", "virtio-serial-device", "-device", "virtconsole,chardev=console"}});
    options.arguments.insert(options.arguments.end(), kCountInstructions.begin(), kCountInstructions.end());
    // Its initramfs prints the counter.
    std::replace(options.arguments.begin(), options.arguments.end(), build_directory() + "/guest/initrd",
                 build_directory() + "/bench/initrd");
    options.console_on_com1 = false;
    return options;
}

Options twain_with_bench_images(const std::vector<std::string>& more, const std::string& mode) {
    return twain({.initramfs = "bench/initramfs.cpio", .memory = "1G", .words = "mode=" + mode, .more = more});
}

/// The time-stamp counter that the machine prints next, in instructions since it was switched on.
double next_instruction_count(Console& console) {
    const auto match = console.expect_match("tsc=([0-9a-f]{16})", kSlowBoot);
    return static_cast<double>(std::strtoull(match[1].c_str(), nullptr, 16)) / kNanosecondsPerInstruction;
}

struct Row {
    const char* what;
    double measured;
    double peer;  ///< 0: there is none
    const char* unit;
    double goal;  ///< of measured / peer, or of measured where there is no peer
};

bool print_row(const Row& row) {
    const double judged = row.peer > 0 ? row.measured / row.peer : row.measured;
    char peer[32] = "";
    char ratio[32] = "";
    if (row.peer > 0) std::snprintf(peer, sizeof(peer), "%.2f", row.peer);
    if (row.peer > 0) std::snprintf(ratio, sizeof(ratio), "%.2f x", judged);
    const bool met = judged <= row.goal;
    std::printf("%-46s %10.2f %10s %9s  %-5s <= %-6.2f %s\n", row.what, row.measured, peer, ratio, row.unit, row.goal,
                met ? "yes" : "NO");
    std::fflush(stdout);
    return met;
}

double seconds_of(const std::function<void()>& work) {
    const auto begin = Clock::now();
    work();
    return Seconds(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

bool bench_instructions() {
    double bare;
    {
        Machine linux_machine(bare_microvm());
        bare = next_instruction_count(linux_machine.console());
    }
    // The VMM is started by hand, so that its own start can be told from Twain's.
    Machine twain_machine(twain_with_bench_images(kCountInstructions, "host"));
    Console& console = twain_machine.console();
    console.expect(kTwainPrompt, kSlowBoot);
    console.type("tsc; vmm --initrd /guest/initrd /guest/vmlinuz\n");
    const double start = next_instruction_count(console);
    const double whole = next_instruction_count(console) - start;
    return print_row({"VMM's start to guest's prompt (bare microvm)", whole / 1e6, bare / 1e6, "M ins", 2.0});
}

/// From switching on to the guest's prompt, on as many cores as the guest has processors.
bool bench_wall_time(unsigned cores) {
    const std::string count = std::to_string(cores);
    // Without counted instructions, Linux cannot calibrate its clock on a microvm when the emulating machine is busy; a
    // q35 has a timer that it can.
    std::vector<double> bare, inside, ratios;
    for (int pair = 0; pair < kPairs; ++pair) {
        bare.push_back(seconds_of([&] {
            Machine linux_machine(bare_linux({.more = {"-smp", count}}));
            linux_machine.console().expect(kGuestPrompt, kSlowBoot);
        }));
        inside.push_back(seconds_of([&] {
            Machine twain_machine(twain({.cores = cores, .words = "mode=guest guest_mem=512M vcpus=" + count}));
            twain_machine.console().expect(kGuestPrompt, kSlowBoot);
        }));
        ratios.push_back(inside.back() / bare.back());
    }
    const double ratio = median(ratios);
    const double typical = median(bare);
    const std::string what = "to guest's prompt, " + count + (cores == 1 ? " core" : " cores") + ", wall (bare q35)";
    return print_row({what.c_str(), ratio * typical, typical, "s", 3.0});
}

bool bench_cores() {
    bool met = true;
    for (const unsigned cores : {1u, 2u, 4u}) met = bench_wall_time(cores) && met;
    return met;
}

bool bench_twain_prompt() {
    std::vector<double> times;
    for (int run = 0; run < kPairs; ++run) {
        times.push_back(seconds_of([] {
            Machine twain_machine(twain({.words = "mode=host"}));
            twain_machine.console().expect(kTwainPrompt, kSlowBoot);
        }));
    }
    return print_row({"switch-on to Twain's own prompt, wall", median(times), 0, "s", 1.0});
}

/// What a nested fault on fresh memory costs, by the size of its page, beside looking at or zeroing that page alone at one
/// instruction for 8 bytes; and the pairs of a GiB in such pages beside the arithmetic: 8 KiB for each table.
bool bench_page_sizes() {
    Machine twain_machine(twain({.initramfs = "initramfs-test.cpio",
                                 .memory = "4G",
                                 .words = "mode=host",
                                 .more = {"-icount", "shift=0,sleep=off"}}));
    Shell shell = twain_machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kSlowBoot);
    const std::string output = shell.run("/test/ringvtest --faults", kSlowBoot);
    const auto value = [&output](const std::string& name) {
        const auto at = output.find(name + " ");
        if (at == std::string::npos) throw Error("ringvtest --faults says no " + name + ": " + output);
        return std::strtod(output.c_str() + at + name.size(), nullptr);
    };
    constexpr double kTable = 8;  // KiB
    bool met = print_row({"nested fault, 4 KiB page (zeroing it)", value("fault-4k"), 512, "ins", 4.5});
    met = print_row({"nested fault, 2 MiB page (zeroing it)", value("fault-2m"), 262'144, "ins", 1.05}) && met;
    met = print_row({"nested fault, 1 GiB page (looking at it)", value("fault-1g"), 134'217'728, "ins", 1.05}) && met;
    met = print_row(
              {"pairs for a GiB, 4 KiB pages (512 + 1 tables)", value("pairs-4k") / 1024, 513 * kTable, "KiB", 1}) &&
          met;
    met = print_row({"pairs for a GiB, 2 MiB pages (1 table)", value("pairs-2m") / 1024, kTable, "KiB", 1}) && met;
    return print_row({"pairs for a GiB, 1 GiB pages (none)", value("pairs-1g") / 1024, 0, "KiB", 0}) && met;
}

/// One boot of the guest to its prompt, with large pages and without.
bool bench_guest_memory() {
    const auto boot = [](const std::string& words) {
        Machine twain_machine(twain({.words = "mode=guest guest_mem=512M" + words}));
        twain_machine.console().expect(kGuestPrompt, kSlowBoot);
        return nested_faults(twain_machine.rsp());
    };
    const NestedFaults with = boot(""), without = boot(" bigpages=off");
    const auto count = [](const auto& list) { return static_cast<double>(list.size()); };
    // The first 2 MiB, in small pages, have a hole: two pieces.
    const double pieces = static_cast<double>(with.walk.bytes_of_level[2] / (2 * kMiB)) + 2;
    bool met = print_row(
        {"nested faults of a boot (4 KiB pages only)", count(with.records), count(without.records), "", 0.03});
    met = print_row({"nested faults of a boot (2 MiB touched)", count(with.records), pieces, "", 1}) && met;
    return print_row({"pairs at its prompt (4 KiB pages only)", count(with.walk.pairs), count(without.walk.pairs), "",
                      0.5}) &&
           met;
}

/// Everything from clean in a build directory of its own, and the book after it.
bool bench_build() {
    const std::string fresh = build_directory() + "/bench/fresh";
    const std::string log = build_directory() + "/bench/build.log";
    const auto run = [](const std::string& command, const std::string& failed) {
        if (std::system(command.c_str()) != 0) throw Error(failed);
    };
    const auto make = [&](const std::string& goals) {
        run("env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make BUILD=" + fresh + " " + goals + " >" + log + " 2>&1",
            "make " + goals + " failed; see " + log);
    };
    // The guest's kernel is downloaded once and not part of the build.
    run("rm -rf " + fresh + " && mkdir -p " + fresh + "/guest && cp -r " + build_directory() + "/guest/vmlinuz " +
            build_directory() + "/guest/modules " + fresh + "/guest/",
        "cannot prepare a fresh build directory");
    bool met = print_row({"make from clean, wall", seconds_of([&] { make("all"); }), 0, "s", 60.0});
    make(fresh + "/debugger-ui");
    met = print_row({"make book after it, wall", seconds_of([&] { make("book"); }), 0, "s", 120.0}) && met;
    std::filesystem::remove_all(fresh);
    return met;
}

}  // namespace

int main() {
    std::printf("%-46s %10s %10s %9s  %-5s    %-6s %s\n", "what", "Twain", "bare", "ratio", "unit", "goal", "met");
    bool met = true;
    for (const auto& figure :
         {bench_instructions, bench_cores, bench_twain_prompt, bench_guest_memory, bench_page_sizes, bench_build}) {
        try {
            met = figure() && met;
        } catch (const Error& error) {
            std::printf("not measured: %s\n", error.what());
            met = false;
        }
    }
    return met ? 0 : 1;
}
