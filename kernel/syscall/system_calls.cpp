// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: the system's name, memory, randomness and power.
/// @chapter linux-interface
#include "syscall/system_calls.h"

#include <linux/membarrier.h>
#include <linux/random.h>
#include <linux/reboot.h>

#include <algorithm>

#include "debug/log.h"
#include "drivers/power.h"
#include "fs/random.h"
#include "lib/owned.h"
#include "proc/process_tree.h"
#include "syscall/time_convert.h"

namespace {

constexpr usize kNameBytes = 65;

/// Linux's struct new_utsname.
struct UserNames {
    char system[kNameBytes], node[kNameBytes], release[kNameBytes], version[kNameBytes], machine[kNameBytes];
    char domain[kNameBytes];
};

/// The names that can be changed.
struct Names {
    char node[kNameBytes] = "twain";
    char domain[kNameBytes] = "(none)";
};
constinit SpinLocked<Names> names{LockRank::Descriptors};

Result<u64> set_name(char (Names::*which)[kNameBytes], VirtAddr from, u64 bytes) {
    if (bytes >= kNameBytes) return Error{EINVAL};
    char name[kNameBytes] = {};
    TRY(copy_from_user(name, from, bytes));
    auto locked = names.lock();
    memcpy((*locked).*which, name, sizeof(name));
    return u64{0};
}

/// Linux's struct sysinfo.
struct UserSystemInfo {
    i64 uptime;
    u64 loads[3];
    u64 total_memory, free_memory, shared_memory, buffer_memory, total_swap, free_swap;
    u16 processes, padding;
    u64 total_high, free_high;
    u32 unit;
};
static_assert(sizeof(UserSystemInfo) == 112);

/// A window of the log's text: the last bytes of it that fit.
class TailSink final : public Sink {
   public:
    explicit TailSink(std::span<char> buffer) : buffer_(buffer) {}
    void write(std::string_view text) override {
        for (const char c : text) buffer_[total_++ % buffer_.size()] = c;
    }
    /// Copies it out in order; answers how many bytes.
    Result<u64> copy_out(VirtAddr to) const {
        const u64 kept = std::min<u64>(total_, buffer_.size());
        const u64 first = total_ > buffer_.size() ? total_ % buffer_.size() : 0;
        const u64 head = std::min(kept, buffer_.size() - first);
        TRY(copy_to_user(to, &buffer_[first], head));
        TRY(copy_to_user(to + head, buffer_.data(), kept - head));
        return kept;
    }

   private:
    std::span<char> buffer_;
    u64 total_ = 0;
};

constexpr usize kLogBytes = 64 * kKiB;

}  // namespace

Result<u64> sys_uname(const SyscallArgs& args) {
    // glibc wants a release of at least 3.2; programs look at nothing else.
    UserNames user{"Twain", "", "6.1.0-twain", "#1 SMP PREEMPT", "x86_64", ""};
    {
        auto locked = names.lock();
        memcpy(user.node, locked->node, sizeof(user.node));
        memcpy(user.domain, locked->domain, sizeof(user.domain));
    }
    TRY(args.pointer<UserNames>(0).write(user));
    return u64{0};
}

Result<u64> sys_sethostname(const SyscallArgs& args) { return set_name(&Names::node, VirtAddr(args.a[0]), args.a[1]); }
Result<u64> sys_setdomainname(const SyscallArgs& args) {
    return set_name(&Names::domain, VirtAddr(args.a[0]), args.a[1]);
}

Result<u64> sys_sysinfo(const SyscallArgs& args) {
    UserSystemInfo info{};
    info.uptime = static_cast<i64>(Clock::now().ns / kNsPerSecond);
    info.total_memory = frames::total_bytes();
    info.free_memory = frames::free_bytes();
    info.processes = static_cast<u16>(processes::count());
    info.unit = 1;
    TRY(args.pointer<UserSystemInfo>(0).write(info));
    return u64{0};
}

Result<u64> sys_getrandom(const SyscallArgs& args) {
    if (args.a[2] & ~u64{GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE}) return Error{EINVAL};
    const u64 bytes = std::min<u64>(args.a[1], INT32_MAX);
    std::byte part[128];
    for (u64 done = 0; done < bytes;) {
        const std::span piece(part, std::min<u64>(bytes - done, sizeof(part)));
        fill_random(piece);
        TRY(copy_to_user(VirtAddr(args.a[0]) + done, piece.data(), piece.size()));
        done += piece.size();
    }
    return bytes;
}

Result<u64> sys_reboot(const SyscallArgs& args) {
    if (static_cast<u32>(args.a[0]) != LINUX_REBOOT_MAGIC1) return Error{EINVAL};
    switch (static_cast<u32>(args.a[2])) {
    case LINUX_REBOOT_CMD_POWER_OFF:
    case LINUX_REBOOT_CMD_HALT: power_off();
    case LINUX_REBOOT_CMD_RESTART:
    case LINUX_REBOOT_CMD_RESTART2: restart();
    case LINUX_REBOOT_CMD_CAD_ON:
    case LINUX_REBOOT_CMD_CAD_OFF: return u64{0};
    default: return Error{EINVAL};
    }
}

Result<u64> sys_syslog(const SyscallArgs& args) {
    constexpr u64 kReadAll = 3, kReadAndClear = 4, kSizeOfBuffer = 10;
    switch (args.a[0]) {
    case kReadAll:
    case kReadAndClear: {
        Vec<char> buffer;
        TRY(buffer.resize(std::min<u64>(args.a[2], kLogBytes)));
        if (buffer.empty()) return u64{0};
        TailSink tail(buffer.span());
        print_log(tail);
        return tail.copy_out(VirtAddr(args.a[1]));
    }
    case kSizeOfBuffer: return kLogBytes;
    default: return u64{0};
    }
}

/// On one core every other thread has passed a barrier when it runs again; with several, a program that registers is told no.
Result<u64> sys_membarrier(const SyscallArgs& args) {
    if (args.a[0] == MEMBARRIER_CMD_QUERY) return u64{0};
    return Error{EINVAL};
}
