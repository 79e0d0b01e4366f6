// SPDX-License-Identifier: MIT
/// @file
/// @brief Waiting for one of several files.
/// @chapter files
#include "fs/poll.h"

#include "fs/file.h"
#include "sched/thread.h"

void PollWaits::add(WaitQueue& queue) {
    Result<Owned<Waiter>> waiter = make_owned<Waiter>(queue);
    if (!waiter.ok() || !waiters_.push(std::move(waiter).value()).ok()) failed_ = true;
}

bool PollWaits::any_woken() const {
    for (const Owned<Waiter>& waiter : waiters_) {
        if (waiter->was_woken()) return true;
    }
    return false;
}

/// Looks at every item once; counts those with an event. Joins queues only until the first event is found.
static u64 look_at(std::span<PollItem> items, PollWaits* waits) {
    u64 count = 0;
    for (PollItem& item : items) {
        if (!item.file) continue;
        const u16 asked = item.wanted | poll_event::kError | poll_event::kHangUp;
        item.found = item.file->poll(count == 0 ? waits : nullptr) & asked;
        if (item.found) ++count;
    }
    return count;
}

Result<u64> poll_files(std::span<PollItem> items, Instant deadline) {
    if (const u64 count = look_at(items, nullptr)) return count;
    bool time_is_up = deadline <= Clock::now();
    while (!time_is_up) {
        PollWaits waits;
        if (const u64 count = look_at(items, &waits)) return count;
        if (waits.failed()) return Error{ENOMEM};
        if (waits.any_woken()) continue;
        switch (Thread::park(Sleep::Interruptible, deadline)) {
        case Wake::Interrupted: return Error{EINTR};
        case Wake::Deadline: time_is_up = true; break;
        case Wake::Event: break;
        }
    }
    return look_at(items, nullptr);
}
