// SPDX-License-Identifier: MIT
/// @file
/// @brief The second serial port, a 16550, polled: the stub's line.
/// @chapter observability
#pragma once

#include "lib/format.h"

namespace stub {

/// COM2. While the machine runs, a received byte interrupts; while it stands, the port is asked.
class SerialPort final : public Sink {
   public:
    /// The ISA interrupt line of COM2.
    static constexpr u8 kIsaInterrupt = 3;

    /// Whether there is such a port; sets it up if there is.
    bool init();
    bool has_byte() const;
    /// Waits for a byte.
    u8 receive() const;
    /// Waits until everything has left the port: the machine may end right after.
    void write(std::string_view text) override;
};

}  // namespace stub
