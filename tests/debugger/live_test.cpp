// SPDX-License-Identifier: MIT
/// @file
/// @brief The debugger on a machine: what it says is held against memory that this test reads and walks by itself.
/// @chapter observability
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <sstream>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/machine.h"
#include "x86/paging.h"

namespace machine {
namespace {

constexpr const char* kReady = "READY";

/// A machine whose memory is a file, stopped before its first instruction, and a debugger that takes its commands from us.
class Live : public testing::Test {
   protected:
    enum class Memory { Shared, ByStub };

    void start(Memory memory) {
        TwainOptions options;
        options.words = "mode=guest bigpages=off";
        options.more = {"-object", "memory-backend-file,id=ram,size=1G,share=on,mem-path=" + ram_path(), "-machine",
                        "memory-backend=ram", "-S"};
        machine_ = std::make_unique<Machine>(twain(options));
        ram_ = File(::open(ram_path().c_str(), O_RDWR | O_CLOEXEC));
        std::vector<std::string> more{"--first-fault"};
        if (memory == Memory::Shared) more.insert(more.end(), {"--ram", ram_path()});
        debug(machine_->stub(), more);
    }
    /// Starts the debugger on a stub, to take commands from us.
    void debug(const std::string& stub, const std::vector<std::string>& more) {
        std::vector<std::string> command{
            build_directory() + "/debugger-ui", "--headless", "--connect", stub, "--kernel",
            build_directory() + "/twain.elf",   "--script",   "-"};
        command.insert(command.end(), more.begin(), more.end());
        terminal_ = std::make_unique<Terminal>(TerminalSize{});
        debugger_ = std::make_unique<Child>(Child::start(command, *terminal_));
        terminal_->slave = File();
        console_ = std::make_unique<Console>(terminal_->master.get());
    }
    std::string ram_path() const { return (directory_.path() / "ram").string(); }

    /// Carries commands out and returns what they printed, without the echo of what was typed.
    std::string ask(const std::string& commands, Seconds within = Seconds(120)) {
        // The echo of what is typed does not contain the word that ends the answer.
        console_->type(commands + "\nprint end\n");
        return plain_text(console_->expect(kReady, within));
    }
    u64 word(u64 place) {
        u64 value = 0;
        EXPECT_EQ(::pread(ram_.get(), &value, 8, static_cast<off_t>(place)), 8);
        return value;
    }
    void set_word(u64 place, u64 value) { EXPECT_EQ(::pwrite(ram_.get(), &value, 8, static_cast<off_t>(place)), 8); }

    /// The nested walk as the manual has it, sharing no code with the debugger's. 0: not mapped.
    u64 nested_entry_place(u64 root, u64 address) {
        u64 table = root + 4096;
        for (int shift = 39;; shift -= 9) {
            const u64 place = table + 8 * (address >> shift & 511);
            const u64 entry = word(place);
            if (!(entry & 1)) return 0;
            if (shift == 12 || (entry & 0x80)) return place;
            table = entry & 0xf'ffff'ffff'f000;
        }
    }
    /// Holds what the debugger says of random addresses against memory as it is.
    void expect_translations(u64 root, const std::string& said, u64 count) {
        std::mt19937_64 random(9);
        std::istringstream lines(said.substr(std::min(said.find('\n'), said.size())));
        std::string address, where;
        u64 read = 0, mapped = 0;
        for (; lines >> address >> where; ++read) {
            const u64 wanted = random() % (128 * kMiB);
            while (address != hex_from_number(wanted) && lines) {  // the echo of commands
                address = where;
                lines >> where;
            }
            const u64 place = nested_entry_place(root, wanted);
            const u64 frame = place ? (word(place) & 0xf'ffff'ffff'f000) + wanted % 4096 : 0;
            ASSERT_EQ(where == "-" ? 0 : std::stoull(where, nullptr, 16), frame) << std::hex << wanted;
            mapped += place != 0;
            if (read + 1 == count) break;
        }
        EXPECT_EQ(read + 1, count);
        EXPECT_GT(mapped, count / 20) << "this was no guest's memory";
    }
    static u64 number_behind(const std::string& text, const std::string& words) {
        const usize at = text.find(words);
        return at == std::string::npos ? 0 : std::stoull(text.substr(at + words.size()), nullptr, 16);
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Machine> machine_;
    std::unique_ptr<Terminal> terminal_;
    std::unique_ptr<Child> debugger_;
    std::unique_ptr<Console> console_;
    File ram_;
};

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

TEST_F(Live, WorksByTheStubAloneAndOutlivesTheMachine) {
    start(Memory::ByStub);
    const std::string first =
        ask("wait-stop 120\nprint state\nprint check\nbreak PageTables::map\nrun\nwait-stop 60\nprint "
            "state\nstepi\nprint registers");
    EXPECT_NE(first.find("nested fault: the guest wants to"), std::string::npos) << first;
    EXPECT_NE(first.find(" 0 violations"), std::string::npos) << first;
    EXPECT_NE(first.find("breakpoint at PageTables::map"), std::string::npos) << first;
    EXPECT_NE(first.find("cr3"), std::string::npos) << first;
    EXPECT_NE(ask("break PageTables::map\nrun\nwait-faults 7000 120\nprint state").find("0 lost"), std::string::npos);
    machine_->signal(SIGKILL);
    console_->type("stop\nprint state\n");
    const auto status = debugger_->wait(Deadline(Seconds(60)));
    ASSERT_TRUE(status) << "the debugger hangs on a dead machine";
    EXPECT_EQ(*status, 1);
    console_->drain();
    EXPECT_NE(console_->transcript().find("the machine is gone"), std::string::npos) << console_->transcript();
}

TEST_F(Live, ReadsTheWholeTraceThroughTheKernelsOwnStub) {
    TwainOptions options;
    options.words = "mode=guest bigpages=off";
    options.kernel_stub = true;
    machine_ = std::make_unique<Machine>(twain(options));
    machine_->console().expect(kGuestPrompt, Seconds(120));
    debug(machine_->kernel_stub_path(), {});
    const std::string all = ask("print state\nprint check", Seconds(400));
    EXPECT_NE(all.find(" 0 lost"), std::string::npos) << all;
    EXPECT_NE(all.find(" 0 violations"), std::string::npos) << all;
    const usize faults = all.find(" vmm; ");
    ASSERT_NE(faults, std::string::npos) << all;
    EXPECT_GT(std::stoul(all.substr(faults + 6)), 20'000u) << all;
    console_->type("\x04");
    ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(0));
    EXPECT_EQ(machine_->shell(kGuestPrompt).run("echo $((6 * 7))"), "42\n");
}

TEST_F(Live, LetsTheMachineGoOnWhenItLeaves) {
    start(Memory::Shared);
    ask("wait-stop 120\nprint state");
    console_->type("\x04");
    ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(0));
    machine_->console().expect(kGuestPrompt, Seconds(120));
}

}  // namespace
}  // namespace machine
