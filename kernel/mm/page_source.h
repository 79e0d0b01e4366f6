// SPDX-License-Identifier: MIT
/// @file
/// @brief What a mapping gets its pages from when they are not simply zero.
/// @chapter processes
#pragma once

#include "lib/ref.h"
#include "mm/frames.h"

/// A thing with pages: a file in memory, shared anonymous memory, a page that the kernel owns.
class PageSource : public RefCounted {
   public:
    /// Page number `index` (4 KiB each, from 0). ENXIO: beyond the end (the toucher gets SIGBUS). ENOMEM. Called with the
    /// address space's lock held.
    virtual Result<FrameRef> page(u64 index) = 0;
    /// What /proc/<pid>/maps calls it.
    virtual void describe(class Sink& sink) const = 0;
    /// What two sources of the same pages have in common: two openings of one file are the same memory to a futex.
    virtual const void* identity() const { return this; }
};
