// SPDX-License-Identifier: MIT
/// @file
/// @brief Ring V itself: the hand-written guests, VMMs that are killed, and machines that lack it.
/// @chapter ring-v
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/boot/guest.h"

namespace machine {
namespace {

Options test_machine(std::vector<std::string> more = {}) {
    return twain({.initramfs = "initramfs-test.cpio", .memory = "1G", .words = "mode=host", .more = std::move(more)});
}

TEST(RingV, KeepsItsPromisesToHandWrittenGuests) {
    Machine machine(test_machine());
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    const std::string output = shell.run("/test/ringvtest; echo status $?", Seconds(300));
    EXPECT_EQ(output.find("not ok"), std::string::npos) << output;
    EXPECT_NE(output.find("30 passed, 0 failed\nstatus 0\n"), std::string::npos) << output;
    EXPECT_EQ(shell.run("/test/helloguest"), "Hello from ring V\nthe guest has stopped: reason 5, rip 0x100d\n");
    // Every vCPU is gone with its thread; its exits are still counted.
    const std::string counts = shell.run("cat /proc/vm");
    EXPECT_EQ(counts.substr(0, 4), on_bochs() ? "VMX\n" : "SVM\n");
    EXPECT_EQ(counts.find("thread"), std::string::npos) << counts;
    EXPECT_NE(counts.find("nested-fault"), std::string::npos) << counts;
}

/// Exits by reason, kernel's and VMM's together.
using Counts = std::map<std::string, unsigned long>;

/// Of /proc/vm, or of what a run before wrote.
Counts parse_counts(std::istream& lines) {
    Counts counts;
    for (std::string line; std::getline(lines, line);) {
        char name[32];
        unsigned long kernel = 0, vmm = 0;
        if (std::sscanf(line.c_str(), " %31s kernel %lu vmm %lu", name, &kernel, &vmm) == 3)
            counts[name] = kernel + vmm;
    }
    return counts;
}

/// Those that the kernel settled: the others were for devices.
unsigned long nested_faults_settled(const std::string& text) {
    unsigned long kernel = 0;
    const std::size_t line = text.find("nested-fault");
    if (line != std::string::npos) std::sscanf(text.c_str() + line, "nested-fault kernel %lu", &kernel);
    return kernel;
}

void print_side_by_side(const Counts& svm, const Counts& vmx) {
    Counts all = svm;
    all.insert(vmx.begin(), vmx.end());
    std::printf("%-18s %10s %10s   (exits of a boot to the guest's prompt and its end)\n", "", "SVM", "VMX");
    for (const auto& [reason, unused] : all) {
        std::printf("%-18s %10lu %10lu\n", reason.c_str(), svm.contains(reason) ? svm.at(reason) : 0,
                    vmx.contains(reason) ? vmx.at(reason) : 0);
    }
}

/// The same boot on both back ends; whichever runs second prints both side by side.
TEST(RingV, CountsTheExitsOfABoot) {
    Machine machine(test_machine());
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    machine.console().type("vmm --memory 256M --initrd /guest/initrd /guest/vmlinuz\n");
    machine.console().expect(kGuestPrompt, kGuestBoot);
    machine.console().type("poweroff\n");
    shell.wait_for_prompt(Seconds(30));
    const std::string text = shell.run("cat /proc/vm");
    std::istringstream lines(text);
    const Counts counts = parse_counts(lines);
    EXPECT_GT(counts.at("nested-fault"), 10u) << text;
    // One for each 2 MiB of the guest, and some for the hole in the first 2 MiB.
    EXPECT_LT(nested_faults_settled(text), 256u / 2 + 16) << text;
    EXPECT_GT(counts.at("io"), 10u) << text;
    // The processor delivers interrupts by itself, and so no window is asked for.
    EXPECT_EQ(counts.contains("interrupt-window"), !on_bochs()) << text;

    const auto file = [](const char* vendor) { return build_directory() + "/tests/exits-" + vendor; };
    std::ofstream(file(on_bochs() ? "vmx" : "svm")) << text;
    std::ifstream svm(file("svm")), vmx(file("vmx"));
    print_side_by_side(parse_counts(svm), parse_counts(vmx));
}

/// A stock kernel that is told not to use x2APIC mode reaches its APIC through memory: timer, IPIs, INIT and start-up IPIs.
TEST(RingV, BootsGuestsThatUseAnXApic) {
    Machine machine(test_machine());
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    for (const unsigned vcpus : {1U, on_bochs() ? 2U : 3U}) {
        machine.console().type("vmm --cpus " + std::to_string(vcpus) +
                               " --memory 256M --append nox2apic --initrd /guest/initrd /guest/vmlinuz\n");
        Shell guest = machine.shell(kGuestPrompt);
        guest.wait_for_prompt(kGuestBoot);
        EXPECT_EQ(guest.run("nproc"), std::to_string(vcpus) + "\n");
        EXPECT_EQ(guest.run("dmesg | grep -o 'x2apic disabled'"), "x2apic disabled\n");
        EXPECT_EQ(guest.run("dmesg | grep -iE 'tsc.*unstable|stall|lockup|cut here'"), "");
        const std::string last = std::to_string(vcpus - 1);
        if (vcpus > 1) {
            const std::string online = "/sys/devices/system/cpu/cpu" + last + "/online";
            EXPECT_EQ(guest.run("echo 0 >" + online + "; nproc; echo 1 >" + online + "; nproc", Seconds(60)),
                      last + "\n" + std::to_string(vcpus) + "\n");
        }
        // Every processor is woken by another for its work, and the last one switches the machine off.
        EXPECT_EQ(guest.run("for cpu in $(seq 0 " + last +
                                "); do taskset $((1 << $cpu)) sh -c 'sleep 0.1; echo $0' $cpu; done",
                            Seconds(60)),
                  vcpus == 1   ? "0\n"
                  : vcpus == 2 ? "0\n1\n"
                               : "0\n1\n2\n");
        machine.console().type("taskset " + std::to_string(1U << (vcpus - 1)) + " poweroff\n");
        shell.wait_for_prompt(Seconds(60));
    }
    EXPECT_EQ(shell.run("grep -c thread /proc/vm"), "0\n");
}

/// VMX with the virtual-APIC page evaluated by the kernel, as on SVM and on Intel's older processors.
TEST(RingV, DoesWithoutAVirtualApic) {
    if (!on_bochs()) GTEST_SKIP() << "SVM never has one";
    Options options = test_machine();
    options.bochs->words += " vapic=off";
    Machine machine(options);
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    // The cases of the APIC and of interrupts.
    for (const char* cases : {"_manual", "ppr", "apic", "interrupt", "timer", "nmis", "woken", "port"})
        EXPECT_NE(shell.run("/test/ringvtest " + std::string(cases), Seconds(60)).find(" 0 failed"), std::string::npos);
    EXPECT_NE(shell.run("cat /proc/vm").find("interrupt-window"), std::string::npos);
}

/// A VMM that is killed while its guest runs takes its vCPU along, and the next guest runs.
TEST(RingV, SurvivesVmmsThatAreKilled) {
    Machine machine(test_machine());
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(kGuestBoot);
    for (int round = 0; round < 5; ++round) {
        shell.run("/test/ringvtest every_2 >/dev/null & sleep 0.2; kill -9 $!; wait $! 2>/dev/null");
    }
    EXPECT_EQ(shell.run("grep -c thread /proc/vm"), "0\n");
    EXPECT_NE(shell.run("/test/ringvtest ports").find("1 passed"), std::string::npos);
}

}  // namespace
}  // namespace machine
