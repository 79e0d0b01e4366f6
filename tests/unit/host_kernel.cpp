// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine's stand-in: memory from the heap, locks for one thread, user memory that is simply there.
/// @chapter testing
#include "host_kernel.h"

#include <sys/mman.h>

#include <cstdlib>
#include <sstream>

#include "lib/log.h"
#include "mm/buddy.h"
#include "mm/kernel_space.h"
#include "mm/page_tables.h"
#include "mm/shootdown.h"
#include "mm/user_memory.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "sync/mutex.h"
#include "x86/fpu.h"

namespace {

constexpr u64 kArenaBytes = 4 * kGiB;

/// Physical address 0, aligned as the largest block is.
std::byte* arena() {
    static auto* memory = [] {
        void* more = mmap(nullptr, kArenaBytes + kGiB, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return reinterpret_cast<std::byte*>(align_up(reinterpret_cast<u64>(more), kGiB));
    }();
    return memory;
}

std::vector<host_kernel::Invalidation> invalidations;

}  // namespace

std::function<void()> host_kernel::on_invalidation;

void host_kernel::reset_memory(u64 bytes) {
    madvise(arena(), kArenaBytes, MADV_DONTNEED);
    const PhysRange usable{PhysAddr(0), PhysAddr(bytes)};
    const PhysRange reserved{PhysAddr(0), PhysAddr(kMiB)};
    frames::init({&usable, 1}, {&reserved, 1});
    set_largest_page(PageSize::Size4K);
    invalidations.clear();
}

std::vector<host_kernel::Invalidation> host_kernel::take_invalidations() { return std::exchange(invalidations, {}); }

void panic_at(const char* file, int line, const char* what, const u64* values, usize count) {
    std::ostringstream text;
    text << what << " at " << file << ':' << line;
    for (usize i = 0; i < count; ++i) text << (i ? ", 0x" : ": 0x") << std::hex << values[i];
    throw host_kernel::Panic(text.str());
}

void* frames::virt_from_phys(PhysAddr address) { return arena() + address.raw; }
PhysAddr frames::phys_from_virt(const void* address) {
    return PhysAddr(static_cast<u64>(static_cast<const std::byte*>(address) - arena()));
}

void invalidate_host_translations(PhysAddr root, std::span<const VirtAddr> pages, Extent extent) {
    invalidations.push_back({root, {pages.begin(), pages.end()}, extent, frames::free_bytes()});
    if (host_kernel::on_invalidation) host_kernel::on_invalidation();
}

void unload_root_everywhere(PhysAddr) {}

void kernel_space::share_into(HostEntry*) {}
void kernel_space::free_stack(VirtAddr) {}
Result<VirtAddr> kernel_space::allocate_stack() { return Error{ENOMEM}; }

IrqOff::IrqOff() : were_on_(false) {}
IrqOff::~IrqOff() = default;
void LockOrder::taking(LockRank) {}
void LockOrder::left(LockRank) {}
void SpinLock::acquire(const IrqOff&) {
    CHECK(!is_held());
    held_.store(true);
}
void SpinLock::release() { held_.store(false); }

void Mutex::acquire() {
    CHECK(waiting_.load() == 0);
    waiting_.store(1);
}
void Mutex::release() { waiting_.store(0); }
Thread* Mutex::current_owner() { return nullptr; }

// One thread alone: whoever would sleep would sleep for ever.
Waiter::Waiter(WaitQueue& queue) : thread_(nullptr), queue_(&queue) {}
Waiter::~Waiter() = default;
bool Waiter::was_woken() const { return false; }
Wake Waiter::wait(Sleep) { PANIC("a wait in a test of one thread"); }
Wake WaitQueue::wait(SpinGuard&, Sleep, Instant) { PANIC("a wait in a test of one thread"); }
Wake WaitQueue::wait(SpinGuard&, Sleep) { PANIC("a wait in a test of one thread"); }
void WaitQueue::wake_one() {}
void WaitQueue::wake_all() {}

void log_line(std::string_view) {}

// User memory is this program's own. A pointer into the first page stands for one that cannot be reached.
namespace {
bool reachable(VirtAddr address) { return address.raw >= kPageBytes; }
}  // namespace

Result<void> copy_from_user(void* to, VirtAddr from, u64 bytes) {
    if (!reachable(from)) return Error{EFAULT};
    memcpy(to, reinterpret_cast<const void*>(from.raw), bytes);
    return {};
}

i64 load_user_word(const u32* from) { return reachable(VirtAddr(reinterpret_cast<u64>(from))) ? i64{*from} : -1; }

Result<void> copy_to_user(VirtAddr to, const void* from, u64 bytes) {
    if (!reachable(to)) return Error{EFAULT};
    memcpy(reinterpret_cast<void*>(to.raw), from, bytes);
    return {};
}

Result<void> clear_user(VirtAddr to, u64 bytes) {
    if (!reachable(to)) return Error{EFAULT};
    memset(reinterpret_cast<void*>(to.raw), 0, bytes);
    return {};
}

Result<String> string_from_user(VirtAddr from, usize limit) {
    if (!reachable(from)) return Error{EFAULT};
    const std::string_view text(reinterpret_cast<const char*>(from.raw));
    if (text.size() > limit) return Error{ENAMETOOLONG};
    return String::from(text);
}

Result<void> UserSpan::put(std::span<const std::byte> from) {
    TRY(copy_to_user(address_, from.data(), from.size()));
    address_ += from.size();
    bytes_ -= from.size();
    return {};
}

Result<void> UserSpan::take(std::span<std::byte> to) {
    TRY(copy_from_user(to.data(), address_, to.size()));
    address_ += to.size();
    bytes_ -= to.size();
    return {};
}

Instant Clock::now() { return {1'000'000}; }
u64 Clock::boot_time_of_day_ns() { return 1'700'000'000'000'000'000; }
u64 Clock::tsc_hz() { return 1'000'000'000; }
Instant Clock::instant_from_tsc(u64 tsc) { return {tsc}; }
u64 Clock::tsc_from_instant(Instant when) { return when.ns; }
