// SPDX-License-Identifier: MIT
/// @file
/// @brief The serial port, tried in the ways in which Linux's driver probes and uses it.
/// @chapter testing
#include <gtest/gtest.h>
#include <linux/serial_reg.h>

#include "tests/unit/vmm_guest.h"
#include "vmm/serial_port.h"

namespace vmm {
namespace {

class Serial : public testing::Test {
   protected:
    Serial() { interrupts_.program(SerialPort::kPin, 0x34); }

    unsigned in(unsigned offset) { return static_cast<unsigned>(port_.read(offset, 1)); }
    void out(unsigned offset, unsigned value) { port_.write(offset, 1, value); }
    std::size_t interrupts() const { return interrupts_.sent.size(); }

    TestInterrupts interrupts_;
    TestOutput output_;
    SerialPort port_{InterruptLine(interrupts_.chip, SerialPort::kPin), output_};
};

TEST_F(Serial, LooksLikeA16550A) {
    out(UART_IER, 0x0f);
    EXPECT_EQ(in(UART_IER), 0x0fU);
    out(UART_IER, 0);
    EXPECT_EQ(in(UART_IER), 0U);
    out(UART_FCR, UART_FCR_ENABLE_FIFO);
    EXPECT_EQ(in(UART_IIR) >> 6, 3U);
    out(UART_FCR, 0);
    EXPECT_EQ(in(UART_IIR) >> 6, 0U);
    out(UART_SCR, 0xa5);
    EXPECT_EQ(in(UART_SCR), 0xa5U);
}

TEST_F(Serial, HearsItsControlLinesInLoopback) {
    out(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
    EXPECT_EQ(in(UART_MSR)&0xf0, 0x90U);
    out(UART_RX, 'x');
    EXPECT_EQ(in(UART_RX), static_cast<unsigned>('x'));
    EXPECT_TRUE(output_.text.empty());
}

TEST_F(Serial, SendsWhatIsWritten) {
    for (const char character : std::string("boot\n")) {
        EXPECT_EQ(in(UART_LSR), static_cast<unsigned>(UART_LSR_THRE | UART_LSR_TEMT));
        out(UART_TX, static_cast<unsigned>(character));
    }
    EXPECT_EQ(output_.text, "boot\n");
}

TEST_F(Serial, KeepsTheDivisorApart) {
    out(UART_LCR, UART_LCR_DLAB | 3);
    out(UART_DLL, 1);
    out(UART_DLM, 2);
    EXPECT_EQ(in(UART_DLL), 1U);
    EXPECT_EQ(in(UART_DLM), 2U);
    out(UART_LCR, 3);
    EXPECT_EQ(in(UART_IER), 0U);
    EXPECT_TRUE(output_.text.empty());
}

TEST_F(Serial, RaisesTheTransmitterInterruptEachTimeItIsTurnedOn) {
    out(UART_MCR, UART_MCR_OUT2);
    out(UART_IER, UART_IER_THRI);
    EXPECT_EQ(interrupts(), 1U);
    EXPECT_EQ(in(UART_IIR)&0x0f, static_cast<unsigned>(UART_IIR_THRI));
    EXPECT_EQ(in(UART_IIR)&0x0f, static_cast<unsigned>(UART_IIR_NO_INT)) << "reading it has answered it";
    out(UART_TX, 'a');
    EXPECT_EQ(interrupts(), 2U);
    out(UART_IER, 0);
    out(UART_IER, UART_IER_THRI);
    EXPECT_EQ(in(UART_IIR)&0x0f, static_cast<unsigned>(UART_IIR_THRI));
}

TEST_F(Serial, GivesNoInterruptWithoutOut2) {
    out(UART_IER, UART_IER_RDI);
    EXPECT_EQ(port_.offer(bytes_of("a")), 1U);
    EXPECT_EQ(interrupts(), 0U);
    out(UART_MCR, UART_MCR_OUT2);
    EXPECT_EQ(interrupts(), 1U);
}

TEST_F(Serial, TakesOnlyWhatItHasRoomFor) {
    int room = 0;
    port_.when_room([&] { ++room; });
    out(UART_FCR, UART_FCR_ENABLE_FIFO);
    EXPECT_EQ(port_.offer(bytes_of("0123456789abcdefXYZ")), 16U);
    EXPECT_EQ(port_.offer(bytes_of("XYZ")), 0U);
    EXPECT_NE(in(UART_LSR)&UART_LSR_DR, 0U);
    EXPECT_EQ(in(UART_RX), static_cast<unsigned>('0'));
    EXPECT_EQ(in(UART_RX), static_cast<unsigned>('1'));
    EXPECT_EQ(room, 1) << "told once that there is room";
    EXPECT_EQ(port_.offer(bytes_of("XYZ")), 2U);
}

TEST_F(Serial, DrainsThroughInterrupts) {
    out(UART_FCR, UART_FCR_ENABLE_FIFO);
    out(UART_MCR, UART_MCR_OUT2);
    out(UART_IER, UART_IER_RDI);
    EXPECT_EQ(port_.offer(bytes_of("ab")), 2U);
    EXPECT_EQ(interrupts(), 1U);
    EXPECT_EQ(in(UART_IIR)&0x0f, static_cast<unsigned>(UART_IIR_RDI));
    in(UART_RX);
    in(UART_RX);
    EXPECT_EQ(in(UART_IIR)&0x0f, static_cast<unsigned>(UART_IIR_NO_INT));
    EXPECT_EQ(port_.offer(bytes_of("c")), 1U);
    EXPECT_EQ(interrupts(), 2U) << "the line fell and rose again";
    out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR);
    EXPECT_EQ(in(UART_LSR)&UART_LSR_DR, 0U);
}

}  // namespace
}  // namespace vmm
