// SPDX-License-Identifier: MIT
/// @file
/// @brief Pages of 2 MiB and 1 GiB on whole machines: under many threads on four cores, and under a guest.
/// @chapter pair
#include <gtest/gtest.h>

#include <map>

#include "tests/boot/guest.h"
#include "tests/boot/nested_faults.h"

namespace machine {
namespace {

/// Whether /test/largepages finds all as it should on a machine of four cores with these words for the kernel.
void expect_sizes(const std::string& kernel, const std::string& words, const std::string& sizes) {
    Machine machine(twain({.kernel = kernel,
                           .initramfs = "initramfs-test.cpio",
                           .memory = "4G",
                           .cores = 4,
                           .words = "mode=host " + words}));
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(Seconds(60));
    const std::string output = shell.run("/test/largepages; echo status $?", Seconds(300));
    EXPECT_NE(output.find("sizes: " + sizes + "\n"), std::string::npos) << output;
    EXPECT_NE(output.find("0 failed\nstatus 0\n"), std::string::npos) << output;
}

TEST(LargePages, KeepTheirPromisesOnFourCores) { expect_sizes("twain.elf", "", "4 KiB, 2 MiB, 1 GiB"); }
TEST(LargePages, AreOfTheSizesThatTheBootOptionAllows) {
    expect_sizes("twain.elf", "bigpages=2M", "4 KiB, 2 MiB");
    expect_sizes("twain.elf", "bigpages=off", "4 KiB");
}
TEST(LargePages, AreCheckedAfterEveryChangeOnFourCores) { expect_sizes("debug/twain.elf", "", "4 KiB, 2 MiB, 1 GiB"); }

/// A guest with a whole GiB among its memory: [1 GiB, 2 GiB).
TEST(LargePages, GiveAGuestOneFaultForEachOfThem) {
    Guest guest(guest_options(2048));
    const NestedFaults faults = nested_faults(guest.machine.rsp());
    EXPECT_EQ(faults.walk.violations.size(), 0u);
    EXPECT_EQ(faults.walk.bytes_of_level[3], kGiB);
    EXPECT_GT(faults.walk.bytes_of_level[2], 30 * kMiB);
    // Each GiB and each 2 MiB were mapped by one fault, of the process or of its guest; in the first 2 MiB there is a hole, and
    // one fault on either side of it.
    std::map<u64, unsigned> by_place;
    unsigned low = 0;
    for (const abi::TraceRecord& fault : faults.records) {
        if (fault.address < 2 * kMiB) {
            ++low;
            continue;
        }
        EXPECT_GE(fault.level_after, 2) << std::hex << fault.address;
        EXPECT_EQ(++by_place[align_down(fault.address, bytes_per_entry(fault.level_after))], 1u)
            << std::hex << fault.address;
    }
    EXPECT_LE(low, 2u);
    EXPECT_LT(faults.records.size(), 616u / 4) << "KVM has 616 with its 2 MiB pages";
    EXPECT_LE(faults.walk.in_window[1].size(), 1u) << "a table of 4 KiB pages that is not for the first 2 MiB";
}

TEST(LargePages, AreNotThereWhereTheBootOptionForbidsThem) {
    Options options = twain({.words = "mode=guest guest_mem=512M bigpages=off"});
    Guest guest(options);
    const NestedFaults faults = nested_faults(guest.machine.rsp());
    EXPECT_EQ(faults.walk.bytes_of_level[2] + faults.walk.bytes_of_level[3], 0u);
    EXPECT_GT(faults.records.size(), 15'000u);
}

}  // namespace
}  // namespace machine
