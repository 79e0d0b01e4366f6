// SPDX-License-Identifier: MIT
/// @file
/// @brief Terminals: modes, window size, sessions and foreground groups.
/// @chapter terminal
#include <asm/ioctls.h>

#include <algorithm>

#include "drivers/tty.h"
#include "proc/signal_set.h"
#include "sched/thread.h"

/// Keeps background jobs from the terminal: where the current group is not the foreground one, it gets `signal`, and the call
/// is made again once it is continued. EIO: nobody could continue it, or it does not want to stop for reading.
Result<void> Tty::check_foreground(int signal) {
    const u32 session = jobs_.session(), group = jobs_.group();
    {
        auto state = state_.lock();
        if (state->session != session || state->group == 0 || state->group == group) return {};
    }
    if (jobs_.ignores(signal)) return signal == kSigTtin ? Result<void>(Error{EIO}) : Result<void>();
    if (jobs_.group_is_orphaned()) return Error{EIO};
    jobs_.signal_group(group, signal);
    return Error{kRestartSyscall};
}

Result<void> Tty::wait_until_sent() {
    auto state = state_.lock();
    while (!state->output.empty() && !state->hung_up) {
        if (writable_.wait(state.guard(), Sleep::Interruptible) == Wake::Interrupted) return Error{kRestartSyscall};
    }
    return {};
}

/// Copies the modes out: the form of TCGETS is a beginning of that of TCGETS2.
Result<u64> Tty::get_modes(u64 argument, usize bytes) {
    const termios2 modes = state_.lock()->line.modes();
    TRY(copy_to_user(VirtAddr(argument), &modes, bytes));
    return 0;
}

/// Sets the modes: at once, after the output is sent, or after that and with waiting input thrown away.
Result<u64> Tty::set_modes(u64 argument, usize bytes, u32 how) {
    TRY(check_foreground(kSigTtou));
    termios2 modes = state_.lock()->line.modes();
    TRY(copy_from_user(&modes, VirtAddr(argument), bytes));
    if (how != TCSETS) TRY(wait_until_sent());
    {
        auto state = state_.lock();
        if (how == TCSETSF) state->line.flush_input();
        state->line.set_modes(modes);
        if (state->line.can_read()) readable_.wake_all();
        pump(*state);
    }
    if (!(modes.c_lflag & ICANON)) start_input();
    resume_input_if_stopped();
    return 0;
}

Result<u64> Tty::flush(u64 argument) {
    TRY(check_foreground(kSigTtou));
    if (argument > TCIOFLUSH) return Error{EINVAL};
    {
        auto state = state_.lock();
        if (argument != TCOFLUSH) state->line.flush_input();
        if (argument != TCIFLUSH) state->output.clear();
        pump(*state);
    }
    resume_input_if_stopped();
    return 0;
}

Result<u64> Tty::get_window(u64 argument) {
    const WindowSize window = state_.lock()->window;
    TRY(UserPtr<WindowSize>(argument).write(window));
    return 0;
}

Result<u64> Tty::set_window(u64 argument) {
    const WindowSize window = TRY(UserPtr<WindowSize>(argument).read());
    set_window_size(window);
    return 0;
}

void Tty::set_window_size(WindowSize window) {
    u32 group;
    {
        auto state = state_.lock();
        if (state->window == window) return;
        state->window = window;
        group = state->group;
    }
    if (group != 0) jobs_.signal_group(group, kSigWinch);
}

Result<u64> Tty::get_foreground(u64 argument) {
    const u32 session = jobs_.session();
    u32 group;
    {
        auto state = state_.lock();
        if (state->session != session) return Error{ENOTTY};
        group = state->group;
    }
    TRY(UserPtr<u32>(argument).write(group));
    return 0;
}

Result<u64> Tty::set_foreground(u64 argument) {
    TRY(check_foreground(kSigTtou));
    const i32 group = TRY(UserPtr<i32>(argument).read());
    if (group <= 0) return Error{EINVAL};
    const u32 session = jobs_.session();
    if (state_.lock()->session != session) return Error{ENOTTY};
    if (!jobs_.group_is_in(static_cast<u32>(group), session)) return Error{EPERM};
    state_.lock()->group = static_cast<u32>(group);
    return 0;
}

Result<u64> Tty::get_session(u64 argument) {
    const u32 session = jobs_.session();
    if (state_.lock()->session != session) return Error{ENOTTY};
    TRY(UserPtr<u32>(argument).write(session));
    return 0;
}

/// Makes this the controlling terminal of the current session. `argument` 1 takes it away from another session.
Result<u64> Tty::take_session(u64 argument) {
    const u32 session = jobs_.session(), group = jobs_.group();
    const bool leads = jobs_.is_session_leader();
    const bool has_terminal = static_cast<bool>(jobs_.terminal());
    {
        auto state = state_.lock();
        if (leads && state->session == session) return 0;
        if (!leads || has_terminal) return Error{EPERM};
        if (state->session != 0 && argument != 1) return Error{EPERM};
        state->session = session;
        state->group = group;
    }
    jobs_.set_terminal(Ref<Terminal>(this));
    return 0;
}

void Tty::adopt_session() {
    if (!jobs_.is_session_leader() || jobs_.terminal() || state_.lock()->session != 0) return;
    static_cast<void>(take_session(0));
}

Result<u64> Tty::leave_session() {
    const u32 session = jobs_.session();
    if (state_.lock()->session != session) return Error{ENOTTY};
    if (!jobs_.is_session_leader()) return 0;
    jobs_.set_terminal(Ref<Terminal>());
    session_ended(session);
    return 0;
}

void Tty::session_ended(u32 session) {
    u32 group;
    {
        auto state = state_.lock();
        if (state->session != session) return;
        group = std::exchange(state->group, 0);
        state->session = 0;
    }
    if (group == 0) return;
    jobs_.signal_group(group, kSigHup);
    jobs_.signal_group(group, kSigCont);
}

u32 Tty::foreground_group() { return state_.lock()->group; }

void Tty::hang_up() {
    u32 session;
    {
        auto state = state_.lock();
        state->hung_up = true;
        session = state->session;
    }
    readable_.wake_all();
    writable_.wake_all();
    session_ended(session);
}

Result<u64> Tty::ioctl(u32 request, u64 argument) {
    constexpr usize kModes = sizeof(termios), kModes2 = sizeof(termios2);
    switch (request) {
    case TCGETS: return get_modes(argument, kModes);
    case TCGETS2: return get_modes(argument, kModes2);
    case TCSETS:
    case TCSETSW:
    case TCSETSF: return set_modes(argument, kModes, request);
    case TCSETS2: return set_modes(argument, kModes2, TCSETS);
    case TCSETSW2: return set_modes(argument, kModes2, TCSETSW);
    case TCSETSF2: return set_modes(argument, kModes2, TCSETSF);
    case TCFLSH: return flush(argument);
    case TCSBRK:
    case TCSBRKP: TRY(wait_until_sent()); return 0;
    case TCXONC: return 0;
    case TIOCGWINSZ: return get_window(argument);
    case TIOCSWINSZ: return set_window(argument);
    case TIOCGPGRP: return get_foreground(argument);
    case TIOCSPGRP: return set_foreground(argument);
    case TIOCGSID: return get_session(argument);
    case TIOCSCTTY: return take_session(argument);
    case TIOCNOTTY: return leave_session();
    case FIONREAD: {
        const usize bytes = state_.lock()->line.available();
        TRY(UserPtr<i32>(argument).write(static_cast<i32>(bytes)));
        return 0;
    }
    case TIOCOUTQ: {
        const usize bytes = state_.lock()->output.used();
        TRY(UserPtr<i32>(argument).write(static_cast<i32>(bytes)));
        return 0;
    }
    default: return Error{ENOTTY};
    }
}
