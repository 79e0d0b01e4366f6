// SPDX-License-Identifier: MIT
/// @file
/// @brief What a panic looks like, and that it ends the machine. The debugger breaks the kernel: no program could.
/// @chapter observability
#include <gtest/gtest.h>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/symbols/symbols.h"
#include "mm/kernel_space.h"
#include "tests/boot/guest.h"

namespace machine {
namespace {

constexpr std::string_view kPanics = "Twain panics: ";

/// Twain at its prompt, stopped by the debugger in the fault of a program at the function that maps a page.
struct StoppedInFault {
    explicit StoppedInFault(const std::string& words = "mode=host") : machine(twain({.words = words})) {
        machine.shell(kTwainPrompt).wait_for_prompt(Seconds(60));
        Rsp& rsp = machine.rsp();
        const VirtAddr map = kernel.address_of("PageTables::map");
        rsp.set_breakpoint(map);
        rsp.resume();
        machine.console().type("ls /\n");
        if (!rsp.wait_for_stop(Seconds(60))) throw Error("no page was mapped");
        rsp.clear_breakpoint(map);
    }

    /// Lets the kernel run into what was prepared, and returns what it said until the machine ended: with an error.
    std::string last_words() {
        machine.rsp().resume();
        EXPECT_EQ(machine.wait_for_end(Seconds(60)), 1);
        const std::string& text = machine.console().transcript();
        return text.substr(std::min(text.find(kPanics), text.size()));
    }

    Symbols kernel{build_directory() + "/twain.elf"};
    Machine machine;
};

/// An address in a slot of the kernel's half that is never mapped.
constexpr u64 kNowhere = 0xffff'd000'0000'0000;

TEST(Panic, NamesTheFunctionsThatLedToItAndEndsTheMachine) {
    StoppedInFault twain_machine;
    twain_machine.machine.rsp().write_register("rdi", kNowhere);
    const std::string words = twain_machine.last_words();
    EXPECT_TRUE(words.starts_with(
        "Twain panics: page fault in the kernel: address, rip, error, rsp at kernel/proc/faults.cpp:"))
        << words;
    // Through the trap into what it interrupted, and through the one before, which came from ring 3.
    usize place = 0;
    for (const char* name : {"page_fault + ", "trap_entry + ", "PageTables::", "AddressSpace::resolve", "page_fault + ",
                             "trap_entry + "}) {
        place = words.find(name, place);
        ASSERT_NE(place, std::string::npos) << name << " is missing in " << words;
    }
    EXPECT_EQ(words.find(" ? + "), std::string::npos) << words;
}

TEST(Panic, EndsEveryMachineThatCannotStart) {
    Machine twain_machine(twain({.initramfs = "vmm"}));  // which is no archive
    EXPECT_EQ(twain_machine.wait_for_end(Seconds(60)), 1);
    EXPECT_NE(twain_machine.console().transcript().find(kPanics), std::string::npos);
}

TEST(Panic, KeepsTheMachineWhereThatIsAskedFor) {
    StoppedInFault twain_machine("mode=host panic=wait");
    twain_machine.machine.rsp().write_register("rdi", kNowhere);
    twain_machine.machine.rsp().resume();
    twain_machine.machine.console().expect(kPanics, Seconds(60));
    EXPECT_FALSE(twain_machine.machine.rsp().wait_for_stop(Seconds(1)));
    twain_machine.machine.rsp().interrupt();
    EXPECT_NE(twain_machine.kernel.name_at(VirtAddr(twain_machine.machine.rsp().registers()["rip"])), "");
}

TEST(Panic, TellsWhichStackOverflowed) {
    StoppedInFault twain_machine;
    Rsp& rsp = twain_machine.machine.rsp();
    const u64 stack = align_down(rsp.registers()["rsp"], kStackBytes);
    EXPECT_STREQ(twain_machine.kernel.name_at(VirtAddr(rsp.registers()["rip"])).c_str(), "PageTables::map");
    rsp.write_register("rsp", stack + 24);
    const std::string words = twain_machine.last_words();
    EXPECT_TRUE(words.starts_with("Twain panics: double fault: rip, rsp at kernel/x86/traps.cpp:")) << words;
    EXPECT_NE(words.find("a kernel stack overflowed at 0xffffc0"), std::string::npos) << words;
    EXPECT_NE(words.find(": that of thread "), std::string::npos) << words;
    EXPECT_NE(words.find("PageTables::"), std::string::npos) << words;
}

}  // namespace
}  // namespace machine
