// SPDX-License-Identifier: MIT
/// @file
/// @brief Signals as data: sets, queues, siginfo_t, frames, and FPU images that programs made up.
/// @chapter testing
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "proc/signal.h"
#include "proc/signal_frame.h"

namespace {

SignalInfo info_of(int number, u64 value = 0) {
    return {.number = number, .code = signal_code::kQueue, .form = SignalInfo::Form::Value, .value = value};
}

TEST(PendingSignals, KeepsOneOfEachOrdinarySignal) {
    PendingSignals pending;
    ASSERT_TRUE(pending.add(info_of(kSigUsr1, 1)).ok());
    ASSERT_TRUE(pending.add(info_of(kSigUsr1, 2)).ok());
    EXPECT_EQ(pending.take(SignalSet(~0ULL)).value, 1u);
    EXPECT_TRUE(pending.set().empty());
}

TEST(PendingSignals, QueuesRealTimeSignalsInOrder) {
    PendingSignals pending;
    for (u64 value = 1; value <= 3; ++value) ASSERT_TRUE(pending.add(info_of(40, value)).ok());
    for (u64 value = 1; value <= 3; ++value) {
        EXPECT_TRUE(pending.set().has(40));
        EXPECT_EQ(pending.take(SignalSet(~0ULL)).value, value);
    }
    EXPECT_TRUE(pending.set().empty());
}

TEST(PendingSignals, TakesFaultsFirstThenTheLowestNumber) {
    PendingSignals pending;
    for (const int number : {int{kSigUsr2}, int{kSigHup}, int{kSigSegv}, 50})
        ASSERT_TRUE(pending.add(info_of(number)).ok());
    const SignalSet all(~0ULL);
    EXPECT_EQ(pending.take(all).number, kSigSegv);
    EXPECT_EQ(pending.take(all).number, kSigHup);
    EXPECT_EQ(pending.take(all).number, kSigUsr2);
    EXPECT_EQ(pending.take(all).number, 50);
}

TEST(PendingSignals, TakesOnlyWhatIsWanted) {
    PendingSignals pending;
    ASSERT_TRUE(pending.add(info_of(kSigHup)).ok());
    ASSERT_TRUE(pending.add(info_of(kSigTerm)).ok());
    EXPECT_EQ(pending.take(SignalSet::of(kSigTerm)).number, kSigTerm);
    EXPECT_EQ(pending.set(), SignalSet::of(kSigHup));
}

TEST(PendingSignals, DiscardsEveryInstance) {
    PendingSignals pending;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(pending.add(info_of(40)).ok());
    ASSERT_TRUE(pending.add(info_of(41)).ok());
    pending.discard(SignalSet::of(40));
    EXPECT_EQ(pending.set(), SignalSet::of(41));
    EXPECT_EQ(pending.take(SignalSet(~0ULL)).number, 41);
}

TEST(PendingSignals, RefusesAnEndlessQueue) {
    PendingSignals pending;
    int count = 0;
    while (count < 100'000 && pending.add(info_of(40)).ok()) ++count;
    EXPECT_LT(count, 100'000);
    // An ordinary signal still arrives.
    EXPECT_TRUE(pending.add(info_of(kSigTerm)).ok());
    EXPECT_TRUE(pending.set().has(kSigTerm));
}

TEST(SignalActions, DefaultsAreLinuxs) {
    EXPECT_EQ(default_action(kSigTerm), DefaultAction::Terminate);
    EXPECT_EQ(default_action(kSigSegv), DefaultAction::Dump);
    EXPECT_EQ(default_action(kSigChld), DefaultAction::Ignore);
    EXPECT_EQ(default_action(kSigTstp), DefaultAction::Stop);
    EXPECT_EQ(default_action(kSigCont), DefaultAction::Continue);
    EXPECT_EQ(default_action(64), DefaultAction::Terminate);
}

TEST(SignalInfo, LooksToAProgramAsLinuxs) {
    siginfo_t seen;
    const UserSignalInfo fault =
        encode_signal_info(SignalInfo::fault(kSigSegv, signal_code::kAccessDenied, VirtAddr(0x1234)));
    memcpy(&seen, &fault, sizeof(seen));
    EXPECT_EQ(seen.si_signo, SIGSEGV);
    EXPECT_EQ(seen.si_code, SEGV_ACCERR);
    EXPECT_EQ(seen.si_addr, reinterpret_cast<void*>(0x1234));
    const UserSignalInfo child = encode_signal_info({.number = kSigChld,
                                                     .code = signal_code::kChildKilled,
                                                     .form = SignalInfo::Form::Child,
                                                     .pid = 7,
                                                     .status = 9});
    memcpy(&seen, &child, sizeof(seen));
    EXPECT_EQ(seen.si_pid, 7);
    EXPECT_EQ(seen.si_status, 9);
    EXPECT_EQ(seen.si_code, CLD_KILLED);
    const SignalInfo queued{
        .number = 40, .code = signal_code::kQueue, .form = SignalInfo::Form::Value, .pid = 3, .user = 5, .value = 77};
    const UserSignalInfo user = encode_signal_info(queued);
    memcpy(&seen, &user, sizeof(seen));
    EXPECT_EQ(seen.si_value.sival_ptr, reinterpret_cast<void*>(77));
    const SignalInfo back = decode_signal_info(40, user);
    EXPECT_EQ(back.pid, queued.pid);
    EXPECT_EQ(back.user, queued.user);
    EXPECT_EQ(back.value, queued.value);
    EXPECT_EQ(back.code, queued.code);
}

TEST(SignalFrame, HasGlibcsLayout) {
    ucontext_t context;
    SignalFrame frame{};
    frame.context.registers.rip = 0x1111;
    frame.context.registers.rsp = 0x2222;
    frame.context.mask = SignalSet(0x3333);
    memcpy(&context, &frame.context, sizeof(frame.context));
    EXPECT_EQ(context.uc_mcontext.gregs[REG_RIP], 0x1111);
    EXPECT_EQ(context.uc_mcontext.gregs[REG_RSP], 0x2222);
    u64 mask;
    memcpy(&mask, &context.uc_sigmask, sizeof(mask));
    EXPECT_EQ(mask, 0x3333u);
}

TEST(SignalFrame, IsAlignedAsACallLeavesTheStack) {
    for (u64 top = 0x7000'0000; top < 0x7000'0100; ++top) {
        for (const u64 bytes : {580ULL, 836ULL, 2700ULL}) {
            const SignalFramePlace place = place_signal_frame(top, bytes);
            EXPECT_EQ(place.frame % 16, 8u);
            EXPECT_EQ(place.fpu_image % 64, 0u);
            EXPECT_LE(place.fpu_image + bytes, top);
            EXPECT_LE(place.frame + sizeof(SignalFrame), place.fpu_image);
        }
    }
}

TEST(SignalFrame, KeepsTheKernelsFlagsAndSegments) {
    TrapFrame trap{};
    trap.rflags = 0x202;
    UserRegisters registers{};
    registers.rflags = ~0ULL;
    registers.cs = 0x8, registers.ss = 0x10;
    registers.r15 = 15, registers.rdi = 7;
    load_user_registers(trap, registers);
    EXPECT_EQ(trap.cs, 0x23u);
    EXPECT_EQ(trap.ss, 0x1bu);
    EXPECT_EQ(trap.r15, 15u);
    EXPECT_EQ(trap.rdi, 7u);
    EXPECT_TRUE(trap.rflags & 1 << 9) << "interrupts stay on";
    EXPECT_FALSE(trap.rflags & 3 << 12) << "I/O privilege";
    EXPECT_FALSE(trap.rflags & 1 << 14) << "nested task";
    EXPECT_FALSE(trap.rflags & 1 << 17) << "virtual-8086 mode";
    registers.rflags = 0;
    load_user_registers(trap, registers);
    EXPECT_TRUE(trap.rflags & 1 << 9);
}

class FpuImage : public testing::Test {
   protected:
    static constexpr u64 kFeatures = 7;
    std::vector<u8> image_ = std::vector<u8>(832);
    void put(usize offset, u64 value, usize bytes = 8) { memcpy(&image_[offset], &value, bytes); }
    bool good() { return check_fpu_image(image_, kFeatures).ok(); }
};

TEST_F(FpuImage, AcceptsWhatTheProcessorSaves) {
    put(24, 0x1f80, 4);
    put(512, 7);
    EXPECT_TRUE(good());
    complete_legacy_fpu_image(image_);
    EXPECT_TRUE(good());
}

TEST_F(FpuImage, RefusesWhatWouldFault) {
    put(512, 8);
    EXPECT_FALSE(good()) << "a feature that is not enabled";
    put(512, 7);
    put(520, 1ULL << 63);
    EXPECT_FALSE(good()) << "the compacted form";
    put(520, 0);
    put(528, 1);
    EXPECT_FALSE(good()) << "a reserved word of the header";
    put(528, 0);
    put(24, 0x1'1f80, 4);
    EXPECT_FALSE(good()) << "a reserved bit of MXCSR";
    image_.resize(500);
    EXPECT_FALSE(good()) << "too short";
}

}  // namespace
