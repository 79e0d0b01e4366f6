// SPDX-License-Identifier: MIT
/// @file
/// @brief Terminals: bytes from and to the port, reads and writes of programs.
/// @chapter terminal
#include "drivers/tty.h"

#include <algorithm>

#include "proc/signal_set.h"
#include "sched/thread.h"

Result<void> Tty::create() {
    auto state = state_.lock();
    TRY(state->line.create());
    return state->output.create();
}

bool Tty::wants_input() {
    auto state = state_.lock();
    // While ^S holds the output, input must come in without its echo, or the ^Q behind it never would.
    const bool echo_fits = state->output.room() >= LineDiscipline::kMaxEcho || state->line.is_output_stopped();
    const bool wanted = state->started && state->line.has_room() && echo_fits;
    if (!wanted) state->input_stopped = true;
    return wanted;
}

void Tty::receive(u8 byte) {
    SignalKeys signals;
    u32 group;
    {
        auto state = state_.lock();
        signals = state->line.receive(byte, state->output);
        pump(*state);
        group = state->group;
        if (state->line.can_read()) readable_.wake_all();
    }
    send(signals, group);
}

/// Sends the signals that keys stood for. No terminal lock is held: the process tree's lock comes before it.
void Tty::send(SignalKeys signals, u32 group) {
    if (group == 0) return;
    if (signals.interrupt) jobs_.signal_group(group, kSigInt);
    if (signals.quit) jobs_.signal_group(group, kSigQuit);
    if (signals.suspend) jobs_.signal_group(group, kSigTstp);
}

void Tty::output_ready() {
    {
        auto state = state_.lock();
        pump(*state);
    }
    resume_input_if_stopped();
}

/// Gives the port what it takes of the output.
void Tty::pump(State& state) {
    while (!state.output.empty() && !state.line.is_output_stopped()) {
        const std::span<const char> bytes = state.output.front();
        const usize taken = port_.write(bytes);
        state.output.pop(taken);
        if (taken < bytes.size()) break;
    }
    if (state.output.room() >= kPieceRoom) writable_.wake_all();
}

void Tty::start_input() {
    {
        auto state = state_.lock();
        if (state->started) return;
        state->started = true;
        state->input_stopped = false;
    }
    port_.resume_input();
}

void Tty::resume_input_if_stopped() {
    {
        auto state = state_.lock();
        const bool room = state->line.has_room() && state->output.room() >= LineDiscipline::kMaxEcho;
        if (!state->started || !state->input_stopped || !room) return;
        state->input_stopped = false;
    }
    port_.resume_input();
}

/// Waits until a read that has `done` bytes gets more. False: it is complete as it is. EAGAIN, kRestartSyscall.
Result<bool> Tty::wait_for_input(Access& state, u64 done, u32 flags) {
    while (!state->line.can_read()) {
        const termios2& modes = state->line.modes();
        const bool canonical = state->line.is_canonical();
        const u64 least = modes.c_cc[VMIN], tenths = modes.c_cc[VTIME];
        if (state->hung_up) return false;
        if (done > 0 && (canonical || done >= least)) return false;
        if (!canonical && least == 0 && tenths == 0) return false;
        if (flags & open_flag::kNonblock) return done > 0 ? Result<bool>(false) : Result<bool>(Error{EAGAIN});
        // VTIME counts from the start where VMIN is 0, and otherwise between two bytes.
        const bool timed = !canonical && tenths > 0 && (least == 0 || done > 0);
        const Instant deadline = timed ? Clock::now().after(tenths * 100'000'000) : kNever;
        switch (readable_.wait(state.guard(), Sleep::Interruptible, deadline)) {
        case Wake::Event: break;
        case Wake::Deadline: return false;
        case Wake::Interrupted: return done > 0 ? Result<bool>(false) : Result<bool>(Error{kRestartSyscall});
        }
    }
    return true;
}

Result<u64> Tty::read(IoBuffer& buffer, u32 flags) {
    start_input();
    TRY(check_foreground(kSigTtin));
    u64 done = 0;
    while (!buffer.empty()) {
        char bytes[kPiece];
        LineDiscipline::Taken taken;
        {
            auto state = state_.lock();
            if (!TRY(wait_for_input(state, done, flags))) return done;
            taken = state->line.take({bytes, std::min<u64>(buffer.size(), kPiece)});
        }
        resume_input_if_stopped();
        const Result<void> put = buffer.put(std::as_bytes(std::span<const char>(bytes, taken.count)));
        if (!put.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(put.error());
        done += taken.count;
        if (taken.ended) break;
    }
    return done;
}

/// Waits until the queue has room for a piece. EAGAIN, EIO, kRestartSyscall.
Result<void> Tty::wait_for_room(Access& state, u32 flags) {
    for (;;) {
        if (state->hung_up) return Error{EIO};
        if (state->output.room() >= kPieceRoom) return {};
        if (flags & open_flag::kNonblock) return Error{EAGAIN};
        if (writable_.wait(state.guard(), Sleep::Interruptible) == Wake::Interrupted) return Error{kRestartSyscall};
    }
}

Result<u64> Tty::write(IoBuffer& buffer, u32 flags) {
    const bool stops_background = state_.lock()->line.modes().c_lflag & TOSTOP;
    if (stops_background) TRY(check_foreground(kSigTtou));
    u64 done = 0;
    while (!buffer.empty()) {
        char bytes[kPiece];
        const u64 step = std::min<u64>(buffer.size(), kPiece);
        Result<void> moved = buffer.take(std::as_writable_bytes(std::span<char>(bytes, step)));
        if (moved.ok()) {
            auto state = state_.lock();
            moved = wait_for_room(state, flags);
            if (moved.ok()) {
                for (const char byte : std::span<const char>(bytes, step)) state->line.write(byte, state->output);
                pump(*state);
            }
        }
        if (!moved.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(moved.error());
        done += step;
    }
    return done;
}

bool Tty::is_readable(const LineDiscipline& line) {
    const termios2& modes = line.modes();
    const bool counts = !line.is_canonical() && modes.c_cc[VTIME] == 0 && modes.c_cc[VMIN] > 0;
    return counts ? line.available() >= modes.c_cc[VMIN] : line.can_read();
}

u16 Tty::poll(PollWaits* waits) {
    start_input();
    if (waits) waits->add(readable_);
    if (waits) waits->add(writable_);
    auto state = state_.lock();
    u16 events = 0;
    if (state->hung_up) events |= poll_event::kHangUp | poll_event::kReadable | poll_event::kWritable;
    if (is_readable(state->line)) events |= poll_event::kReadable;
    if (state->output.room() >= kPieceRoom) events |= poll_event::kWritable;
    return events;
}
