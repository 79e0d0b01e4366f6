// SPDX-License-Identifier: MIT
/// @file
/// @brief The real-time clock shows the time in every form that a guest may ask for; power control ends the machine.
/// @chapter testing
#include <gtest/gtest.h>

#include "tests/unit/vmm_guest.h"
#include "vmm/clock.h"
#include "vmm/power.h"

namespace vmm {
namespace {

class Clock : public testing::Test {
   protected:
    unsigned get(unsigned index) {
        clock_.write(0, 1, index);
        return static_cast<unsigned>(clock_.read(1, 1));
    }
    void set(unsigned index, unsigned value) {
        clock_.write(0, 1, index);
        clock_.write(1, 1, value);
    }

    timespec now_{951'826'257, 0};  // Tue 2000-02-29 12:10:57 UTC
    RealTimeClock clock_{[this] { return now_; }};
};

TEST_F(Clock, ShowsBcdAnd24HoursFirst) {
    EXPECT_EQ(get(0), 0x57U);
    EXPECT_EQ(get(2), 0x10U);
    EXPECT_EQ(get(4), 0x12U);
    EXPECT_EQ(get(6), 3U);
    EXPECT_EQ(get(7), 0x29U);
    EXPECT_EQ(get(8), 0x02U);
    EXPECT_EQ(get(9), 0x00U);
    EXPECT_EQ(get(0x32), 0x20U);
    EXPECT_EQ(get(0x0d), 0x80U);
}

TEST_F(Clock, KeepsItsForm) {
    set(0x0b, 0x06);
    EXPECT_EQ(get(0x0b), 0x02U) << "24 hours, BCD";
    EXPECT_EQ(get(0), 0x57U);
}

TEST_F(Clock, TellsWhenTheSecondIsAboutToChange) {
    EXPECT_EQ(get(0x0a), 0x26U);
    now_.tv_nsec = 999'800'000;
    EXPECT_EQ(get(0x0a), 0xa6U);
}

TEST_F(Clock, KeepsMemoryAndIgnoresATimeThatIsSet) {
    set(0x40, 0x77);
    EXPECT_EQ(get(0x40), 0x77U);
    EXPECT_EQ(get(0xc0), 0x77U) << "bit 7 is no part of the index";
    set(0, 0x11);
    EXPECT_EQ(get(0), 0x57U);
    EXPECT_EQ(clock_.read(0, 1), 0xffU);
}

struct Power : testing::Test {
    TestInterrupts interrupts;
    EndSwitch end;
    PowerControl power{end, interrupts.chip};
};

TEST_F(Power, EndsTheMachineAtSoftOff) {
    power.write(PowerControl::kSleepControl, 1, 3 << 2 | 1 << 5);
    EXPECT_FALSE(end.ended()) << "another sleep state";
    power.write(PowerControl::kSleepControl, 1, 5 << 2);
    EXPECT_FALSE(end.ended()) << "not enabled";
    power.write(PowerControl::kSleepControl, 1, 5 << 2 | 1 << 5);
    ASSERT_TRUE(end.ended());
    EXPECT_EQ(end.ending().status, kStatusGood);
    EXPECT_EQ(end.ending().message, "");
}

TEST_F(Power, CallsAResetAfterAShutdownAReboot) {
    interrupts.program(4, 0x30);
    interrupts.program(4, 1 << 16);
    power.write(PowerControl::kReset, 1, PowerControl::kResetValue);
    ASSERT_TRUE(end.ended());
    EXPECT_EQ(end.ending().status, kStatusGood);
    EXPECT_NE(end.ending().message, "");
}

TEST_F(Power, PutsCodeAtTheResetVector) {
    const TestMemory memory;
    PowerControl::write_reset_vector(*memory);
    EXPECT_EQ(memory->load<std::uint64_t>(kResetVector), 0xebf4ee0602ba01b0U);
}

TEST_F(Power, CallsAResetWithInterruptsOnACrash) {
    interrupts.program(4, 0x30);
    power.write(PowerControl::kReset, 1, 0);
    EXPECT_FALSE(end.ended());
    power.write(PowerControl::kReset, 1, PowerControl::kResetValue);
    EXPECT_EQ(end.ending().status, kStatusCrash);
    end.end({kStatusGood, "later"});
    EXPECT_EQ(end.ending().status, kStatusCrash) << "the first word counts";
}

}  // namespace
}  // namespace vmm
