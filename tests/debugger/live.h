// SPDX-License-Identifier: MIT
/// @file
/// @brief A machine and a debugger that looks at it, for tests that hold what it says against memory as they read it.
/// @chapter testing
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <sstream>

#include "debugger-ui/rsp/error.h"
#include "tests/machine/machine.h"
#include "x86/paging.h"

namespace machine {

inline constexpr const char* kReady = "READY";

/// A machine whose memory is a file, stopped before its first instruction, and a debugger that takes its commands from us.
class LiveTest : public testing::Test {
   protected:
    enum class Memory { Shared, ByStub };

    void start(Memory memory, const std::vector<std::string>& more_of_machine = {}) {
        TwainOptions options;
        options.words = "mode=guest bigpages=off";
        options.more = {"-object", "memory-backend-file,id=ram,size=1G,share=on,mem-path=" + ram_path(), "-machine",
                        "memory-backend=ram", "-S"};
        options.more.insert(options.more.end(), more_of_machine.begin(), more_of_machine.end());
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

}  // namespace machine
