// SPDX-License-Identifier: MIT
/// @file
/// @brief Events there and back, and what of them is delivered again.
/// @chapter testing
#include "x86/event.h"

#include <gtest/gtest.h>

namespace {

TEST(Event, ComesBackAsItWent) {
    for (unsigned number = 0; number < 256; ++number) {
        const auto vector = static_cast<u8>(number);
        EXPECT_TRUE(Event::interrupt(vector).is(Event::Interrupt));
        EXPECT_EQ(Event(Event::interrupt(vector).raw()).vector(), vector);
        EXPECT_FALSE(Event::exception(vector).has_error());
        const Event with_error = Event::exception(vector, 0xdead'beef);
        EXPECT_TRUE(with_error.has_error());
        EXPECT_EQ(with_error.error(), 0xdead'beefu);
        EXPECT_EQ(with_error.without_error(), Event::exception(vector));
    }
    EXPECT_EQ(Event::nmi().raw(), 0x8000'0202u);
    EXPECT_FALSE(Event());
    EXPECT_FALSE(Event(0x3ec)) << "QEMU 7.2 leaves the last event behind without its valid bit";
    EXPECT_FALSE(Event(0x3ec).is(Event::Exception));
}

TEST(Event, IsDeliveredAgainUnlessItsInstructionIsExecutedAgain) {
    EXPECT_EQ(Event::interrupt(0x41).to_repeat(), Event::interrupt(0x41));
    EXPECT_EQ(Event(Event::nmi().raw() | 1 << 12).to_repeat(), Event::nmi()) << "VMX leaves bit 12 undefined";
    EXPECT_EQ(Event::exception(14, 2).to_repeat(), Event::exception(14, 2));
    EXPECT_EQ(Event(Event::exception(6).raw() | 5ULL << 32).to_repeat(), Event::exception(6)) << "no error code";
    for (const Event& again : {Event(), Event(0x3ec), Event::exception(3), Event::exception(4)}) {
        EXPECT_FALSE(again.to_repeat());
    }
    for (u64 software : {0x8000'0480u, 0x8000'0501u, 0x8000'0603u}) EXPECT_FALSE(Event(software).to_repeat());
}

}  // namespace
