// SPDX-License-Identifier: MIT
/// @file
/// @brief A vCPU whose hardware is a script: the fixture of the run loop's tests.
/// @chapter testing
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "host_kernel.h"
#include "virt/ring_v.h"
#include "virt/vcpu.h"
#include "x86/fpu.h"
#include "x86/registers.h"

/// The one that fires timers.
class TimerQueue {
   public:
    static void fire(Timer& timer) { timer.fire_(timer); }
};

/// Plays exits back; each may look at what the entry before it was told to do.
struct Script final : ControlBlock {
    struct Step {
        Exit exit;
        std::function<void(GuestState&)> at_entry = {};
        Event interrupted = {};  ///< what the exit interrupts the delivery of
    };
    std::deque<Step> steps;
    Modes modes{};  ///< that the run loop wants
    int entries = 0;
    u8 told = vector::kWake;  ///< what gets a running guest to look
    u8 notification() const override { return told; }

    void execute(GuestState& guest, const AddressSpace&, const IrqOff&) override {
        ++entries;
        ASSERT_FALSE(steps.empty());
        if (steps.front().at_entry) steps.front().at_entry(guest);
        guest.event = steps.front().interrupted;
    }
    Exit decode(GuestState&) override {
        const Exit exit = steps.front().exit;
        steps.pop_front();
        return exit;
    }
    void load(const abi::SystemRegisters&) override {}
    void store(abi::SystemRegisters& r) const override { r.cr3 = 0x1234; }
    void apply(const GuestState& state) override { modes = state.modes; }
    PhysAddr address() const override { return PhysAddr(0x5000); }
};

inline Script* script = nullptr;
inline Thread* running = nullptr;
inline std::function<Wake()> on_park;
inline Timer* started = nullptr;         ///< last
inline std::vector<u8> core_interrupts;  ///< that the thread's core was sent

inline const BackEnd script_back_end{"script",
                                     NestedFormat::Npt,
                                     [] { return true; },
                                     []() -> const char* { return nullptr; },
                                     [] { return Result<void>(); },
                                     [](ApicPage&) -> Result<Owned<ControlBlock>> {
                                         Owned<ControlBlock> block = TRY(make_owned<Script>());
                                         script = static_cast<Script*>(block.get());
                                         return block;
                                     }};

struct VcpuTest : testing::Test {
    void SetUp() override {
        host_kernel::reset_memory(64 * kMiB);
        running = &thread;
        thread.space = AddressSpace::create().value();
        auto control = ring_v::back_end()->make_control_block(page).value();
        vcpu.reset(new Vcpu(1, machine, page, std::move(control)));
        state().modes = {Cr0::PE | Cr0::PG, Cr4::PAE, Efer::LME | Efer::LMA};
        on_park = [] { return Wake::Interrupted; };
        general().rip = 0x1000;
        general().rflags = 2;
    }
    void TearDown() override {
        vcpu.reset();
        thread.space = {};
    }

    abi::GeneralRegisters& general() { return vcpu->frame().general; }
    ExitCounts counts() const { return vcpu->counts(); }
    LocalApic& apic() { return vcpu->apic_; }
    void step(Exit exit, std::function<void(GuestState&)> at_entry = {}) {
        script->steps.push_back({exit, std::move(at_entry), {}});
    }
    GuestState& state() { return vcpu->state_; }
    /// The guest touches a port, which ends the run.
    void io(std::function<void(GuestState&)> at_entry = {}) {
        Exit exit(ExitKind::Io);
        exit.detail.io = {general().rip + 2, 0x80, 1, abi::IoDirection::Out, 0, 0};
        step(exit, std::move(at_entry));
    }
    abi::ExitReason run() {
        const auto result = vcpu->run();
        EXPECT_TRUE(result.ok());
        return vcpu->frame().reason;
    }
    /// Runs WRMSR, then a port; answers the event that was injected in between.
    Event wrmsr(u32 msr, u64 value) {
        Event seen;
        general().rcx = msr;
        general().rax = static_cast<u32>(value);
        general().rdx = value >> 32;
        step(Exit(ExitKind::WriteMsr, 2));
        io([&](GuestState& guest) { seen = guest.event; });
        EXPECT_EQ(run(), abi::ExitReason::Io);
        return seen;
    }
    std::optional<u64> rdmsr(u32 msr) {
        Event seen;
        general().rcx = msr;
        step(Exit(ExitKind::ReadMsr, 2));
        io([&](GuestState& guest) { seen = guest.event; });
        EXPECT_EQ(run(), abi::ExitReason::Io);
        if (seen) return std::nullopt;
        return general().rdx << 32 | general().rax;
    }
    Event write_control(ControlWrite::Register name, u64 value) {
        Event seen;
        Exit exit(ExitKind::WriteControl, 3);
        exit.control = {name, true, value};
        step(exit);
        io([&](GuestState& guest) { seen = guest.event; });
        run();
        return seen;
    }
    void enable_interrupts() {
        wrmsr(0x80f, 0x1ff);
        general().rflags = 2 | Rflags::IF;
    }

    Thread thread;
    ApicPage page{};
    abi::RingV machine = [] {
        abi::RingV frame{};
        frame.vcpu_count = 1;
        return frame;
    }();
    Owned<Vcpu> vcpu;
};
