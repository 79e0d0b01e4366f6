// SPDX-License-Identifier: MIT
/// @file
/// @brief The debugger on the kernel's own stub: in QEMU, and in Bochs, which has no other.
/// @chapter observability
#include <algorithm>

#include "debugger-ui/symbols/symbols.h"
#include "tests/debugger/live.h"

namespace machine {
namespace {

using Live = LiveTest;

/// Where the instruction `0f 01 last` stands in a function of the kernel.
u64 place_of_instruction(const Symbols& symbols, const char* function, u8 last, const std::string& code) {
    std::istringstream lines(code);
    std::vector<u8> bytes;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string address, word;
        if (!(words >> address) || address.size() != 16 ||
            address.find_first_not_of("0123456789abcdef") != address.npos)
            continue;
        while (words >> word) bytes.push_back(static_cast<u8>(std::stoul(word, nullptr, 16)));
    }
    const u8 wanted[] = {0x0f, 0x01, last};
    const auto found = std::search(bytes.begin(), bytes.end(), std::begin(wanted), std::end(wanted));
    EXPECT_NE(found, bytes.end()) << code;
    return symbols.address_of(function).raw + static_cast<u64>(found - bytes.begin());
}

/// The same on both processors: Intel's in Bochs, whose machine has no other stub, and AMD's in QEMU.
TEST_F(Live, WorksThroughTheKernelsOwnStub) {
    machine_ = std::make_unique<Machine>(twain({.words = "mode=host bigpages=off", .kernel_stub = true}));
    machine_->console().expect(kTwainPrompt, Seconds(60));
    debug(machine_->kernel_stub_path(), {"--first-fault"});
    EXPECT_NE(ask("print state").find("running to the first nested fault"), std::string::npos);
    machine_->console().type("vmm --initrd /guest/initrd /guest/vmlinuz\n");
    const std::string first = ask("wait-stop 300\nprint state\nprint walk\nprint vcpu\nprint check", Seconds(400));
    EXPECT_NE(first.find("nested fault: the guest wants to"), std::string::npos) << first;
    EXPECT_NE(first.find("no translation: not present"), std::string::npos) << first;
    EXPECT_NE(first.find(" 0 violations"), std::string::npos) << first;
    const u64 address = number_behind(first, "guest wants to write 0x") |
                        number_behind(first, "guest wants to read 0x") |
                        number_behind(first, "guest wants to execute 0x");
    if (on_bochs()) {
        EXPECT_NE(first.find("0000000000000030 EPT violation"), std::string::npos) << first;
        EXPECT_EQ(number_behind(first, "Guest-physical address 2400 "), address) << first;
        EXPECT_EQ(number_behind(first, "EPT pointer          201a ") & ~0xfffULL,
                  number_behind(first, "root pair 0x") + kPageBytes)
            << first;
    } else {
        EXPECT_NE(first.find("EXITCODE             070 0000000000000400 NPF"), std::string::npos) << first;
        EXPECT_EQ(number_behind(first, "EXITINFO2            080 "), address) << first;
    }

    // The guest's own tables, through the nested ones, lead to the instruction that exited.
    const std::string exit = ask("next-exit Cpuid\nwait-stop 120\nprint state\nprint vcpu", Seconds(200));
    EXPECT_NE(exit.find("VM exit: Cpuid"), std::string::npos) << exit;
    EXPECT_NE(exit.find(" CPUID"), std::string::npos) << exit;
    const std::string rip = "0x" + hex_from_number(number_behind(
                                       exit, on_bochs() ? "Guest RIP            681e " : "RIP                  578 "));
    const std::string walked =
        ask("select gva " + rip + " execute\nprint walk\nmemory gva " + rip + " 2\nprint memory");
    EXPECT_NE(walked.find("guest  L4"), std::string::npos) << walked;
    EXPECT_NE(walked.find("0f a2"), std::string::npos) << walked << "is CPUID";

    // One instruction, and it is over when the guest's run is.
    EXPECT_NE(ask("into-guest\nprint state").find("does not see the guest from inside"), std::string::npos);
    const Symbols symbols(build_directory() + "/twain.elf");
    const char* const function = on_bochs() ? "vmx_enter" : "svm_enter";
    const std::string code =
        ask("memory host 0x" + hex_from_number(symbols.address_of(function).raw) + " 256\nprint memory");
    const u64 entry = place_of_instruction(symbols, function, on_bochs() ? 0xc3 : 0xdd, code);
    const u64 behind =
        on_bochs() ? symbols.address_of("vmx_exit").raw : place_of_instruction(symbols, function, 0xdc, code) + 3;
    const std::string at = "break 0x" + hex_from_number(entry);
    const std::string step =
        ask(at + "\nrun\nwait-stop 120\nprint registers\nstepi\nprint state\nprint registers", Seconds(200));
    EXPECT_EQ(number_behind(step, "rip       "), entry) << step;
    EXPECT_NE(step.find("after one instruction"), std::string::npos) << step;
    EXPECT_EQ(number_behind(step.substr(std::min(step.find("after one"), step.size())), "rip       "), behind) << step;
    // From there on, and over the entry once more without asking for it.
    EXPECT_NE(ask("run\nwait-stop 120\nprint state", Seconds(200)).find("breakpoint at 0x"), std::string::npos);
    ask(at + "\nrun");
    console_->type("\x04");
    ASSERT_EQ(debugger_->wait(Deadline(Seconds(60))), ExitStatus(0));
    if (!on_bochs()) machine_->console().expect(kGuestPrompt, Seconds(120));
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

}  // namespace
}  // namespace machine
