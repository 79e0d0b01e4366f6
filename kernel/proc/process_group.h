// SPDX-License-Identifier: MIT
/// @file
/// @brief Process groups and sessions: whom a terminal's signals reach.
/// @chapter processes
#pragma once

#include "fs/terminal.h"
#include "lib/types.h"

/// A session: the groups that share a controlling terminal. Its number is that of the process that made it.
class Session final : public RefCounted {
   public:
    explicit Session(u32 number) : id(number) {}
    const u32 id;
    /// The controlling terminal; guarded by the process tree's lock.
    Ref<Terminal> terminal;
};

/// A process group: a job of a shell. It lives as long as a process refers to it; its members are the processes that do.
class ProcessGroup final : public RefCounted {
   public:
    ProcessGroup(u32 number, Ref<Session> of) : id(number), session(std::move(of)) {}
    const u32 id;
    const Ref<Session> session;
};
