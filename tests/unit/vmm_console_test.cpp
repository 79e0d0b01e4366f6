// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtio console, driven through its registers as Linux's driver does it, and as no driver should.
/// @chapter testing
#include <gtest/gtest.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>

#include <random>

#include "tests/unit/vmm_guest.h"
#include "tests/unit/vmm_queue.h"
#include "vmm/virtio_console.h"

namespace vmm {
namespace {

constexpr std::uint64_t kReceiveRings = 0x200000;
constexpr std::uint64_t kTransmitRings = 0x210000;
constexpr std::uint64_t kBuffers = 0x300000;
constexpr std::uint32_t kReady = 0xf;  ///< acknowledge, driver, driver ok, features ok

class Console : public testing::Test {
   protected:
    Console() { interrupts_.program(VirtioConsole::kPin, 0x41); }

    std::uint32_t in(std::uint64_t offset) { return static_cast<std::uint32_t>(driven_->read(offset, 4)); }
    void out(std::uint64_t offset, std::uint32_t value) { driven_->write(offset, 4, value); }

    void negotiate() {
        out(VIRTIO_MMIO_STATUS, 0);
        out(VIRTIO_MMIO_STATUS, 3);
        out(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
        out(VIRTIO_MMIO_DRIVER_FEATURES, 1 << VIRTIO_CONSOLE_F_SIZE);
        out(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
        out(VIRTIO_MMIO_DRIVER_FEATURES, 1 << (VIRTIO_F_VERSION_1 - 32));
        out(VIRTIO_MMIO_STATUS, 3 | VIRTIO_CONFIG_S_FEATURES_OK);
    }
    void set_queue(unsigned index, const QueueLayout& layout) {
        out(VIRTIO_MMIO_QUEUE_SEL, index);
        out(VIRTIO_MMIO_QUEUE_NUM, layout.size);
        out(VIRTIO_MMIO_QUEUE_DESC_LOW, static_cast<std::uint32_t>(layout.descriptors.value));
        out(VIRTIO_MMIO_QUEUE_DESC_HIGH, static_cast<std::uint32_t>(layout.descriptors.value >> 32));
        out(VIRTIO_MMIO_QUEUE_AVAIL_LOW, static_cast<std::uint32_t>(layout.available.value));
        out(VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 0);
        out(VIRTIO_MMIO_QUEUE_USED_LOW, static_cast<std::uint32_t>(layout.used.value));
        out(VIRTIO_MMIO_QUEUE_USED_HIGH, 0);
        out(VIRTIO_MMIO_QUEUE_READY, 1);
    }
    void start() {
        negotiate();
        set_queue(0, receive_.layout);
        set_queue(1, transmit_.layout);
        out(VIRTIO_MMIO_STATUS, kReady);
    }
    /// Answers an interrupt as a driver does; the causes it had.
    std::uint32_t answer() {
        const std::uint32_t causes = in(VIRTIO_MMIO_INTERRUPT_STATUS);
        out(VIRTIO_MMIO_INTERRUPT_ACK, causes);
        return causes;
    }
    void provide(std::uint16_t index, std::uint32_t size) {
        receive_.describe(index, kBuffers + index * 0x1000U, size, TestDriver::kWrite, 0);
        receive_.publish(index);
    }
    std::string received(unsigned slot) {
        std::string text(receive_.used_size(slot), '\0');
        memory_->read(GuestPhys(kBuffers + receive_.used_head(slot) * 0x1000), std::as_writable_bytes(std::span(text)));
        return text;
    }
    bool needs_reset() { return (in(VIRTIO_MMIO_STATUS)&VIRTIO_CONFIG_S_NEEDS_RESET) != 0; }

    TestMemory memory_;
    TestInterrupts interrupts_;
    TestOutput output_;
    VirtioConsole console_{*memory_, InterruptLine(interrupts_.chip, VirtioConsole::kPin), output_, {}};
    VirtioConsole* driven_ = &console_;
    TestDriver receive_{*memory_, kReceiveRings};
    TestDriver transmit_{*memory_, kTransmitRings};
};

TEST_F(Console, SaysWhatItIs) {
    EXPECT_EQ(in(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976U);
    EXPECT_EQ(in(VIRTIO_MMIO_VERSION), 2U);
    EXPECT_EQ(in(VIRTIO_MMIO_DEVICE_ID), static_cast<std::uint32_t>(VIRTIO_ID_CONSOLE));
    out(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    EXPECT_EQ(in(VIRTIO_MMIO_DEVICE_FEATURES), 1U << VIRTIO_CONSOLE_F_SIZE);
    out(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    EXPECT_EQ(in(VIRTIO_MMIO_DEVICE_FEATURES), 1U << (VIRTIO_F_VERSION_1 - 32));
    out(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
    EXPECT_EQ(in(VIRTIO_MMIO_DEVICE_FEATURES), 0U);
    out(VIRTIO_MMIO_QUEUE_SEL, 1);
    EXPECT_EQ(in(VIRTIO_MMIO_QUEUE_NUM_MAX), 256U);
    out(VIRTIO_MMIO_QUEUE_SEL, 2);
    EXPECT_EQ(in(VIRTIO_MMIO_QUEUE_NUM_MAX), 0U);
}

TEST_F(Console, TellsItsSize) {
    EXPECT_EQ(console_.read(VIRTIO_MMIO_CONFIG, 2), 80U);
    EXPECT_EQ(console_.read(VIRTIO_MMIO_CONFIG + 2, 2), 24U);
    EXPECT_EQ(console_.read(VIRTIO_MMIO_CONFIG + 0x80, 4), ~0ULL);
    EXPECT_EQ(console_.read(VIRTIO_MMIO_CONFIG + sizeof(virtio_console_config) - 1, 4), ~0ULL);
    start();
    const std::uint32_t generation = in(VIRTIO_MMIO_CONFIG_GENERATION);
    console_.resize({132, 50});
    EXPECT_EQ(interrupts_.sent.size(), 1U);
    EXPECT_EQ(answer(), static_cast<std::uint32_t>(VIRTIO_MMIO_INT_CONFIG));
    EXPECT_NE(in(VIRTIO_MMIO_CONFIG_GENERATION), generation);
    EXPECT_EQ(console_.read(VIRTIO_MMIO_CONFIG, 4), 50U << 16 | 132U);
    console_.resize({132, 50});
    EXPECT_EQ(interrupts_.sent.size(), 1U) << "no change, no interrupt";
}

TEST_F(Console, InsistsOnTheNewInterface) {
    out(VIRTIO_MMIO_STATUS, 3);
    out(VIRTIO_MMIO_STATUS, 3 | VIRTIO_CONFIG_S_FEATURES_OK);
    EXPECT_EQ(in(VIRTIO_MMIO_STATUS), 3U) << "VERSION_1 was not accepted";
    negotiate();
    EXPECT_EQ(in(VIRTIO_MMIO_STATUS), 3U | VIRTIO_CONFIG_S_FEATURES_OK);
    out(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    out(VIRTIO_MMIO_DRIVER_FEATURES, 2);
    out(VIRTIO_MMIO_STATUS, 3 | VIRTIO_CONFIG_S_FEATURES_OK);
    EXPECT_EQ(in(VIRTIO_MMIO_STATUS), 3U) << "a feature that was not offered";
}

TEST_F(Console, SendsWhatTheGuestWrites) {
    start();
    EXPECT_FALSE(console_.speaks());
    memory_->write(GuestPhys(kBuffers), bytes_of("hello, "));
    memory_->write(GuestPhys(kBuffers + 0x100), bytes_of("world"));
    transmit_.describe(0, kBuffers, 7, TestDriver::kNext, 1);
    transmit_.describe(1, kBuffers + 0x100, 5, 0, 0);
    transmit_.describe(2, kBuffers, 0, 0, 0);
    transmit_.publish(0);
    transmit_.publish(2);
    out(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    EXPECT_EQ(output_.text, "hello, world");
    EXPECT_TRUE(console_.speaks());
    EXPECT_EQ(transmit_.used_index(), 2U);
    EXPECT_EQ(answer(), static_cast<std::uint32_t>(VIRTIO_MMIO_INT_CONFIG)) << "ask for the size";
    EXPECT_EQ(answer(), 0U);
}

TEST_F(Console, OwesOneInterruptForManyTransmissions) {
    int woken = 0;
    console_.when_room([&] { ++woken; });
    start();
    transmit_.describe(0, kBuffers, 7, 0, 0);
    for (std::uint16_t sent = 1; sent <= 100; ++sent) {
        transmit_.publish(0);
        out(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
        EXPECT_EQ(transmit_.used_index(), sent) << "the buffer itself is back at once";
    }
    EXPECT_EQ(answer(), static_cast<std::uint32_t>(VIRTIO_MMIO_INT_CONFIG));
    EXPECT_TRUE(console_.owes());
    EXPECT_EQ(woken, 1) << "whoever settles is told once";
    console_.settle();
    EXPECT_FALSE(console_.owes());
    EXPECT_EQ(answer(), static_cast<std::uint32_t>(VIRTIO_MMIO_INT_VRING));
    console_.settle();
    EXPECT_EQ(answer(), 0U);
}

TEST_F(Console, GivesTypedBytesToTheBuffersThatAreThere) {
    start();
    EXPECT_EQ(receive_.used_flags(), 1U) << "new buffers need no notification while there is nothing to give";
    provide(0, 4);
    provide(1, 100);
    EXPECT_EQ(console_.offer(bytes_of("abcdefg")), 7U);
    EXPECT_EQ(received(0), "abcd");
    EXPECT_EQ(received(1), "efg");
    EXPECT_EQ(interrupts_.sent.size(), 1U);
}

TEST_F(Console, TakesNoMoreThanThereIsRoomFor) {
    int room = 0;
    console_.when_room([&] { ++room; });
    EXPECT_EQ(console_.offer(bytes_of("early")), 0U) << "no driver yet";
    start();
    EXPECT_EQ(room, 1) << "the driver has come";
    provide(0, 3);
    EXPECT_EQ(console_.offer(bytes_of("early")), 3U);
    EXPECT_EQ(receive_.used_flags(), 0U) << "now a new buffer is to be told";
    EXPECT_EQ(console_.offer(bytes_of("ly")), 0U);
    provide(1, 3);
    out(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    EXPECT_EQ(room, 2);
    EXPECT_EQ(receive_.used_flags(), 1U);
    EXPECT_EQ(console_.offer(bytes_of("ly")), 2U);
    EXPECT_EQ(received(0) + received(1), "early");
}

TEST_F(Console, HoldsTypedBytesBackUntilTheGuestSpeaks) {
    VirtioConsole console(*memory_, InterruptLine(interrupts_.chip, 3), output_, std::chrono::hours(1));
    int room = 0;
    console.when_room([&] { ++room; });
    driven_ = &console;
    start();
    provide(0, 10);
    EXPECT_EQ(console.offer(bytes_of("early")), 0U) << "Linux would discard them";
    transmit_.describe(0, kBuffers + 0x8000, 1, 0, 0);
    transmit_.publish(0);
    room = 0;
    out(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    EXPECT_GE(room, 1);
    EXPECT_EQ(console.offer(bytes_of("early")), 5U);
    EXPECT_EQ(received(0), "early");
}

TEST_F(Console, LosesNothingOfALongPaste) {
    start();
    std::mt19937_64 random(4);
    std::string text(100'000, '\0');
    for (char& character : text) character = static_cast<char>(random());
    std::string got;
    std::span<const std::byte> rest = bytes_of(text);
    std::uint16_t read = 0;
    std::uint16_t provided = 0;
    while (got.size() < text.size()) {
        while (static_cast<std::uint16_t>(provided - read) < TestDriver::kSize && random() % 3 != 0) {
            provide(provided % TestDriver::kSize, 1 + static_cast<std::uint32_t>(random() % 300));
            ++provided;
        }
        rest = rest.subspan(console_.offer(rest.first(std::min<std::size_t>(rest.size(), random() % 1000))));
        for (; read != receive_.used_index(); ++read) got += received(read % TestDriver::kSize);
    }
    EXPECT_EQ(got, text);
}

TEST_F(Console, AsksForAResetWhenAQueueIsBroken) {
    start();
    transmit_.publish(200);
    out(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    EXPECT_TRUE(needs_reset());
    EXPECT_EQ(answer(), static_cast<std::uint32_t>(VIRTIO_MMIO_INT_CONFIG));
    provide(0, 10);
    EXPECT_EQ(console_.offer(bytes_of("x")), 0U) << "no service until the reset";
    out(VIRTIO_MMIO_STATUS, kReady);
    EXPECT_TRUE(needs_reset()) << "the driver cannot clear it but by a reset";
    out(VIRTIO_MMIO_STATUS, 0);
    EXPECT_EQ(in(VIRTIO_MMIO_STATUS), 0U);
    out(VIRTIO_MMIO_QUEUE_SEL, 1);
    EXPECT_EQ(in(VIRTIO_MMIO_QUEUE_READY), 0U);
    TestDriver again(*memory_, kTransmitRings + 0x8000);
    negotiate();
    set_queue(1, again.layout);
    out(VIRTIO_MMIO_STATUS, kReady);
    memory_->write(GuestPhys(kBuffers), bytes_of("back"));
    again.describe(0, kBuffers, 4, 0, 0);
    again.publish(0);
    out(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    EXPECT_EQ(output_.text, "back");
}

TEST_F(Console, RefusesQueuesThatCannotBe) {
    negotiate();
    QueueLayout layout = receive_.layout;
    layout.used = GuestPhys(0xffff'f000);
    set_queue(0, layout);
    EXPECT_TRUE(needs_reset());
    EXPECT_EQ(in(VIRTIO_MMIO_QUEUE_READY), 0U);
}

TEST_F(Console, RefusesReceiveBuffersWithoutRoomAndEndlessTransmissions) {
    start();
    provide(0, 0);
    EXPECT_EQ(console_.offer(bytes_of("x")), 0U);
    EXPECT_TRUE(needs_reset());
    out(VIRTIO_MMIO_STATUS, 0);
    start();
    for (std::uint16_t i = 0; i < 4; ++i) {
        transmit_.describe(i, kBuffers, 0x80000, i < 3 ? TestDriver::kNext : 0, static_cast<std::uint16_t>(i + 1));
    }
    transmit_.set_index(1);
    out(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    EXPECT_TRUE(needs_reset()) << "2 MiB at once";
}

TEST_F(Console, IgnoresQueuesItDoesNotHave) {
    start();
    out(VIRTIO_MMIO_QUEUE_NOTIFY, 7);
    out(VIRTIO_MMIO_QUEUE_SEL, 9);
    out(VIRTIO_MMIO_QUEUE_NUM, 1);
    out(VIRTIO_MMIO_QUEUE_READY, 1);
    EXPECT_FALSE(needs_reset());
}

TEST_F(Console, SurvivesRandomWrites) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 20000; ++round) {
        const std::uint64_t offset = random() % 0x200;
        const auto value = static_cast<std::uint32_t>(random() % 4 == 0 ? random() : random() % 20);
        if (random() % 50 == 0) start();
        console_.write(offset, 4, value);
        (void)console_.read(random() % 0x200, 1U << random() % 4);
        (void)console_.offer(bytes_of("abc"));
    }
}

}  // namespace
}  // namespace vmm
