// SPDX-License-Identifier: MIT
/// @file
/// @brief The log: the last 16 KiB of lines.
/// @chapter observability
#include "debug/log.h"

#include <algorithm>

#include "drivers/uart.h"
#include "fs/procfs.h"
#include "lib/string.h"
#include "sched/clock.h"

namespace {

constexpr usize kLogBytes = 16384;

struct Log {
    char text[kLogBytes] = {};
    u64 written = 0;  ///< bytes ever; the last kLogBytes of them are in `text`, at their number modulo its size
};
constinit SpinLocked<Log> kernel_log(LockRank::Console);
constinit std::atomic<bool> verbose{false};

void append(Log& log, std::string_view text) {
    for (const char c : text) log.text[log.written++ % kLogBytes] = c;
}

Result<void> print_kmsg(Sink& sink) {
    print_log(sink);
    return {};
}
constinit const ProcFile kFiles[] = {{"kmsg", print_kmsg}};

}  // namespace

void log_line(std::string_view line) {
    char stamp[32];
    BufferSink sink(stamp);
    const u64 us = Clock::now().ns / 1000;
    print(sink, '[', Padded{us / 1'000'000, 5}, '.');
    // Microseconds with leading zeros: a one in front, cut off again.
    char digits[8];
    BufferSink fraction(digits);
    print(fraction, 1'000'000 + us % 1'000'000);
    print(sink, fraction.view().substr(1), "] ");
    auto log = kernel_log.lock();
    append(*log, sink.view());
    append(*log, line);
    append(*log, "\n");
    if (!verbose.load(std::memory_order_relaxed)) return;
    uart::write_now(sink.view());
    uart::write_now(line);
    uart::write_now("\r\n");
}

void print_log(Sink& sink) {
    auto log = kernel_log.lock();
    const u64 first = log->written > kLogBytes ? log->written - kLogBytes : 0;
    const usize at = first % kLogBytes;
    const usize to_end = std::min<u64>(log->written - first, kLogBytes - at);
    sink.write({log->text + at, to_end});
    sink.write({log->text, static_cast<usize>(log->written - first) - to_end});
}

void set_log_verbose() { verbose.store(true, std::memory_order_relaxed); }
void add_log_files() { procfs::add_files(kFiles); }
