// SPDX-License-Identifier: MIT
/// @file
/// @brief Waiting for one of several files: each file says which events it has and which queues tell of new ones.
/// @chapter files
#pragma once

#include "lib/owned.h"
#include "lib/ref.h"
#include "lib/vec.h"
#include "sched/clock.h"
#include "sync/wait_queue.h"

/// Events as poll(2) numbers them, to be combined with |.
namespace poll_event {
inline constexpr u16 kIn = 0x001;
inline constexpr u16 kPriority = 0x002;
inline constexpr u16 kOut = 0x004;
inline constexpr u16 kError = 0x008;
inline constexpr u16 kHangUp = 0x010;
inline constexpr u16 kInvalid = 0x020;
inline constexpr u16 kReadNormal = 0x040;
inline constexpr u16 kWriteNormal = 0x100;
inline constexpr u16 kReadHangUp = 0x2000;
/// What a readable, and what a writable file has.
inline constexpr u16 kReadable = kIn | kReadNormal;
inline constexpr u16 kWritable = kOut | kWriteNormal;
}  // namespace poll_event

/// The queues that the current thread stands in while it polls. It joins a queue first and looks at the file's state after
/// that, so an event between the two leaves a token and the next park returns at once.
class PollWaits {
   public:
    /// Joins `queue` until this object dies; the queue's owner is kept alive by the caller. Out of memory shows in `failed`.
    void add(WaitQueue& queue);
    bool failed() const { return failed_; }
    /// Whether some queue has told of an event since it was joined. Looking at a file may wait for its lock, and that wait may
    /// use up the wake-up of a file that was looked at before: ask this before going to sleep.
    bool any_woken() const;

   private:
    Vec<Owned<Waiter>> waiters_;
    bool failed_ = false;
};

class File;

/// One file of a poll.
struct PollItem {
    Ref<File> file;  ///< null: not asked about
    u16 wanted = 0;  ///< kError and kHangUp are always wanted
    u16 found = 0;
};

/// Waits until some item has found an event, the deadline or a signal. Answers how many items have. EINTR; ENOMEM.
Result<u64> poll_files(std::span<PollItem> items, Instant deadline);
