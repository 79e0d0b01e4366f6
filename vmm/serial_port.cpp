// SPDX-License-Identifier: MIT
/// @file
/// @brief A 16550A serial port: the early console of the guest.
/// @chapter vmm
#include "vmm/serial_port.h"

namespace vmm {
namespace {

// Registers; with DLAB set the first two are the divisor.
constexpr std::uint64_t kData = 0;
constexpr std::uint64_t kInterruptEnable = 1;
constexpr std::uint64_t kIdentificationOrFifo = 2;
constexpr std::uint64_t kLineControl = 3;
constexpr std::uint64_t kModemControl = 4;
constexpr std::uint64_t kLineStatus = 5;
constexpr std::uint64_t kModemStatus = 6;
constexpr std::uint64_t kScratch = 7;

constexpr std::uint8_t kEnableReceived = 1 << 0;
constexpr std::uint8_t kEnableTransmitterEmpty = 1 << 1;

constexpr std::uint8_t kNoInterrupt = 1;
constexpr std::uint8_t kTransmitterEmptyInterrupt = 2;
constexpr std::uint8_t kReceivedInterrupt = 4;
constexpr std::uint8_t kFifoEnabled = 0xc0;

constexpr std::uint8_t kFifoEnable = 1 << 0;
constexpr std::uint8_t kFifoClearReceiver = 1 << 1;

constexpr std::uint8_t kDivisorAccess = 1 << 7;

constexpr std::uint8_t kRequestToSend = 1 << 1;
constexpr std::uint8_t kDataTerminalReady = 1 << 0;
constexpr std::uint8_t kOut1 = 1 << 2;
constexpr std::uint8_t kOut2 = 1 << 3;  ///< on a PC: lets the interrupt through
constexpr std::uint8_t kLoopback = 1 << 4;

constexpr std::uint8_t kDataReady = 1 << 0;
constexpr std::uint8_t kTransmitterEmpty = 3 << 5;  ///< holding register and shift register

constexpr std::uint8_t kClearToSend = 1 << 4;
constexpr std::uint8_t kDataSetReady = 1 << 5;
constexpr std::uint8_t kRing = 1 << 6;
constexpr std::uint8_t kCarrier = 1 << 7;

constexpr std::size_t kFifoDepth = 16;

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
    return offset == kData && (line_control_ & kDivisorAccess) == 0 && (modem_control_ & kLoopback) == 0;
}

std::uint8_t SerialPort::read_register(std::uint64_t offset) {
    const bool divisor = (line_control_ & kDivisorAccess) != 0;
    switch (offset) {
    case kData: return divisor ? static_cast<std::uint8_t>(divisor_) : take_received();
    case kInterruptEnable: return divisor ? static_cast<std::uint8_t>(divisor_ >> 8) : interrupt_enable_;
    case kIdentificationOrFifo: return take_interrupt_identification();
    case kLineControl: return line_control_;
    case kModemControl: return modem_control_;
    case kLineStatus: return static_cast<std::uint8_t>(kTransmitterEmpty | (received_.empty() ? 0 : kDataReady));
    case kModemStatus: return modem_status();
    case kScratch: return scratch_;
    default: return 0xff;
    }
}

void SerialPort::write_register(std::uint64_t offset, std::uint8_t value) {
    const bool divisor = (line_control_ & kDivisorAccess) != 0;
    switch (offset) {
    case kData:
        if (divisor) {
            divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff00) | value);
            break;
        }
        transmitter_noticed_ = false;
        if ((modem_control_ & kLoopback) != 0) loop_back(value);
        break;
    case kInterruptEnable:
        if (divisor) {
            divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff) | value << 8);
        } else {
            enable_interrupts(value);
        }
        break;
    case kIdentificationOrFifo: control_fifo(value); break;
    case kLineControl: line_control_ = value; break;
    case kModemControl: modem_control_ = value & 0x1f; break;
    case kScratch: scratch_ = value; break;
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
    if ((interrupt_enable_ & kEnableReceived) != 0 && !received_.empty()) return kReceivedInterrupt;
    if ((interrupt_enable_ & kEnableTransmitterEmpty) != 0 && !transmitter_noticed_) return kTransmitterEmptyInterrupt;
    return kNoInterrupt;
}

/// Reading the register answers the interrupt of the empty transmitter, if that is the one it names.
std::uint8_t SerialPort::take_interrupt_identification() {
    const std::uint8_t identification = interrupt_identification();
    if (identification == kTransmitterEmptyInterrupt) transmitter_noticed_ = true;
    return static_cast<std::uint8_t>(identification | (fifo_ ? kFifoEnabled : 0));
}

/// The other side is always there; in loopback the chip hears its own control lines instead.
std::uint8_t SerialPort::modem_status() const {
    if ((modem_control_ & kLoopback) == 0) return kClearToSend | kDataSetReady | kCarrier;
    std::uint8_t status = 0;
    if ((modem_control_ & kRequestToSend) != 0) status |= kClearToSend;
    if ((modem_control_ & kDataTerminalReady) != 0) status |= kDataSetReady;
    if ((modem_control_ & kOut1) != 0) status |= kRing;
    if ((modem_control_ & kOut2) != 0) status |= kCarrier;
    return status;
}

/// Turning the transmitter's interrupt on while it is empty raises it at once: drivers start sending that way.
void SerialPort::enable_interrupts(std::uint8_t value) {
    const auto turned_on = static_cast<std::uint8_t>(value & ~interrupt_enable_);
    if ((turned_on & kEnableTransmitterEmpty) != 0) transmitter_noticed_ = false;
    interrupt_enable_ = value & 0x0f;
}

void SerialPort::control_fifo(std::uint8_t value) {
    const bool enable = (value & kFifoEnable) != 0;
    if (enable != fifo_ || (value & kFifoClearReceiver) != 0) received_.clear();
    fifo_ = enable;
}

void SerialPort::loop_back(std::uint8_t value) {
    if (received_.size() < capacity()) received_.push_back(value);
}

std::size_t SerialPort::capacity() const { return fifo_ ? kFifoDepth : 1; }

void SerialPort::update_line() {
    line_.set((modem_control_ & kOut2) != 0 && interrupt_identification() != kNoInterrupt);
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
