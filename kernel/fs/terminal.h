// SPDX-License-Identifier: MIT
/// @file
/// @brief What a session knows of its controlling terminal.
/// @chapter terminal
#pragma once

#include "lib/ref.h"
#include "lib/types.h"

/// A terminal as processes see it; the terminal itself is drivers/tty.h's.
class Terminal : public RefCounted {
   public:
    /// The session's leader has ended: the terminal is nobody's any more, its foreground group gets SIGHUP and SIGCONT. The
    /// caller has taken the reference out of the session, and holds no lock.
    virtual void session_ended(u32 session) = 0;
    /// The foreground process group, 0 when there is none: /proc/<pid>/stat's tpgid.
    virtual u32 foreground_group() = 0;
    /// Device number as /proc/<pid>/stat's tty_nr has it.
    virtual u32 device_number() const = 0;
};
