// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's own stub on many cores: one stops and all stand, each can be looked at, and all have the breakpoints.
/// @chapter observability
#include <gtest/gtest.h>

#include <set>

#include "abi/debug.h"
#include "tests/boot/stubbed.h"

namespace machine {
namespace {

constexpr unsigned kCores = 4;

/// A machine all of whose cores start programs all the time.
class StubOfCores : public testing::Test {
   protected:
    StubOfCores() {
        shell.wait_for_prompt(Seconds(60));
        shell.run("for i in 1 2 3 4 5 6; do (while :; do /bin/true; done) & done");
        rsp = std::make_unique<Rsp>(machine.connect_kernel_stub());
    }
    static Options options() {
        return twain({.cores = on_bochs() ? 2 : kCores, .words = "mode=host panic=wait", .kernel_stub = true});
    }
    u64 records() { return rsp->read_u64(kernel.address_of("twain_debug") + offsetof(abi::DebugBlock, trace_next)); }
    /// All cores are there with registers of their own, and none does anything.
    void expect_all_stand() {
        const u64 before = records();
        std::set<u64> bases;
        for (unsigned core = 1; core <= cores; ++core) {
            rsp->look_at_core(core);
            const Registers registers = rsp->registers();
            EXPECT_NE(registers["rip"], 0u) << "core " << core << " does not answer";
            const bool in_program = (registers["cs"] & 3) == 3;
            bases.insert(registers[in_program ? "k_gs_base" : "gs_base"]);
        }
        EXPECT_EQ(bases.size(), cores) << "each core has its own record";
        EXPECT_EQ(records(), before);
    }

    const unsigned cores = on_bochs() ? 2 : kCores;
    Kernel kernel;
    Machine machine{options()};
    Shell shell = machine.shell(kTwainPrompt);
    std::unique_ptr<Rsp> rsp;
};

TEST_F(StubOfCores, StopsThemAllWithBothKindsOfBreakpoint) {
    const VirtAddr resolve = kernel.address_of("AddressSpace::resolve");
    for (const Breakpoint kind : {Breakpoint::Software, Breakpoint::Hardware}) {
        std::set<unsigned> stopped;
        rsp->set_breakpoint(resolve, kind);
        for (int stops = 0; stops < 200 && stopped.size() < cores; ++stops) {
            rsp->resume();
            const auto stop = rsp->wait_for_stop(Seconds(60));
            ASSERT_TRUE(stop);
            EXPECT_EQ(rsp->registers()["rip"], resolve.raw);
            stopped.insert(stop->core);
            if (stops % 10 == 0) expect_all_stand();
        }
        EXPECT_EQ(stopped.size(), cores) << "a core never met the breakpoint";
        rsp->clear_breakpoint(resolve, kind);
    }
    rsp->detach();
    EXPECT_EQ(shell.run("kill $(jobs -p); wait; echo alive").find("alive") == std::string::npos, false);
}

TEST_F(StubOfCores, StepsTheCoreThatIsNamed) {
    // Programs whose next instruction neither waits nor ends them.
    rsp->detach();
    rsp.reset();
    shell.run("kill $(jobs -p); wait; for i in 1 2 3 4 5 6; do while :; do :; done & done", Seconds(60));
    machine.console().read_for(Seconds(1));  // until the shell itself waits for keys
    rsp = std::make_unique<Rsp>(machine.connect_kernel_stub());
    for (unsigned core = 1; core <= cores; ++core) {
        rsp->look_at_core(core);
        const u64 before = rsp->registers()["rip"];
        const Stop stop = rsp->step(core);
        EXPECT_EQ(stop.signal, kStopTrap);
        EXPECT_EQ(stop.core, core);
        EXPECT_NE(rsp->registers()["rip"], before);
        expect_all_stand();
    }
    rsp->detach();
    EXPECT_NE(shell.run("echo alive").find("alive"), std::string::npos);
}

TEST_F(StubOfCores, ShowsThemAllToGdb) {
    rsp.reset();
    const std::string command = "timeout -k 5 120 gdb -nx -batch -ex 'target remote " + machine.kernel_stub_path() +
                                "' -ex 'info threads' -ex 'thread apply all bt 1' -ex detach " + build_directory() +
                                "/twain.elf 2>&1 </dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::string output;
    for (char part[4096]; const usize got = std::fread(part, 1, sizeof(part), pipe.get());) output.append(part, got);
    for (unsigned core = 0; core < cores; ++core) {
        const std::string thread = "Thread " + std::to_string(core + 1) + " (core " + std::to_string(core) + ", ring ";
        EXPECT_NE(output.find(thread), std::string::npos) << thread << " is missing in\n" << output;
    }
    rsp = std::make_unique<Rsp>(machine.connect_kernel_stub());
}

/// One core panics; the others stand as they are, and can be looked at.
TEST_F(StubOfCores, StandAfterAPanicOfOne) {
    const VirtAddr map = kernel.address_of("PageTables::map");
    rsp->set_breakpoint(map);
    rsp->resume();
    ASSERT_TRUE(rsp->wait_for_stop(Seconds(60)));
    rsp->clear_breakpoint(map);
    rsp->write_register("rdi", 0xffff'd000'0000'0000);
    rsp->detach();
    rsp.reset();
    machine.console().expect("The machine stays as it is");
    machine.console().read_for(Seconds(0.5));
    EXPECT_EQ(machine.console().read_for(Seconds(1)), "") << "somebody goes on";
    rsp = std::make_unique<Rsp>(machine.connect_kernel_stub());
    EXPECT_TRUE(kernel.is_in_stack(*rsp, "panic_at"));
    expect_all_stand();
}

}  // namespace
}  // namespace machine
