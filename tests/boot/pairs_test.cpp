// SPDX-License-Identifier: MIT
/// @file
/// @brief The pair from outside, while a guest runs: the invariant, the guest's reach, and the length of the fault's path.
/// @chapter pair
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "debugger-ui/rsp/error.h"
#include "mm/kernel_space.h"
#include "tests/boot/guest.h"
#include "tests/boot/pair_walk.h"

namespace machine {
namespace {

class Pairs : public testing::Test {
   protected:
    static void SetUpTestSuite() {
        guest = std::make_unique<Guest>();
        kernel = std::make_unique<Symbols>(build_directory() + "/twain.elf");
    }
    static void TearDownTestSuite() {
        kernel.reset();
        guest.reset();
    }

    /// Walks every process; stops the machine first and leaves it stopped.
    std::vector<PairWalk> walk_all() {
        if (rsp.is_running()) rsp.interrupt();
        const auto block = read_debug_block(rsp, *kernel);
        std::vector<PairWalk> walks;
        for (const abi::DebugProcess& process : block->processes) {
            if (process.root == 0) continue;
            walks.push_back(walk_pairs(rsp, PhysAddr(process.root), static_cast<NestedFormat>(block->nested_format)));
        }
        return walks;
    }

    /// The walk of the process that has the guest: the one with most of the window.
    PairWalk walk_vmm() {
        std::vector<PairWalk> walks = walk_all();
        if (walks.empty()) throw Error("there are no processes");
        return *std::max_element(walks.begin(), walks.end(),
                                 [](const PairWalk& a, const PairWalk& b) { return a.window_bytes < b.window_bytes; });
    }

    void start_work() {
        if (!rsp.is_running()) rsp.resume();
        guest->machine.console().type(
            "i=0; while [ $i -lt 2000 ]; do ls -lR /proc/1 >/dev/null 2>&1; i=$((i+1)); done &\n");
        guest->machine.console().expect(kGuestPrompt);
    }

    static inline std::unique_ptr<Guest> guest;
    static inline std::unique_ptr<Symbols> kernel;
    Rsp& rsp = guest->machine.rsp();
};

TEST_F(Pairs, KeepTheInvariantWhileTheGuestRuns) {
    start_work();
    const int looks = on_bochs() ? 2 : 20;  // over a serial line
    for (int look = 0; look < looks; ++look) {
        // The machine may have been stopped inside of the one function that writes both halves, so what counts is that
        // nothing is wrong twice in a row.
        std::vector<std::string> wrong_before;
        for (int again = 0; again < 2; ++again) {
            std::vector<std::string> wrong;
            for (const PairWalk& walk : walk_all())
                wrong.insert(wrong.end(), walk.violations.begin(), walk.violations.end());
            rsp.resume();
            if (wrong.empty()) break;
            EXPECT_EQ(again, 0) << wrong.front() << " (" << wrong.size() << " in all)";
        }
        guest->machine.console().read_for(Seconds(0.05));
    }
    EXPECT_GT(walk_vmm().window_bytes, 5'000 * kPageBytes) << "this was no walk over a guest's memory";
    rsp.resume();
}

/// Only the first 2 MiB, in which there is a hole, have a table of 4 KiB pages.
TEST_F(Pairs, KeepTheGuestInPagesOf2MiB) {
    const PairWalk vmm = walk_vmm();
    EXPECT_GT(vmm.bytes_of_level[2], 30 * kMiB);
    EXPECT_LE(vmm.in_window[1].size(), 1u);
    rsp.resume();
}

TEST_F(Pairs, AreSeenToBeBrokenWhenTheyAre) {
    const PairWalk whole = walk_vmm();
    for (const unsigned level : {1u, 2u}) {
        ASSERT_FALSE(whole.in_window[level].empty()) << "no pages of level " << level;
        // The entries of one page, and what an entry that maps one page too far, or nothing, or else, does to the walk.
        const PhysAddr pair = whole.in_window[level].back();
        const Bytes halves = rsp.read_physical(pair, sizeof(TablePair));
        usize slot = 0;
        const auto is_leaf = [&](usize index) {
            u64 entry;
            std::memcpy(&entry, &halves[kPageBytes + 8 * index], 8);
            return entry != 0 && NestedEntry(entry).is_leaf(level);
        };
        while (slot < kEntriesPerTable && !is_leaf(slot)) ++slot;
        ASSERT_LT(slot, kEntriesPerTable);
        const PhysAddr nested = pair + kPageBytes + 8 * slot;
        const u64 entry = rsp.read_physical_u64(nested);
        const auto write = [&](u64 value) {
            Bytes bytes(8);
            std::memcpy(bytes.data(), &value, 8);
            rsp.write_physical(nested, bytes);
        };
        for (const u64 wrong : {entry + bytes_per_entry(level), u64{0}, entry ^ HostEntry::RW}) {
            write(wrong);
            EXPECT_EQ(walk_vmm().violations.size(), whole.violations.size() + 1) << std::hex << wrong;
        }
        write(entry);
        EXPECT_EQ(walk_vmm().violations.size(), whole.violations.size());
    }
    rsp.resume();
}

TEST_F(Pairs, ShowTheGuestNothingThatTheVmmKeepsForItself) {
    const PairWalk vmm = walk_vmm();
    EXPECT_GT(vmm.private_frames.size(), 20u);
    for (const u64 frame : vmm.private_frames) EXPECT_FALSE(vmm.guest_frames.contains(frame)) << std::hex << frame;
    for (const PhysAddr pair : vmm.pairs) {
        EXPECT_FALSE(vmm.guest_frames.contains(pair.raw)) << std::hex << pair.raw;
        EXPECT_FALSE(vmm.guest_frames.contains(pair.raw + kPageBytes)) << std::hex << pair.raw;
    }
    rsp.resume();
}

/// The functions of a stack as one list, innermost first, inlined ones included.
std::vector<std::string> functions_of(const std::vector<Frame>& frames) {
    std::vector<std::string> names;
    for (const Frame& frame : frames) names.insert(names.end(), frame.functions.begin(), frame.functions.end());
    return names;
}

/// Where the outermost function called `name`, in whatever scope, stands in the list; its size where there is none.
usize find_outermost(const std::vector<std::string>& names, const std::string& name) {
    for (usize at = names.size(); at-- > 0;) {
        if (names[at] == name || names[at].ends_with("::" + name)) return at;
    }
    return names.size();
}

TEST_F(Pairs, AreWrittenAtMostFourFunctionsBehindTheExit) {
    if (rsp.is_running()) rsp.interrupt();
    const VirtAddr map = kernel->address_of("PageTables::map");
    rsp.set_breakpoint(map);
    rsp.resume();
    guest->machine.console().type("dd if=/dev/zero of=/tmp/zeros bs=1M count=100; rm /tmp/zeros\n");
    // Behind the trap's entry the unwinder goes on into the program, where it guesses: such a place ends the backtrace.
    const auto read = [this](VirtAddr address) -> std::optional<u64> {
        try {
            return rsp.read_u64(address);
        } catch (const Error&) { return std::nullopt; }
    };
    const auto stack = [&] { return functions_of(kernel->backtrace(rsp.registers(), read)); };
    std::vector<std::string> names;
    // The VMM's own faults come this way as well: wait for one of ring V.
    for (int stops = 0; stops < 50; ++stops) {
        const auto stop = rsp.wait_for_stop(Seconds(20));
        ASSERT_TRUE(stop) << "no page was mapped";
        names = stack();
        if (find_outermost(names, "run") != names.size()) break;
        rsp.resume();
    }
    rsp.clear_breakpoint(map);
    // On to the first instruction of the one function that writes entries.
    for (int steps = 0; steps < 2000 && find_outermost(names, "store") == names.size(); ++steps) {
        rsp.step();
        const auto here = kernel->functions_at(VirtAddr(rsp.registers()["rip"]));
        if (find_outermost(here, "store") != here.size()) names = stack();
    }

    std::string path;
    for (const std::string& name : names) path += "\n  " + name;
    const usize exit = find_outermost(names, "run");
    names.resize(exit);
    const usize store = find_outermost(names, "store");
    ASSERT_NE(store, names.size()) << "the store is not in this path:" << path;
    EXPECT_LE(exit - store - 1, 4u) << path;
    EXPECT_GE(exit - store - 1, 2u) << "this is no path from an exit to a store:" << path;
    rsp.resume();
}

}  // namespace
}  // namespace machine
