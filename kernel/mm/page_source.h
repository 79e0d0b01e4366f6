// SPDX-License-Identifier: MIT
/// @file
/// @brief What a mapping gets its pages from when they are not simply zero.
/// @chapter programs
#pragma once

#include "lib/format.h"
#include "lib/ref.h"
#include "mm/frames.h"

/// A thing with pages: a file in memory, shared anonymous memory, a page that the kernel owns.
class PageSource : public RefCounted {
   public:
    /// Page number `index` (4 KiB each, from 0). ENXIO: beyond the end (the toucher gets SIGBUS). ENOMEM. Called with the
    /// address space's lock held.
    virtual Result<FrameRef> page(u64 index) = 0;
    /// What /proc/<pid>/maps calls it.
    virtual void describe(Sink& sink) const = 0;
    /// What two sources of the same pages have in common: two openings of one file are the same memory to a futex.
    virtual const void* identity() const { return this; }
};

/// One page, which the kernel owns and a process sees. It outlives what it was made for while a mapping does.
class FrameSource final : public PageSource {
   public:
    /// `name` is for /proc/<pid>/maps.
    FrameSource(FrameRef frame, const char* name) : frame_(std::move(frame)), name_(name) {}
    Result<FrameRef> page(u64 index) override {
        if (index != 0) return Error{ENXIO};
        return FrameRef(frame_);
    }
    void describe(Sink& sink) const override { put(sink, name_); }
    const FrameRef& frame() const { return frame_; }

   private:
    FrameRef frame_;
    const char* name_;
};
