// SPDX-License-Identifier: MIT
/// @file
/// @brief Waiting for children.
/// @chapter processes
#pragma once

#include "lib/result.h"
#include "proc/process.h"

/// Which children, and which of their changes.
struct WaitRequest {
    enum class Which : u8 { Any, Pid, Group };
    Which which = Which::Any;
    u32 id = 0;
    bool exited = true, stopped = false, continued = false;
    bool keep = false;  ///< WNOWAIT: the change stays to be reported again
    enum class Patience : u8 { Sleep, None } patience = Patience::Sleep;
};

/// A change of a child.
struct ChildChange {
    u32 pid = 0;     ///< 0: none yet (Patience::None)
    int status = 0;  ///< in wait4's form
    ResourceUse use = {};
};

/// Sleeps until a child changed as asked, takes the change, and, where it was the end, the child. ECHILD: no such child; EINTR.
Result<ChildChange> wait_for_child(const WaitRequest& request);
