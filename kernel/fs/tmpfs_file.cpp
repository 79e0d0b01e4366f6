// SPDX-License-Identifier: MIT
/// @file
/// @brief Regular files in memory.
/// @chapter files
///
/// Pages are found under a spinning lock and copied from or to without one: a FrameRef keeps the frame. So a read may copy to
/// a mapping of the very file that it reads.
#include <algorithm>

#include "fs/tmpfs.h"

/// Calls `move(page, place, done)` for each page that [offset, offset+bytes) touches until it fails, and answers how many bytes
/// were moved. An error counts only where nothing was.
template <class Move>
static Result<u64> for_each_page(u64 offset, u64 bytes, Move&& move) {
    for (u64 done = 0; done < bytes;) {
        const u64 at = offset + done;
        const u64 step = std::min(bytes - done, kPageBytes - at % kPageBytes);
        const Result<void> moved = move(at / kPageBytes, at % kPageBytes, step);
        if (!moved.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(moved.error());
        done += step;
    }
    return bytes;
}

TmpfsFile::~TmpfsFile() {
    tmpfs().uncharge_pages(pages_.lock()->page_count());
    tmpfs().inodes.fetch_sub(1, std::memory_order_relaxed);
}

u64 TmpfsFile::blocks() { return pages_.lock()->page_count() * (kPageBytes / 512); }

/// Page `index`, made where there is a hole. ENOSPC, ENOMEM.
Result<FrameRef> TmpfsFile::page_to_fill(u64 index) {
    auto pages = pages_.lock();
    FrameRef page = pages->get(index);
    if (page) return page;
    TRY(tmpfs().charge_page());
    Result<FrameRef> made = pages->get_or_add(index);
    if (!made.ok()) tmpfs().uncharge_pages(1);
    return made;
}

Result<FrameRef> TmpfsFile::page(u64 index) {
    if (index >= align_up(size(), kPageBytes) / kPageBytes) return Error{ENXIO};
    return page_to_fill(index);
}

Result<u64> TmpfsFile::read_at(u64 offset, IoBuffer& buffer) {
    const u64 end = size();
    if (offset >= end) return 0;
    note_accessed();
    return for_each_page(offset, std::min(buffer.size(), end - offset), [&](u64 index, u64 place, u64 step) {
        const FrameRef page = pages_.lock()->get(index);
        return page ? buffer.put({page.data() + place, step}) : buffer.put_zeros(step);
    });
}

Result<u64> TmpfsFile::write_locked(const MutexGuard&, u64 offset, IoBuffer& buffer) {
    if (buffer.empty()) return 0;
    if (offset >= kMaxBytes) return Error{EFBIG};
    const u64 bytes = std::min(buffer.size(), kMaxBytes - offset);
    const Result<u64> written = for_each_page(offset, bytes, [&](u64 index, u64 place, u64 step) -> Result<void> {
        const FrameRef page = TRY(page_to_fill(index));
        return buffer.take({page.data() + place, step});
    });
    if (written.ok()) {
        if (offset + written.value() > size()) size_.store(offset + written.value(), std::memory_order_release);
        note_modified();
    }
    return written.ok() ? Result<u64>(written.value()) : Result<u64>(written.error());
}

Result<u64> TmpfsFile::write_at(u64 offset, IoBuffer& buffer) {
    MutexGuard guard(lock_);
    return write_locked(guard, offset, buffer);
}

Result<u64> TmpfsFile::append(IoBuffer& buffer) {
    MutexGuard guard(lock_);
    return write_locked(guard, size(), buffer);
}

/// Clears what lies behind `bytes` in the last page, so that growing again shows zeros.
Result<void> TmpfsFile::zero_after(u64 bytes) {
    if (is_aligned(bytes, kPageBytes)) return {};
    const FrameRef page = pages_.lock()->get(bytes / kPageBytes);
    if (page) std::fill(page.data() + bytes % kPageBytes, page.data() + kPageBytes, std::byte{0});
    return {};
}

Result<void> TmpfsFile::truncate(u64 bytes) {
    if (bytes > kMaxBytes) return Error{EFBIG};
    MutexGuard guard(lock_);
    if (bytes < size()) {
        Result<PageTree> tail = pages_.lock()->split(align_up(bytes, kPageBytes) / kPageBytes);
        if (!tail.ok()) return tail.error();
        tmpfs().uncharge_pages(tail->page_count());
        size_.store(bytes, std::memory_order_release);
        TRY(zero_after(bytes));
    } else {
        size_.store(bytes, std::memory_order_release);
    }
    note_modified();
    return {};
}
