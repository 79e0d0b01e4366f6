// SPDX-License-Identifier: MIT
/// @file
/// @brief The debugger on a machine: what it says is held against memory that this test reads and walks by itself.
/// @chapter observability
#include <algorithm>
#include <fstream>

#include "tests/debugger/live.h"

namespace machine {
namespace {

using Live = LiveTest;

TEST_F(Live, StopsAtTheFirstNestedFaultAndTellsTheTruthFromThenOn) {
    start(Memory::Shared);
    const std::string first = ask("wait-stop 120\nprint state\nprint walk\nprint stack");
    EXPECT_NE(first.find("nested fault: the guest wants to"), std::string::npos) << first;
    EXPECT_NE(first.find("no translation: not present"), std::string::npos) << first;
    EXPECT_NE(first.find("AddressSpace::resolve"), std::string::npos) << first;
    const u64 root = number_behind(first, "root pair ");
    ASSERT_NE(root, 0u);

    // The entry appears in both halves, and the guest goes on to its next fault.
    const std::string second = ask("next-fault\nwait-stop 60\nmoment now\nselect gpa 0x" +
                                   hex_from_number(number_behind(first, "address ")) + "\nprint walk");
    EXPECT_NE(second.find("in a 4 KiB page"), std::string::npos) << second;

    const std::string boot = ask("run\nwait-faults 10000 300\nstop\nprint state\nprint check", Seconds(400));
    EXPECT_NE(boot.find(" 0 lost"), std::string::npos) << boot;
    EXPECT_NE(boot.find(" 0 violations"), std::string::npos) << boot;

    expect_translations(root, ask("print translations 10000 9 " + std::to_string(128 * kMiB), Seconds(200)), 10'000);

    // What a nested entry may not be is seen at once.
    const u64 place = nested_entry_place(root, number_behind(first, "address "));
    ASSERT_NE(place, 0u);
    const u64 right = word(place);
    set_word(place, right ^ HostEntry::RW);
    const std::string wrong = ask("print check");
    EXPECT_NE(wrong.find("the halves give different rights"), std::string::npos) << wrong;
    EXPECT_NE(wrong.find(" 1 violations"), std::string::npos) << wrong;
    set_word(place, right);
    EXPECT_NE(ask("print check").find(" 0 violations"), std::string::npos);
}

TEST_F(Live, StopsAtWhatItIsToldTo) {
    start(Memory::Shared);
    const std::string first = ask("wait-stop 120\nprint state\nprint walk");
    const std::string address = "0x" + hex_from_number(number_behind(first, "address "));
    // The entry on which the walk ended is the one that the kernel writes now.
    const usize last = first.rfind(" nested L");
    ASSERT_NE(last, std::string::npos) << first;
    const std::string change = ask("next-change " + address + " " + first[last + 9] + "\nwait-stop 60\nprint state");
    EXPECT_NE(change.find("entry at 0x"), std::string::npos) << change;
    EXPECT_NE(change.find("was written: host 0000"), std::string::npos) << change;

    const std::string exit = ask("next-exit Cpuid\nwait-stop 60\nprint state\nprint vcpu");
    EXPECT_NE(exit.find("VM exit: Cpuid"), std::string::npos) << exit;
    EXPECT_NE(exit.find("EXITCODE             070 0000000000000072 CPUID"), std::string::npos) << exit;
    const std::string inside =
        ask("into-guest\nwait-stop 60\nprint state\nprint registers\nprint code\nstepi\nprint state");
    EXPECT_NE(inside.find("in the guest, at its first instruction"), std::string::npos) << inside;
    EXPECT_LT(number_behind(inside, "rip       "), 1ULL << 39) << inside;
    EXPECT_NE(inside.find("after one instruction"), std::string::npos) << inside;

    // The same bytes by the guest's tables, by the nested ones and by their place in the machine.
    const u64 rip = number_behind(exit, "RIP                  578 ");
    const std::string walked = ask("select gva 0x" + hex_from_number(rip) + " execute\nprint walk");
    const std::string at = "0x" + hex_from_number(number_behind(walked, "host-physical "));
    const auto bytes = [](const std::string& text) { return text.substr(text.rfind("  ")); };
    const std::string by_guest = ask("memory gva 0x" + hex_from_number(rip) + " 16\nprint memory");
    EXPECT_NE(by_guest.find("0f a2"), std::string::npos) << by_guest << "is CPUID";
    EXPECT_EQ(bytes(by_guest), bytes(ask("memory physical " + at + " 16\nprint memory"))) << walked;

    const std::string condition =
        ask("break PageTables::map if rdi == 0\nbreak AddressSpace::resolve if [rsi] == [rsi] && rsi > 1\n"
            "run\nwait-stop 60\nprint state\nprint breakpoints");
    EXPECT_NE(condition.find("breakpoint at AddressSpace::resolve where"), std::string::npos) << condition;
    EXPECT_NE(condition.find("PageTables::map if rdi == 0"), std::string::npos) << condition;
    const std::string watched =
        ask("break PageTables::map\nbreak AddressSpace::resolve\nwatch twain_debug 64\nrun\nwait-stop 60\nprint state");
    EXPECT_NE(watched.find("twain_debug was written"), std::string::npos) << watched;
    EXPECT_NE(ask("watch twain_debug\nnext-exit Nothing\nprint state").find("exits are of these kinds: None"),
              std::string::npos);
}

TEST_F(Live, StopsInAFunctionOfTheGuestsKernel) {
    machine_ = std::make_unique<Machine>(twain({.words = "mode=guest"}));
    machine_->console().expect(kGuestPrompt, Seconds(120));
    std::istringstream symbols(
        machine_->shell(kGuestPrompt).run("grep -E ' (entry_SYSCALL_64|vfs_read|vfs_write)$' /proc/kallsyms"));
    const std::string map = (directory_.path() / "map").string();
    std::ofstream file(map);
    std::string address, type, name;
    // As System.map has them: from before this kernel was moved.
    while (symbols >> address >> type >> name)
        file << hex_from_number(std::stoull(address, nullptr, 16) - 0x120'0000) << " " << type << " " << name << "\n";
    file.close();
    debug(machine_->stub(), {"--guest-symbols", map});
    ask("break guest:vfs_read\nrun");
    machine_->console().type("cat /proc/version\n");
    const std::string stop = ask("wait-stop 60\nprint state\nprint code\nprint breakpoints");
    EXPECT_NE(stop.find("breakpoint at guest:vfs_read"), std::string::npos) << stop;
    EXPECT_NE(stop.find("in the guest: vfs_read"), std::string::npos) << stop;
    EXPECT_NE(ask("break guest:none\nprint state").find("the guest's kernel has no none"), std::string::npos);
    ask("break guest:vfs_read\nrun");
    machine_->console().expect("Linux version", Seconds(60));
}

TEST_F(Live, SlowsTheGuestDown) {
    start(Memory::Shared);
    ask("wait-stop 120\npace 100\nrun\nwait-faults 5300 60");
    const auto faults = [this] {
        const std::string said = ask("print state");
        return std::stoul(said.substr(said.find(" vmm; ") + 6));
    };
    const u64 before = faults();
    const auto begin = Clock::now();
    while (Clock::now() - begin < Seconds(3)) faults();
    const u64 after = faults();
    const double took = std::chrono::duration<double>(Clock::now() - begin).count();
    EXPECT_GT(after, before) << "it stands";
    EXPECT_LT(static_cast<double>(after - before), 130 * took);
    ask("pace 0\nwait-faults 10000 120");
}

TEST_F(Live, SlowsTheGuestDownToThousandsOfFaultsASecond) {
    constexpr double kPace = 2000;
    // By a clock that counts instructions: how busy the computer is that emulates them does not matter.
    start(Memory::Shared, {"-icount", "shift=1,sleep=off"});
    ask("wait-stop 300\npace 2000\nrun", Seconds(400));
    ask("wait-faults 14000 120\nstop", Seconds(200));
    std::istringstream lines(ask("print faults", Seconds(60)));
    std::vector<double> times;
    for (std::string line; std::getline(lines, line);) {
        const usize at = line.find(" time ");
        if (line.find(" ring V ") == line.npos || line.find(" mapped ") == line.npos || at == line.npos) continue;
        times.push_back(std::stod(line.substr(at + 6)));
    }
    ASSERT_GT(times.size(), 4000u);
    // In the quickest second there were as many as asked for, within what a turn is late; and in none more.
    double most = 0;
    for (usize first = 0, last = 0; last < times.size(); ++last) {
        while (times[last] - times[first] > 1) ++first;
        most = std::max(most, static_cast<double>(last - first));
    }
    std::printf("at most %.0f faults in a second at a pace of %.0f\n", most, kPace);
    EXPECT_LE(most, kPace + 1);
    EXPECT_GE(most, 0.98 * kPace) << "the gate takes longer than it was told to";
    ask("pace 0\nrun\nwait-faults 18000 120", Seconds(200));
}

TEST_F(Live, ShowsThePictureSoonAfterItWasAskedToStop) {
    start(Memory::Shared);
    ask("wait-stop 120\nprint state");
    const std::string said = ask("latency 60", Seconds(200));
    const usize least = said.find("least "), median = said.find("median "), work = said.find("of our work ");
    ASSERT_NE(least, std::string::npos) << said;
    ASSERT_NE(median, std::string::npos) << said;
    ASSERT_NE(work, std::string::npos) << said;
    RecordProperty("said", said);
    std::printf("%s", said.substr(said.find("stop to picture")).c_str());
    // What a computer that does other things as well adds is neither work of ours nor there every time; a wait would be.
    EXPECT_LT(std::stod(said.substr(work + 12)), 25 * time_scale()) << said;
    EXPECT_LT(std::stod(said.substr(least + 6)), 50) << said;
    EXPECT_LT(std::stod(said.substr(median + 7)), 50 * time_scale()) << said;
}

}  // namespace
}  // namespace machine
