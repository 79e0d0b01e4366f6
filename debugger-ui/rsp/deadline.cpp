// SPDX-License-Identifier: MIT
/// @file
/// @brief Deadlines and errors.
/// @chapter observability
#include "debugger-ui/rsp/deadline.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "debugger-ui/rsp/error.h"

namespace machine {

double time_scale() {
    const char* text = std::getenv("TWAIN_TIME_SCALE");
    const double scale = text ? std::atof(text) : 1;
    return scale > 0 ? scale : 1;
}

Deadline::Deadline(Seconds from_now)
    : when_(Clock::now() + std::chrono::duration_cast<Clock::duration>(from_now * time_scale())) {}

int Deadline::poll_milliseconds() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when_ - Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, 1'000'000'000));
}

Error error_from_errno(const std::string& what) { return Error(what + ": " + std::strerror(errno)); }

}  // namespace machine
