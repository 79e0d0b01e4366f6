// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's own stub: the same client that talks to QEMU's, gdb itself, and what a bad client may send.
/// @chapter observability
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>

#include "abi/debug.h"
#include "debugger-ui/rsp/error.h"
#include "mm/kernel_space.h"
#include "tests/boot/stubbed.h"

namespace machine {
namespace {

/// A machine at its prompt. What one test leaves behind the next one finds, like a person who debugs all day.
class KernelStub : public testing::Test {
   protected:
    KernelStub() {
        if (!twain_machine) {
            twain_machine = std::make_unique<Machine>(stub_machine());
            twain_machine->shell(kTwainPrompt).wait_for_prompt(Seconds(60));
        }
        rsp = std::make_unique<Rsp>(twain_machine->connect_kernel_stub());
    }
    ~KernelStub() override {
        rsp.reset();
        if (HasFailure()) twain_machine.reset();
    }
    static void TearDownTestSuite() { twain_machine.reset(); }

    Console& console() { return twain_machine->console(); }
    void expect_alive() {
        if (!rsp->is_running()) rsp->resume();
        EXPECT_EQ(twain_machine->shell(kTwainPrompt).run("echo alive"), "alive\n");
    }
    /// Lets the machine run until it stops, and expects it to stand at `place`.
    void expect_stop_at(VirtAddr place) {
        if (!rsp->is_running()) rsp->resume();
        const auto stop = rsp->wait_for_stop(Seconds(60));
        ASSERT_TRUE(stop);
        EXPECT_EQ(stop->signal, kStopTrap);
        EXPECT_EQ(rsp->registers()["rip"], place.raw);
    }

    static inline std::unique_ptr<Machine> twain_machine;
    Kernel kernel;
    std::unique_ptr<Rsp> rsp;
};

TEST_F(KernelStub, StopsAtAFunctionByBothKindsOfBreakpoint) {
    const VirtAddr resolve = kernel.address_of("AddressSpace::resolve");
    for (const Breakpoint kind : {Breakpoint::Software, Breakpoint::Hardware}) {
        const Bytes code = rsp->read(resolve, 16);
        rsp->set_breakpoint(resolve, kind);
        rsp->resume();
        console().type("ls / >/dev/null\n");
        expect_stop_at(resolve);
        EXPECT_EQ(rsp->read(resolve, 16), code) << "a breakpoint shows";
        EXPECT_TRUE(kernel.is_in_stack(*rsp, "page_fault"));
        expect_stop_at(resolve);
        rsp->clear_breakpoint(resolve, kind);
        rsp->resume();
        console().expect(kTwainPrompt);
        rsp->interrupt();
        EXPECT_EQ(rsp->read(resolve, 16), code);
    }
    expect_alive();
}

TEST_F(KernelStub, RefusesBreakpointsWhereItWouldTrapItself) {
    for (const char* name : {"trap_stubs", "special_entry", "stub::on_debug"}) {
        EXPECT_THROW(rsp->set_breakpoint(kernel.address_of(name), Breakpoint::Software), Error) << name;
    }
    EXPECT_THROW(rsp->set_breakpoint(VirtAddr(0xffff'd000'0000'0000), Breakpoint::Software), Error);
    // Everywhere else it may, also where every trap and every system call begins, and in what it calls itself.
    for (const char* name : {"memcpy", "frames::virt_from_phys", "syscall_entry", "trap_entry", "return_to_user"}) {
        const VirtAddr place = kernel.address_of(name);
        rsp->set_breakpoint(place, Breakpoint::Software);
        rsp->resume();
        console().type("ls / >/dev/null\n");
        expect_stop_at(place);
        rsp->clear_breakpoint(place, Breakpoint::Software);
        rsp->resume();
        console().expect(kTwainPrompt);
        rsp->interrupt();
    }
    expect_alive();
}

TEST_F(KernelStub, ReadsAndSetsRegisters) {
    const Registers before = rsp->registers();
    EXPECT_EQ(before["cs"] & 3, 0u);
    EXPECT_EQ(before["efer"] & 0xd00, 0xd00u) << "long mode with NX";
    EXPECT_GE(before["gs_base"], kDirectMap.raw);
    rsp->write_register("r15", 0x1122'3344'5566'7788);
    EXPECT_EQ(rsp->registers()["r15"], 0x1122'3344'5566'7788u);
    rsp->write_register("r15", before["r15"]);
    EXPECT_THROW(rsp->write_register("cr3", 0x1000), Error);
    EXPECT_THROW(rsp->write_register("cs", 0x23), Error);
    EXPECT_EQ(rsp->registers().content(), before.content());
    expect_alive();
}

TEST_F(KernelStub, ReadsAndWritesMemoryBothWays) {
    const VirtAddr text = kernel.address_of("panic_at");
    const PhysAddr physical(text - kImageBase);
    const Bytes code = rsp->read(text, 3000);
    EXPECT_EQ(rsp->read_physical(physical, 3000), code);
    // The kernel's text is read-only for the kernel; not for its debugger.
    Bytes changed = code;
    changed[0] ^= 0xff;
    changed[2999] ^= 0xff;
    rsp->write(text, changed);
    EXPECT_EQ(rsp->read_physical(physical, 3000), changed);
    rsp->write_physical(physical, code);
    EXPECT_EQ(rsp->read(text, 3000), code);
    EXPECT_EQ(rsp->read_u64(kernel.address_of("twain_debug")), 0x3147'5542'4e49'5754u);
    // Nothing there; no address at all; a device; no memory; and a range that runs out of what is there.
    for (const u64 nowhere : {0xffff'd000'0000'0000, 0x1234'5678'9abc'def0ul, 0xffff'c800'0000'0000, 0x10ul, ~0xful}) {
        EXPECT_THROW(rsp->read(VirtAddr(nowhere), 8), Error) << std::hex << nowhere;
        EXPECT_THROW(rsp->write(VirtAddr(nowhere), code), Error) << std::hex << nowhere;
    }
    for (const u64 nowhere : {0xfee0'0000ul, 1ul << 40, ~0xful, 0x4000'0000ul - 8}) {
        EXPECT_THROW(rsp->read_physical(PhysAddr(nowhere), 64), Error) << std::hex << nowhere;
    }
    expect_alive();
}

TEST_F(KernelStub, StopsBehindAWriteToWatchedMemory) {
    const VirtAddr next = kernel.address_of("twain_debug") + offsetof(abi::DebugBlock, trace_next);
    const u64 before = rsp->read_u64(next);
    rsp->set_watchpoint(next, 8);
    rsp->resume();
    console().type("ls / >/dev/null\n");
    ASSERT_TRUE(rsp->wait_for_stop(Seconds(60)));
    EXPECT_EQ(rsp->read_u64(next), before + 1);
    EXPECT_TRUE(kernel.is_in_stack(*rsp, "trace::record"));
    EXPECT_THROW(rsp->set_watchpoint(kernel.address_of("twain_debug"), 100), Error) << "four registers do not suffice";
    rsp->clear_watchpoint(next, 8);
    rsp->resume();
    console().expect(kTwainPrompt);
    expect_alive();
}

TEST_F(KernelStub, ExecutesSingleInstructions) {
    const VirtAddr now = kernel.address_of("Clock::now");
    rsp->set_breakpoint(now);
    expect_stop_at(now);
    rsp->clear_breakpoint(now);
    for (int steps = 0; steps < 50; ++steps) {
        const u64 before = rsp->registers()["rip"];
        EXPECT_EQ(rsp->step().signal, kStopTrap);
        EXPECT_NE(rsp->registers()["rip"], before);
        EXPECT_NE(kernel.symbols.name_at(VirtAddr(rsp->registers()["rip"])), "special_entry");
    }
    EXPECT_EQ(rsp->registers()["eflags"] & 0x100, 0u) << "the trap flag is left behind";
    expect_alive();
}

/// ^C reaches a core in HLT. A machine with nothing to do is not there all the time: once a second a kernel thread looks for pages
/// to make large, and Bochs lets an idle machine's clock run ahead, so that this second is over at once. Those stops do not count.
TEST_F(KernelStub, StopsAnIdleMachine) {
    constexpr u8 kHlt = 0xf4;
    const auto is_halted = [this] { return rsp->read(VirtAddr(rsp->registers()["rip"] - 1), 1)[0] == kHlt; };
    rsp->resume();
    int halted = 0;
    std::string others;
    for (const Deadline deadline(Seconds(60)); halted < 3 && !deadline.has_passed();) {
        console().read_for(Seconds(0.1));
        ASSERT_EQ(rsp->interrupt().signal, kStopInterrupt);
        const std::vector<std::string> stack = kernel.stack(*rsp);
        if (is_halted()) {
            EXPECT_TRUE(kernel.is_in_stack(*rsp, "sched::idle")) << testing::PrintToString(stack);
            ++halted;
        } else {
            others += "\n" + testing::PrintToString(stack);
        }
        rsp->resume();
    }
    EXPECT_EQ(halted, 3) << "the other stops were in:" << others;
    expect_alive();
}

TEST_F(KernelStub, StopsAndStepsAProgram) {
    rsp->resume();
    console().type("while :; do :; done\n");
    const auto in_program = [this] { return (rsp->registers()["cs"] & 3) == 3; };
    unsigned core = 0;  // that runs it
    for (int times = 0; times < 50 && core == 0; ++times) {
        console().read_for(Seconds(0.05));
        rsp->interrupt();
        for (unsigned each = 1; each <= default_cores() && core == 0; ++each) {
            rsp->look_at_core(each);
            if (in_program()) core = each;
        }
        if (core == 0) rsp->resume();
    }
    ASSERT_NE(core, 0u) << "a busy program is never seen";
    const VirtAddr place(rsp->registers()["rip"]);
    const Bytes code = rsp->read(place, 8);
    EXPECT_LT(rsp->registers()["gs_base"], kDirectMap.raw) << "the program's, not the kernel's";
    EXPECT_EQ(rsp->step(core).core, core);
    EXPECT_NE(rsp->registers()["rip"], place.raw);
    // The loop comes back here, with both kinds of breakpoint.
    for (const Breakpoint kind : {Breakpoint::Software, Breakpoint::Hardware}) {
        rsp->set_breakpoint(place, kind);
        expect_stop_at(place);
        EXPECT_TRUE(in_program());
        EXPECT_EQ(rsp->read(place, 8), code);
        rsp->clear_breakpoint(place, kind);
    }
    rsp->resume();
    console().type("\x03");
    console().expect(kTwainPrompt);
    expect_alive();
}

TEST_F(KernelStub, TakesTheNextClientAfterOneThatWentAway) {
    rsp.reset();
    for (const char* last_words : {"$m0,", "", "$vCont;c#a8", "\x03", "$?#3f$g#67", "+++---#$"}) {
        {
            Stream line = twain_machine->connect_kernel_stub();
            line.send(last_words);
            wait_readable(-1, Deadline(Seconds(0.05)));
        }
        rsp = std::make_unique<Rsp>(twain_machine->connect_kernel_stub());
        EXPECT_GE(rsp->registers()["rip"], 0u);
        expect_alive();
        rsp.reset();
        rsp = std::make_unique<Rsp>(twain_machine->connect_kernel_stub());
        rsp->detach();
        EXPECT_EQ(twain_machine->shell(kTwainPrompt).run("echo alone"), "alone\n");
        rsp.reset();
    }
    rsp = std::make_unique<Rsp>(twain_machine->connect_kernel_stub());
}

TEST_F(KernelStub, AnswersBadPacketsWithErrors) {
    EXPECT_EQ(rsp->exchange("m0,ffffffffffffffff"), "E22");
    EXPECT_EQ(rsp->exchange("M0,ffffffffffffffff:00"), "E22");
    EXPECT_EQ(rsp->exchange(std::string(6000, 'g')), "E22");
    EXPECT_EQ(rsp->exchange("Z2,ffff800000000000,ffffffffffffffff"), "E14");
    EXPECT_EQ(rsp->exchange("vMustReplyEmpty"), "");
    EXPECT_EQ(rsp->exchange("qC"), "QC1");
    EXPECT_TRUE(rsp->exchange("qfThreadInfo").starts_with("m1"));
    EXPECT_EQ(rsp->exchange("T1"), "OK");
    EXPECT_EQ(rsp->exchange("T" + std::to_string(default_cores() + 1)), "E22");
    expect_alive();
}

/// Runs gdb in batch mode on the kernel with these commands; what it printed.
std::string run_gdb(Machine& machine, const std::vector<std::string>& commands) {
    std::string command =
        "timeout -k 5 120 gdb -nx -batch -ex 'set pagination off' -ex 'set remotetimeout 30' -ex 'target remote " +
        machine.kernel_stub_path() + "'";
    for (const std::string& each : commands) command += " -ex '" + each + "'";
    command += " " + build_directory() + "/twain.elf 2>&1 </dev/null";
    std::string output;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    for (char part[4096]; const usize got = std::fread(part, 1, sizeof(part), pipe.get());) output.append(part, got);
    return output;
}

TEST_F(KernelStub, WorksWithGdb) {
    rsp.reset();
    const std::string output = run_gdb(
        *twain_machine,
        {"info threads", "break Clock::now", "continue", "bt", "delete", "printf \"before %lx\\n\", $rip", "stepi",
         "printf \"after %lx\\n\", $rip", "set $pair = twain_debug.processes[0].root",
         "maint packet Qqemu.PhyMemMode:1",
         "printf \"entries %lx %lx\\n\", *(unsigned long*)($pair + 8*256), *(unsigned long*)($pair + 4096 + 8*256)",
         "maint packet Qqemu.PhyMemMode:0", "x/gx 0xffffd00000000000", "hbreak CoreScheduler::tick", "continue",
         "watch twain_debug.trace_next", "info registers cr3 fs_base xmm0", "p $xmm3", "detach"});
    for (const char* part : {"Thread 1 (core 0, ring", "Breakpoint 1, Clock::now", "#1  0xffffffff80", "entries ",
                             "Cannot access memory at address 0xffffd00000000000", "Breakpoint 2, CoreScheduler::tick",
                             "Hardware watchpoint 3", "fs_base", "[Inferior 1 (Remote target) detached]"}) {
        EXPECT_NE(output.find(part), std::string::npos) << part << " is missing in\n" << output;
    }
    // The kernel's half is shared into the host half of every pair's root; the nested half has nothing there.
    unsigned long before = 0, after = 0, host = 0, nested = 1;
    ASSERT_EQ(std::sscanf(output.c_str() + output.find("before "), "before %lx", &before), 1);
    ASSERT_EQ(std::sscanf(output.c_str() + output.find("after "), "after %lx", &after), 1);
    EXPECT_TRUE(after > before && after < before + 16) << output;
    ASSERT_EQ(std::sscanf(output.c_str() + output.find("entries "), "entries %lx %lx", &host, &nested), 2);
    EXPECT_EQ(host & 1, 1u) << output;
    EXPECT_EQ(nested, 0u) << output;
    EXPECT_EQ(twain_machine->shell(kTwainPrompt).run("echo alive"), "alive\n");
    rsp = std::make_unique<Rsp>(twain_machine->connect_kernel_stub());
}

/// Breaks the machine at the function that maps a page, so that it panics as soon as it goes on.
void break_kernel(Machine& machine, Rsp& rsp, const Kernel& kernel) {
    const VirtAddr map = kernel.address_of("PageTables::map");
    rsp.set_breakpoint(map);
    rsp.resume();
    machine.console().type("ls / >/dev/null\n");
    ASSERT_TRUE(rsp.wait_for_stop(Seconds(60)));
    rsp.clear_breakpoint(map);
    rsp.write_register("rdi", 0xffff'd000'0000'0000);
}

TEST(KernelStubPanic, ShowsTheWreckToWhoIsAttached) {
    Kernel kernel;
    Machine machine(stub_machine());
    machine.shell(kTwainPrompt).wait_for_prompt(Seconds(60));
    Rsp rsp(machine.connect_kernel_stub());
    break_kernel(machine, rsp, kernel);
    for (int times = 0; times < 2; ++times) {
        // There is no going on: the second time it stands where it stood.
        rsp.resume();
        const auto stop = rsp.wait_for_stop(Seconds(20));
        ASSERT_TRUE(stop);
        EXPECT_EQ(stop->signal, 6u);
        EXPECT_TRUE(kernel.is_in_stack(rsp, "panic_at"));
        EXPECT_TRUE(kernel.is_in_stack(rsp, "PageTables::map"));
        EXPECT_EQ(rsp.read_u64(kernel.address_of("twain_debug")), 0x3147'5542'4e49'5754u);
    }
    EXPECT_FALSE(machine.console().expect("Twain panics: page fault in the kernel").empty());
    try {
        rsp.detach();
    } catch (const Error&) {
        // The machine may have ended before it could hear that its answer arrived.
    }
    EXPECT_EQ(machine.wait_for_end(), 1);
}

TEST(KernelStubPanic, WaitsForADebuggerWhereThatIsAskedFor) {
    Kernel kernel;
    Machine machine(stub_machine("mode=host panic=wait"));
    machine.shell(kTwainPrompt).wait_for_prompt(Seconds(60));
    {
        Rsp first(machine.connect_kernel_stub());
        break_kernel(machine, first, kernel);
        first.detach();
    }
    machine.console().expect("Twain panics: page fault in the kernel");
    for (int clients = 0; clients < 2; ++clients) {
        Rsp rsp(machine.connect_kernel_stub());
        EXPECT_TRUE(kernel.is_in_stack(rsp, "panic_at"));
    }
    Stream last = machine.connect_kernel_stub();
    last.send(encode_packet("k"));
    EXPECT_EQ(machine.wait_for_end(), 1);
}

TEST(KernelStubGuest, StopsAMachineWhoseGuestRuns) {
    Kernel kernel;
    Options options = guest_options();
    options.kernel_stub = true;
    Guest guest(options);
    Rsp rsp(guest.machine.connect_kernel_stub());
    rsp.resume();
    guest.machine.console().type("while :; do :; done\n");
    bool found = false;
    for (int times = 0; times < 20 && !found; ++times) {
        guest.machine.console().read_for(Seconds(0.1));
        EXPECT_EQ(rsp.interrupt().signal, kStopInterrupt);
        found = kernel.is_in_stack(rsp, "Vcpu::run");
        // Leaving a guest switches the processor's breakpoints off; this one must work all the same.
        if (found) rsp.set_breakpoint(kernel.address_of("CoreScheduler::tick"), Breakpoint::Hardware);
        rsp.resume();
    }
    ASSERT_TRUE(found) << "no stop was in ring V";
    for (int stops = 0; stops < 3; ++stops) {
        ASSERT_TRUE(rsp.wait_for_stop(Seconds(20)));
        EXPECT_EQ(kernel.symbols.name_at(VirtAddr(rsp.registers()["rip"])), "CoreScheduler::tick");
        rsp.resume();
    }
    rsp.interrupt();
    rsp.detach();
    guest.machine.console().type("\x03");
    guest.machine.console().expect(kGuestPrompt);
    EXPECT_EQ(guest.shell.run("echo $((6 * 7))"), "42\n");
}

}  // namespace
}  // namespace machine
