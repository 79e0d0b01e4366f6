// SPDX-License-Identifier: MIT
/// @file
/// @brief Waiting for files: poll, ppoll, select, pselect6.
/// @chapter linux-interface
///
/// A wait that a signal without a handler interrupts is made again by the program's re-executed call, with the deadline that
/// the task remembers.
#include <asm/poll.h>

#include <bit>

#include "proc/signal.h"
#include "proc/task.h"
#include "syscall/fs_calls.h"
#include "syscall/time_convert.h"

static_assert(poll_event::kIn == POLLIN && poll_event::kPriority == POLLPRI && poll_event::kOut == POLLOUT);
static_assert(poll_event::kError == POLLERR && poll_event::kHangUp == POLLHUP && poll_event::kInvalid == POLLNVAL);
static_assert(poll_event::kReadNormal == POLLRDNORM && poll_event::kWriteNormal == POLLWRNORM);

namespace {

/// Linux's struct pollfd.
struct UserPoll {
    i32 fd;
    u16 wanted, found;
};
static_assert(sizeof(UserPoll) == sizeof(pollfd));

Instant deadline_after(u64 ns) { return current_task().call_deadline(ns); }

/// The remaining time, as select and ppoll write it back.
u64 remaining_ns(Instant deadline) {
    const Instant now = Clock::now();
    return deadline > now ? deadline.ns - now.ns : 0;
}

/// One entry of a poll's array: a negative descriptor is not asked about, an unknown one is an event of its own.
Result<void> add_item(const UserPoll& asked, Vec<PollItem>& items, u64& invalid) {
    PollItem item;
    item.wanted = asked.wanted;
    if (asked.fd >= 0) {
        Result<Ref<File>> file = current_files().get(asked.fd);
        if (file.ok()) {
            item.file = std::move(file).value();
        } else {
            item.found = poll_event::kInvalid;
            ++invalid;
        }
    }
    return items.push(std::move(item));
}

Result<u64> poll_at(UserPtr<UserPoll> array, u64 count, Instant deadline) {
    if (count > static_cast<u64>(FileTable::kLimit)) return Error{EINVAL};
    Vec<PollItem> items;
    TRY(items.reserve(count));
    u64 invalid = 0;
    for (u64 i = 0; i < count; ++i) {
        const UserPoll asked = TRY((array + i).read());
        TRY(add_item(asked, items, invalid));
    }
    const u64 found = TRY(poll_files(items.span(), invalid > 0 ? Instant{} : deadline));
    for (u64 i = 0; i < count; ++i) {
        const VirtAddr to = (array + i).address() + offsetof(UserPoll, found);
        TRY(UserPtr<u16>(to).write(items[i].found));
    }
    return found + invalid;
}

/// The three sets of a select, as the program passes them: bit n for descriptor n, in words.
struct Sets {
    static constexpr usize kWords = FileTable::kLimit / 64;
    u64 words[3][kWords] = {};
    bool has(usize set, usize fd) const { return words[set][fd / 64] >> (fd % 64) & 1; }
    void add(usize set, usize fd) { words[set][fd / 64] |= 1ULL << (fd % 64); }
};
constexpr u16 kInSet[3] = {poll_event::kIn | poll_event::kReadNormal | poll_event::kHangUp | poll_event::kError,
                           poll_event::kOut | poll_event::kWriteNormal | poll_event::kError, poll_event::kPriority};

struct SelectArguments {
    usize count;       ///< descriptors 0 .. count-1
    u64 addresses[3];  ///< of the sets; 0: not asked about
    usize bytes() const { return align_up(count, 64) / 8; }
};

Result<Sets> read_sets(const SelectArguments& arguments) {
    Sets sets;
    for (usize set = 0; set < 3; ++set) {
        if (arguments.addresses[set] == 0) continue;
        TRY(copy_from_user(sets.words[set], VirtAddr(arguments.addresses[set]), arguments.bytes()));
    }
    return sets;
}

Result<void> write_sets(const SelectArguments& arguments, const Sets& sets) {
    for (usize set = 0; set < 3; ++set) {
        if (arguments.addresses[set] == 0) continue;
        TRY(copy_to_user(VirtAddr(arguments.addresses[set]), sets.words[set], arguments.bytes()));
    }
    return {};
}

/// One item for every descriptor below `count`, without a file where no set asks about it. EBADF.
Result<Vec<PollItem>> items_of(const Sets& sets, usize count) {
    Vec<PollItem> items;
    TRY(items.resize(count));
    for (usize fd = 0; fd < count; ++fd) {
        for (usize set = 0; set < 3; ++set) {
            if (sets.has(set, fd)) items[fd].wanted |= kInSet[set];
        }
        if (items[fd].wanted) items[fd].file = TRY(current_files().get(static_cast<int>(fd)));
    }
    return items;
}

Result<u64> select_at(const SelectArguments& arguments, Instant deadline) {
    const Sets asked = TRY(read_sets(arguments));
    Vec<PollItem> items = TRY(items_of(asked, arguments.count));
    TRY(poll_files(items.span(), deadline));
    Sets found;
    u64 count = 0;
    for (usize fd = 0; fd < items.size(); ++fd) {
        for (usize set = 0; set < 3; ++set) {
            if (!asked.has(set, fd) || !(items[fd].found & kInSet[set])) continue;
            found.add(set, fd);
            ++count;
        }
    }
    TRY(write_sets(arguments, found));
    return count;
}

Result<SelectArguments> select_arguments(const SyscallArgs& args) {
    if (args.fd(0) < 0) return Error{EINVAL};
    const usize count = std::min<usize>(static_cast<usize>(args.fd(0)), FileTable::kLimit);
    return SelectArguments{count, {args.a[1], args.a[2], args.a[3]}};
}

/// The deadline of an optional struct timespec.
Result<Instant> deadline_from(UserPtr<UserTimespec> pointer) {
    if (!pointer) return kNever;
    const UserTimespec time = TRY(pointer.read());
    return deadline_after(TRY(ns_from_timespec(time)));
}

/// Writes back what is left; a program that cannot take it is none the wiser.
void write_remaining(UserPtr<UserTimespec> pointer, Instant deadline) {
    if (pointer) static_cast<void>(pointer.write(timespec_from_ns(remaining_ns(deadline))));
}

}  // namespace

/// poll(array, count, milliseconds): a negative time waits for ever.
Result<u64> sys_poll(const SyscallArgs& args) {
    const auto milliseconds = static_cast<i32>(args.a[2]);
    const Instant deadline = milliseconds < 0 ? kNever : deadline_after(static_cast<u64>(milliseconds) * 1'000'000);
    return poll_at(args.pointer<UserPoll>(0), static_cast<u32>(args.a[1]), deadline);
}

/// ppoll(array, count, time, mask, mask size).
Result<u64> sys_ppoll(const SyscallArgs& args) {
    const auto time = args.pointer<UserTimespec>(2);
    const Instant deadline = TRY(deadline_from(time));
    TRY(set_temporary_mask(args.a[3], args.a[4]));
    const u64 found = TRY(poll_at(args.pointer<UserPoll>(0), static_cast<u32>(args.a[1]), deadline));
    write_remaining(time, deadline);
    return found;
}

/// select(count, read, write, except, struct timeval).
Result<u64> sys_select(const SyscallArgs& args) {
    const SelectArguments arguments = TRY(select_arguments(args));
    const auto time = args.pointer<UserTimeval>(4);
    Instant deadline = kNever;
    if (time) {
        const UserTimeval value = TRY(time.read());
        deadline = deadline_after(TRY(ns_from_timeval(value)));
    }
    const u64 found = TRY(select_at(arguments, deadline));
    if (time) static_cast<void>(time.write(timeval_from_ns(remaining_ns(deadline))));
    return found;
}

/// pselect6(count, read, write, except, time, {mask, mask size}).
Result<u64> sys_pselect6(const SyscallArgs& args) {
    const SelectArguments arguments = TRY(select_arguments(args));
    const auto time = args.pointer<UserTimespec>(4);
    const Instant deadline = TRY(deadline_from(time));
    const auto mask = args.pointer<u64>(5);
    if (mask) {
        const u64 address = TRY(mask.read());
        const u64 bytes = TRY((mask + 1).read());
        TRY(set_temporary_mask(address, bytes));
    }
    const u64 found = TRY(select_at(arguments, deadline));
    write_remaining(time, deadline);
    return found;
}
