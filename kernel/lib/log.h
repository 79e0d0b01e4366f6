// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's log: lines kept in memory for /proc/kmsg, and on the console where the command line says `verbose`.
/// @chapter machine
#pragma once

#include "lib/format.h"

/// Appends one finished line. Any context.
void log_line(std::string_view line);

/// Logs one line made of the arguments as `print` would write them; at most 200 bytes, the rest is cut.
template <class... Args>
void log(const Args&... args) {
    char buffer[200];
    BufferSink sink(buffer);
    print(sink, args...);
    log_line(sink.view());
}
