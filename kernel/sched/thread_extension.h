// SPDX-License-Identifier: MIT
/// @file
/// @brief What a layer above hangs on a thread and has destroyed with it: a thread's vCPU.
/// @chapter processes
#pragma once

/// Destroyed when its thread ends or its program is replaced, by that thread itself while it can still sleep.
class ThreadExtension {
   public:
    ThreadExtension() = default;
    virtual ~ThreadExtension() = default;
    ThreadExtension(const ThreadExtension&) = delete;
    ThreadExtension& operator=(const ThreadExtension&) = delete;
};
