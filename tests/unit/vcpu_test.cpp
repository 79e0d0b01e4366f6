// SPDX-License-Identifier: MIT
/// @file
/// @brief The run loop and its policies, with a scripted control block in the place of the hardware.
/// @chapter testing
#include "vcpu_script.h"

namespace {

constexpr Event kGeneralProtection = Event::exception(13, 0);
constexpr Event kInvalidOpcode = Event::exception(6);

TEST_F(VcpuTest, SettlesCpuidAndGoesOn) {
    general().rax = 0x4000'0000;
    step(Exit(ExitKind::Cpuid, 2));
    io();
    EXPECT_EQ(run(), abi::ExitReason::Io);
    EXPECT_EQ(general().rbx, 0x4b4d564bu);
    EXPECT_EQ(general().rip, 0x1002u);
    EXPECT_EQ(counts().by_kernel[static_cast<unsigned>(ExitKind::Cpuid)], 1u);
    EXPECT_EQ(counts().by_vmm[static_cast<unsigned>(ExitKind::Io)], 1u);
    EXPECT_EQ(vcpu->frame().exit.io.port, 0x80);
    EXPECT_EQ(vcpu->frame().system_stored, 0u);
}

TEST_F(VcpuTest, ResolvesFaultsOnRegionsAndHandsOverTheRest) {
    AddressSpace::Mapping mapping;
    mapping.address = VirtAddr(0x10'0000);
    mapping.bytes = kPageBytes;
    mapping.placement = AddressSpace::Placement::Fixed;
    mapping.protection = {true, true, false};
    ASSERT_TRUE(thread.space->map(mapping).ok());
    const auto fault = [&](u64 address, abi::MmioAccess access) {
        Exit exit(ExitKind::NestedFault);
        exit.detail.mmio = {address, access};
        return exit;
    };
    step(fault(0x10'0008, abi::MmioAccess::Write));
    step(fault(0x10'0008, abi::MmioAccess::Execute));
    EXPECT_EQ(run(), abi::ExitReason::Mmio) << "no execution there";
    EXPECT_TRUE(thread.space->tables().walk(VirtAddr(0x10'0000)).entry.host.present());
    EXPECT_EQ(vcpu->frame().exit.mmio.access, abi::MmioAccess::Execute);
    EXPECT_EQ(vcpu->frame().system_stored, 1u);
    EXPECT_EQ(vcpu->frame().system.cr3, 0x1234u);
    step(fault(0xfec0'0010, abi::MmioAccess::Read));
    EXPECT_EQ(run(), abi::ExitReason::Mmio);
    EXPECT_EQ(vcpu->frame().exit.mmio.gpa, 0xfec0'0010u);
    EXPECT_EQ(general().rip, 0x1000u);
    EXPECT_EQ(thread.space->check(), nullptr);
}

TEST_F(VcpuTest, OnlyNamedMsrsExist) {
    for (u32 msr :
         {0x3au, 0x17au, 0x179u, 0x1d0u, 0x480u, 0xc001'0114u, 0xc001'0117u, 0xda0u, 0x7ffu, 0x840u, 0x1234u, 0xe1u}) {
        EXPECT_EQ(rdmsr(msr), std::nullopt) << std::hex << msr;
        const u64 rip = general().rip;
        EXPECT_EQ(wrmsr(msr, 0), kGeneralProtection);
        EXPECT_EQ(general().rip, rip) << "a refused WRMSR is not past";
    }
    EXPECT_EQ(rdmsr(0x1b), 0xfee0'0d00u);
    EXPECT_EQ(wrmsr(0x1b, 0xfee0'0d00), Event{});
    EXPECT_EQ(wrmsr(0x1b, 0xfee0'0900), kGeneralProtection) << "x2APIC stays on";
    EXPECT_EQ(rdmsr(0x8b), 0x1'0000'0000u);
    EXPECT_EQ(wrmsr(0x277, 0x0107'0406'0007'0506), Event{});
    EXPECT_EQ(rdmsr(0x277), 0x0107'0406'0007'0506u);
    EXPECT_EQ(wrmsr(0x277, 2), kGeneralProtection);
    EXPECT_EQ(wrmsr(0xc000'0103, 7), Event{});
    EXPECT_EQ(rdmsr(0xc000'0103), 7u);
    EXPECT_EQ(wrmsr(0xc000'0080, 0x1d01), kGeneralProtection) << "no SVME";
    EXPECT_EQ(wrmsr(0xc000'0080, 0x801), kGeneralProtection) << "LME stays while paging";
    EXPECT_EQ(wrmsr(0xc000'0080, 0xd01), Event{});
}

TEST_F(VcpuTest, ControlRegistersKeepToWhatCpuidShows) {
    const u64 cr0 = Cr0::PE | Cr0::PG | Cr0::WP | Cr0::NE | Cr0::ET;
    EXPECT_EQ(write_control(ControlWrite::Register::Cr0, cr0), Event{});
    EXPECT_EQ(write_control(ControlWrite::Register::Cr0, cr0 & ~Cr0::PE), kGeneralProtection);
    EXPECT_EQ(write_control(ControlWrite::Register::Cr0, cr0 & ~Cr0::PG), kGeneralProtection) << "in 64-bit code";
    EXPECT_EQ(write_control(ControlWrite::Register::Cr0, cr0 | Cr0::NW), kGeneralProtection);
    EXPECT_EQ(write_control(ControlWrite::Register::Cr0, cr0 | 1ULL << 40), kGeneralProtection);
    EXPECT_EQ(write_control(ControlWrite::Register::Cr4, Cr4::PAE | Cr4::PGE), Event{});
    EXPECT_EQ(script->modes.cr4, Cr4::PAE | Cr4::PGE);
    EXPECT_EQ(write_control(ControlWrite::Register::Cr4, Cr4::PGE), kGeneralProtection) << "PAE is needed in long mode";
    for (u64 hidden : {Cr4::PCIDE, Cr4::LA57, Cr4::VMXE, Cr4::PKE, Cr4::MCE, u64{1} << 23, u64{1} << 63}) {
        EXPECT_EQ(write_control(ControlWrite::Register::Cr4, Cr4::PAE | hidden), kGeneralProtection);
    }
    EXPECT_EQ(write_control(ControlWrite::Register::Cr8, 5), Event{});
    EXPECT_EQ(apic().task_priority(), 0x50);
    EXPECT_EQ(write_control(ControlWrite::Register::Cr8, 16), kGeneralProtection);
}

TEST_F(VcpuTest, InjectsWhenTheGuestIsOpenAndAsksForAWindowWhenNot) {
    enable_interrupts();
    vcpu->post(0x41, abi::Trigger::Edge);
    io([](GuestState& guest) {
        EXPECT_EQ(guest.event, Event::interrupt(0x41));
        EXPECT_FALSE(guest.want_window);
    });
    EXPECT_EQ(run(), abi::ExitReason::Io);

    general().rflags = 2;
    vcpu->post(0x51, abi::Trigger::Edge);
    step(Exit(ExitKind::InterruptWindow), [this](GuestState& guest) {
        EXPECT_FALSE(guest.event);
        EXPECT_TRUE(guest.want_window);
        general().rflags = 2 | Rflags::IF;
    });
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::interrupt(0x51)); });
    EXPECT_EQ(run(), abi::ExitReason::Io);

    // Behind STI's shadow it waits; and one of the same class waits behind the one in service.
    vcpu->post(0x62, abi::Trigger::Edge);
    state().shadow = true;
    step(Exit(ExitKind::InterruptWindow), [](GuestState& guest) {
        EXPECT_FALSE(guest.event);
        EXPECT_TRUE(guest.want_window);
        guest.shadow = false;
    });
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::interrupt(0x62)); });
    EXPECT_EQ(run(), abi::ExitReason::Io);
}

TEST_F(VcpuTest, DeliversAnInterruptedEventAgain) {
    enable_interrupts();
    vcpu->post(0x71, abi::Trigger::Edge);
    AddressSpace::Mapping mapping;
    mapping.address = VirtAddr(0x20'0000);
    mapping.bytes = kPageBytes;
    mapping.placement = AddressSpace::Placement::Fixed;
    mapping.protection = {true, true, true};
    ASSERT_TRUE(thread.space->map(mapping).ok());
    Exit fault(ExitKind::NestedFault);
    fault.detail.mmio = {0x20'0000, abi::MmioAccess::Write};
    const Event event = Event::interrupt(0x71);
    const auto expect_event = [&](GuestState& guest) { EXPECT_EQ(guest.event, event); };
    script->steps.push_back({fault, expect_event, event});
    io(expect_event);
    EXPECT_EQ(run(), abi::ExitReason::Io);
    io([](GuestState& guest) { EXPECT_FALSE(guest.event) << "once is enough"; });
    EXPECT_EQ(run(), abi::ExitReason::Io);
}

TEST_F(VcpuTest, HaltSleepsUntilAnInterruptAndSaysWhenNothingCanCome) {
    enable_interrupts();
    int parks = 0;
    on_park = [&] {
        if (++parks == 2) vcpu->post(0x42, abi::Trigger::Edge);
        return Wake::Event;
    };
    step(Exit(ExitKind::Halt, 1));
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::interrupt(0x42)); });
    const u64 rip = general().rip;
    EXPECT_EQ(run(), abi::ExitReason::Io);
    EXPECT_EQ(general().rip, rip + 1);
    EXPECT_EQ(parks, 2);

    step(Exit(ExitKind::Halt, 1), [this](GuestState&) { vcpu->post(0x52, abi::Trigger::Edge); });
    io();
    EXPECT_EQ(run(), abi::ExitReason::Io);
    EXPECT_EQ(parks, 2) << "something waits: no sleep";

    // A signal ends the sleep but not the guest's HLT.
    on_park = [] { return Wake::Interrupted; };
    step(Exit(ExitKind::Halt, 1));
    EXPECT_EQ(run(), abi::ExitReason::Interrupted);
    const int entries = script->entries;
    EXPECT_EQ(run(), abi::ExitReason::Interrupted);
    EXPECT_EQ(script->entries, entries);

    vcpu->load_system({});
    general().rflags = 2;
    step(Exit(ExitKind::Halt, 1));
    EXPECT_EQ(run(), abi::ExitReason::Halted);
    EXPECT_EQ(vcpu->frame().system_stored, 1u);
}

TEST_F(VcpuTest, LevelInterruptsComeBackAsEoi) {
    enable_interrupts();
    vcpu->post(0x43, abi::Trigger::Level);
    io();
    run();
    general().rcx = 0x80b;
    general().rax = general().rdx = 0;
    const u64 rip = general().rip;
    step(Exit(ExitKind::WriteMsr, 2));
    EXPECT_EQ(run(), abi::ExitReason::Eoi);
    EXPECT_EQ(vcpu->frame().exit.eoi.vector, 0x43u);
    EXPECT_EQ(general().rip, rip + 2);
}

TEST_F(VcpuTest, StartUpIsTheVmmsAndFixedIpisAreNot) {
    enable_interrupts();
    general().rcx = 0x830;
    general().rax = 0x4608;
    general().rdx = 1;
    step(Exit(ExitKind::WriteMsr, 2));
    EXPECT_EQ(run(), abi::ExitReason::Ipi);
    EXPECT_EQ(vcpu->frame().exit.ipi.icr, 0x1'0000'4608u);
    // All, itself included: there is only this one.
    general().rax = 0x8'0055;
    step(Exit(ExitKind::WriteMsr, 2));
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::interrupt(0x55)); });
    EXPECT_EQ(run(), abi::ExitReason::Io);
    general().rax = 0xc'0056;  // all others
    step(Exit(ExitKind::WriteMsr, 2));
    io([](GuestState& guest) { EXPECT_FALSE(guest.event); });
    EXPECT_EQ(run(), abi::ExitReason::Io);
}

TEST_F(VcpuTest, ForbiddenInstructionsBecomeTheGuestsExceptions) {
    step(Exit(ExitKind::ForbiddenInstruction));
    step(Exit(ExitKind::PrivilegedAccess), [](GuestState& guest) { EXPECT_EQ(guest.event, kInvalidOpcode); });
    io([](GuestState& guest) { EXPECT_EQ(guest.event, kGeneralProtection); });
    EXPECT_EQ(run(), abi::ExitReason::Io);
    EXPECT_EQ(general().rip, 0x1000u);
    step(Exit(ExitKind::Shutdown));
    EXPECT_EQ(run(), abi::ExitReason::Shutdown);
    step(Exit(ExitKind::BadState));
    EXPECT_EQ(run(), abi::ExitReason::BadState);
    Exit unknown(ExitKind::Unknown);
    unknown.detail.unhandled = {0x99, {1, 2}};
    step(unknown);
    EXPECT_EQ(run(), abi::ExitReason::Unhandled);
    EXPECT_EQ(vcpu->frame().exit.unhandled.code, 0x99u);
}

TEST_F(VcpuTest, Xcr0TakesOnlyWhatTheKernelSwitches) {
    const auto xsetbv = [&](u64 index, u64 value) {
        Event seen;
        general().rcx = index;
        general().rax = static_cast<u32>(value);
        general().rdx = value >> 32;
        step(Exit(ExitKind::WriteXcr0, 3));
        io([&](GuestState& guest) { seen = guest.event; });
        run();
        return seen;
    };
    EXPECT_EQ(xsetbv(0, 7), Event{});
    EXPECT_EQ(state().xcr0, 7u);
    for (u64 bad : {0ULL, 2ULL, 5ULL, 8ULL | 1, 0x207ULL, 1ULL << 63 | 1})
        EXPECT_EQ(xsetbv(0, bad), kGeneralProtection);
    EXPECT_EQ(xsetbv(1, 7), kGeneralProtection);
    EXPECT_EQ(state().xcr0, 7u);
}

TEST_F(VcpuTest, TheApicInMemoryTakesStoresWithTheNextEntry) {
    EXPECT_EQ(wrmsr(0x1b, 0xfee0'0900), kGeneralProtection) << "not in one step";
    EXPECT_EQ(wrmsr(0x1b, 0xfee0'0100), Event{});
    EXPECT_FALSE(state().x2apic);
    EXPECT_EQ(wrmsr(0x1b, 0xfee0'0900), Event{});
    EXPECT_EQ(rdmsr(0x1b), 0xfee0'0900u);
    EXPECT_EQ(rdmsr(0x802), std::nullopt);
    EXPECT_EQ(wrmsr(0x80b, 0), kGeneralProtection);
    abi::RingV& frame = vcpu->frame();
    const auto store = [&](u32 offset, u32 value) {
        frame.apic_offset = offset;
        frame.apic_value = value;
    };
    for (const auto& [offset, value] : {std::pair<u32, u32>{0xf0, 0x1ff}, {0x80, 0x20}, {0xffff'ff80, 0x30}}) {
        store(offset, value);
        io();
        EXPECT_EQ(run(), abi::ExitReason::Io);
        EXPECT_EQ(frame.apic_offset, 0u);
    }
    EXPECT_EQ(apic().task_priority(), 0x20) << "and not what is no register's place";
    // To itself: injected by the very entry.
    general().rflags = 2 | Rflags::IF;
    store(0x300, 0x4'0055);
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::interrupt(0x55)); });
    EXPECT_EQ(run(), abi::ExitReason::Io);
    // What is the VMM's comes back without an entry.
    const int entries = script->entries;
    store(0x310, 0x0300'0000);
    io();
    run();
    store(0x300, 0x4608);
    EXPECT_EQ(run(), abi::ExitReason::Ipi);
    EXPECT_EQ(frame.exit.ipi.icr, 0x3'0000'4608u);
    vcpu->post(0x83, abi::Trigger::Level);
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::interrupt(0x83)); });
    run();
    store(0xb0, 0);
    EXPECT_EQ(run(), abi::ExitReason::Eoi);
    EXPECT_EQ(frame.exit.eoi.vector, 0x83u);
    EXPECT_EQ(script->entries, entries + 2);
    // A fault there shows the VMM a page that is up to date.
    Exit fault(ExitKind::NestedFault);
    fault.detail.mmio = {0xfee0'00a0, abi::MmioAccess::Read};
    step(fault);
    EXPECT_EQ(run(), abi::ExitReason::Mmio);
    EXPECT_EQ(page.at(ApicRegister::ProcessorPriority), 0x50u) << "0x55 is in service";
    EXPECT_EQ(wrmsr(0x1b, 0xfee0'0d00), Event{});
    EXPECT_TRUE(state().x2apic);
    EXPECT_EQ(rdmsr(0x80a), 0x50u);
}

TEST_F(VcpuTest, APostedInterruptNotifiesOnceAndAsTheProcessorWantsIt) {
    enable_interrupts();
    core_interrupts.clear();
    script->told = vector::kPosted;
    io([this](GuestState&) {
        vcpu->post(0x41, abi::Trigger::Edge);
        vcpu->post(0x42, abi::Trigger::Edge);  // who looks for the one finds the other
        EXPECT_EQ(core_interrupts, std::vector<u8>({vector::kPosted}));
        vcpu->post(0x43, abi::Trigger::Level);
        EXPECT_EQ(core_interrupts.back(), vector::kWake) << "only software knows of levels";
    });
    run();
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::interrupt(0x43)); });
    run();
    core_interrupts.clear();
    vcpu->post(0x44, abi::Trigger::Edge);
    EXPECT_TRUE(core_interrupts.empty()) << "the guest does not run";
}

TEST_F(VcpuTest, SignalsBringTheThreadBackBeforeTheGuestRuns) {
    thread.set_interrupted(true);
    EXPECT_EQ(run(), abi::ExitReason::Interrupted);
    EXPECT_EQ(script->entries, 0);
}

TEST_F(VcpuTest, NmisWaitForTheOneBeforeThem) {
    apic().post_nmi();
    step(Exit(ExitKind::Vendor), [](GuestState& guest) {
        EXPECT_EQ(guest.event, Event::nmi());
        EXPECT_TRUE(guest.nmi_blocked);
    });
    io([](GuestState& guest) { EXPECT_FALSE(guest.event); });
    run();
    apic().post_nmi();
    io([](GuestState& guest) {
        EXPECT_FALSE(guest.event);
        guest.nmi_blocked = false;
    });
    run();
    io([](GuestState& guest) { EXPECT_EQ(guest.event, Event::nmi()); });
    run();
}

TEST_F(VcpuTest, TheDeadlineTimerIsTheKernelsClock) {
    enable_interrupts();
    general().rflags = 2;
    wrmsr(0x832, 0x40044);
    EXPECT_EQ(wrmsr(0x6e0, ~0ULL >> 1), Event{});
    EXPECT_EQ(rdmsr(0x6e0), ~0ULL >> 1);
    EXPECT_FALSE(apic().deliverable());
    wrmsr(0x6e0, 1);  // long past: at once
    EXPECT_EQ(rdmsr(0x6e0), 0u);
    apic().take_posted();
    EXPECT_EQ(apic().deliverable(), 0x44);
}

TEST_F(VcpuTest, TheTimersPeriodsAreNoStorm) {
    enable_interrupts();
    wrmsr(0x832, 0x20044);
    wrmsr(0x83e, 0xb);
    constexpr u64 kShortest = 200'000;
    for (const u64 count : {u64{1}, kShortest, 3 * kShortest}) {
        wrmsr(0x838, count);
        ASSERT_NE(started, nullptr);
        const Instant first = started->when();
        EXPECT_EQ(first, Clock::now().after(count));
        TimerQueue::fire(*started);
        EXPECT_EQ(started->when(), first.after(std::max(count, kShortest)));
    }
}

}  // namespace
