// SPDX-License-Identifier: MIT
/// @file
/// @brief A 16550A serial port: the early console of the guest.
/// @chapter vmm
#include "vmm/serial_port.h"

#include <linux/serial_reg.h>

namespace vmm {
namespace {

constexpr std::uint8_t kFifoEnabled = 0xc0;  ///< in the interrupt identification

}  // namespace

std::uint64_t SerialPort::read(std::uint64_t offset, unsigned /*size*/) {
    const std::scoped_lock held(lock_);
    const std::uint8_t value = read_register(offset);
    update_line();
    return value;
}

void SerialPort::write(std::uint64_t offset, unsigned /*size*/, std::uint64_t value) {
    const auto byte = static_cast<std::uint8_t>(value);
    bool to_output = false;
    {
        const std::scoped_lock held(lock_);
        to_output = sends(offset);
        write_register(offset, byte);
        update_line();
    }
    // Outside the lock: the output may block, and typed bytes must still get in.
    if (to_output) output_.write(std::as_bytes(std::span(&byte, 1)));
}

bool SerialPort::sends(std::uint64_t offset) const {
    return offset == UART_RX && (line_control_ & UART_LCR_DLAB) == 0 && (modem_control_ & UART_MCR_LOOP) == 0;
}

std::uint8_t SerialPort::read_register(std::uint64_t offset) {
    const bool divisor = (line_control_ & UART_LCR_DLAB) != 0;
    switch (offset) {
    case UART_RX: return divisor ? static_cast<std::uint8_t>(divisor_) : take_received();
    case UART_IER: return divisor ? static_cast<std::uint8_t>(divisor_ >> 8) : interrupt_enable_;
    case UART_IIR: return take_interrupt_identification();
    case UART_LCR: return line_control_;
    case UART_MCR: return modem_control_;
    case UART_LSR:
        return static_cast<std::uint8_t>((UART_LSR_THRE | UART_LSR_TEMT) | (received_.empty() ? 0 : UART_LSR_DR));
    case UART_MSR: return modem_status();
    case UART_SCR: return scratch_;
    default: return 0xff;
    }
}

void SerialPort::write_register(std::uint64_t offset, std::uint8_t value) {
    const bool divisor = (line_control_ & UART_LCR_DLAB) != 0;
    switch (offset) {
    case UART_RX:
        if (divisor) {
            divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff00) | value);
            break;
        }
        transmitter_noticed_ = false;
        if ((modem_control_ & UART_MCR_LOOP) != 0 && received_.size() < capacity()) received_.push_back(value);
        break;
    case UART_IER:
        if (divisor) {
            divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff) | value << 8);
        } else {
            enable_interrupts(value);
        }
        break;
    case UART_IIR: control_fifo(value); break;
    case UART_LCR: line_control_ = value; break;
    case UART_MCR: modem_control_ = value & 0x1f; break;
    case UART_SCR: scratch_ = value; break;
    default: break;
    }
}

std::uint8_t SerialPort::take_received() {
    if (received_.empty()) return 0;
    const std::uint8_t byte = received_.front();
    received_.pop_front();
    if (starved_) {
        starved_ = false;
        if (room_) room_();
    }
    return byte;
}

std::uint8_t SerialPort::interrupt_identification() const {
    if ((interrupt_enable_ & UART_IER_RDI) != 0 && !received_.empty()) return UART_IIR_RDI;
    if ((interrupt_enable_ & UART_IER_THRI) != 0 && !transmitter_noticed_) return UART_IIR_THRI;
    return UART_IIR_NO_INT;
}

/// Reading the register answers the interrupt of the empty transmitter, if that is the one it names.
std::uint8_t SerialPort::take_interrupt_identification() {
    const std::uint8_t identification = interrupt_identification();
    if (identification == UART_IIR_THRI) transmitter_noticed_ = true;
    return static_cast<std::uint8_t>(identification | (fifo_ ? kFifoEnabled : 0));
}

/// The other side is always there; in loopback the chip hears its own control lines instead.
std::uint8_t SerialPort::modem_status() const {
    if ((modem_control_ & UART_MCR_LOOP) == 0) return UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD;
    static_assert(UART_MSR_CTS == UART_MCR_RTS << 3 && UART_MSR_DSR == UART_MCR_DTR << 5 &&
                  UART_MSR_RI == UART_MCR_OUT1 << 4 && UART_MSR_DCD == UART_MCR_OUT2 << 4);
    return static_cast<std::uint8_t>((modem_control_ & UART_MCR_RTS) << 3 | (modem_control_ & UART_MCR_DTR) << 5 |
                                     (modem_control_ & (UART_MCR_OUT1 | UART_MCR_OUT2)) << 4);
}

/// Turning the transmitter's interrupt on while it is empty raises it at once: drivers start sending that way.
void SerialPort::enable_interrupts(std::uint8_t value) {
    const auto turned_on = static_cast<std::uint8_t>(value & ~interrupt_enable_);
    if ((turned_on & UART_IER_THRI) != 0) transmitter_noticed_ = false;
    interrupt_enable_ = value & 0x0f;
}

void SerialPort::control_fifo(std::uint8_t value) {
    const bool enable = (value & UART_FCR_ENABLE_FIFO) != 0;
    if (enable != fifo_ || (value & UART_FCR_CLEAR_RCVR) != 0) received_.clear();
    fifo_ = enable;
}

void SerialPort::update_line() {
    line_.set((modem_control_ & UART_MCR_OUT2) != 0 && interrupt_identification() != UART_IIR_NO_INT);
}

std::size_t SerialPort::offer(std::span<const std::byte> bytes) {
    const std::scoped_lock held(lock_);
    std::size_t taken = 0;
    while (taken < bytes.size() && received_.size() < capacity()) {
        received_.push_back(static_cast<std::uint8_t>(bytes[taken++]));
    }
    starved_ = taken < bytes.size();
    update_line();
    return taken;
}

}  // namespace vmm
