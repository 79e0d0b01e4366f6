// SPDX-License-Identifier: MIT
/// @file
/// @brief Signal information to and from Linux's siginfo_t.
/// @chapter signals
#include "proc/signal_info.h"

namespace {

constexpr u64 two_words(u32 low, u32 high) { return low | u64{high} << 32; }

}  // namespace

// After the three integers comes a union, aligned to 8: the sender's pid and uid in one word, then a value; or an address;
// or pid and uid, the status, and two times.
UserSignalInfo encode_signal_info(const SignalInfo& info) {
    UserSignalInfo user{};
    user.number = info.number;
    user.code = info.code;
    switch (info.form) {
    case SignalInfo::Form::Sender: user.words[0] = two_words(info.pid, info.user); break;
    case SignalInfo::Form::Fault: user.words[0] = info.value; break;
    case SignalInfo::Form::Child:
        user.words[0] = two_words(info.pid, info.user);
        user.words[1] = static_cast<u32>(info.status);
        user.words[2] = info.user_ticks;
        user.words[3] = info.system_ticks;
        break;
    case SignalInfo::Form::Value:
        user.words[0] = two_words(info.pid, info.user);
        user.words[1] = info.value;
        break;
    }
    return user;
}

SignalInfo decode_signal_info(int number, const UserSignalInfo& user) {
    return {.number = number,
            .code = user.code,
            .form = SignalInfo::Form::Value,
            .pid = static_cast<u32>(user.words[0]),
            .user = static_cast<u32>(user.words[0] >> 32),
            .value = user.words[1]};
}
