// SPDX-License-Identifier: MIT
/// @file
/// @brief Terminals: a line of bytes below, programs above, the line discipline and job control in between.
/// @chapter terminal
///
///     program  write ->  output processing  -> queue -> TtyPort::write -> wire
///     program  <- read   line discipline  <- Tty::receive  <-  port's interrupt
///                             '-> echo -> queue,   '-> ^C: a signal to the foreground group
#pragma once

#include "drivers/line_discipline.h"
#include "fs/file.h"
#include "fs/terminal.h"

/// The line under a terminal: what a UART's driver implements.
class TtyPort {
   public:
    /// Sends as many of `bytes` as it has room for at once and answers how many. Never waits. Called with the terminal's lock
    /// held and interrupts off, from any core. Where it took less than all, it calls Tty::output_ready when there is room again.
    virtual usize write(std::span<const char> bytes) = 0;
    /// Input is wanted (again): called at the terminal's first use, and when a full input buffer has been read from. The port
    /// then calls Tty::receive for what has come meanwhile, at once or from its interrupt. Called without locks.
    virtual void resume_input() = 0;

   protected:
    ~TtyPort() = default;
};

/// What a terminal asks of the layer that knows processes, about the current one and about groups.
class JobControl {
   public:
    virtual u32 session() = 0;
    virtual u32 group() = 0;
    virtual bool is_session_leader() = 0;
    /// Whether the current thread blocks or ignores the signal.
    virtual bool ignores(int signal) = 0;
    /// Whether nobody outside could continue the current group once it is stopped.
    virtual bool group_is_orphaned() = 0;
    /// Whether the group has a member in the session.
    virtual bool group_is_in(u32 group, u32 session) = 0;
    /// Any context, interrupts included.
    virtual void signal_group(u32 group, int signal) = 0;
    /// The current session's controlling terminal, or none; and making one so (a null reference: none).
    virtual Ref<Terminal> terminal() = 0;
    virtual void set_terminal(Ref<Terminal> terminal) = 0;

   protected:
    ~JobControl() = default;
};

/// A terminal.
///
/// No byte is ever lost. When the input buffer is full, `wants_input` says so, the port leaves further bytes in its hardware
/// (whose other side holds them back), and the next read calls `resume_input`.
///
/// The port is not asked for input before the terminal's first read, poll or change to raw mode. Bytes that were sent before
/// the machine started (`printf '…' | make run`) therefore wait on the wire until the program that wants them has chosen the
/// mode that it wants them in; an early cooked mode would echo them, and turn a ^C meant for the guest into a signal.
class Tty final : public Terminal {
   public:
    Tty(TtyPort& port, JobControl& jobs, DeviceNumber number) : port_(port), jobs_(jobs), number_(number) {}
    /// Allocates its queues. ENOMEM. Called once, first.
    Result<void> create();

    /// @name For the port: any context, interrupts included, holding no lock that the port's own methods take
    /// @{
    /// Whether `receive` may be called. Asked before each byte is taken from the hardware.
    bool wants_input();
    /// A byte came in. Only after `wants_input`.
    void receive(u8 byte);
    /// The port's queue has room again.
    void output_ready();
    /// The line is dead: readers see the end of file, writers EIO, the session SIGHUP.
    void hang_up();
    /// @}

    /// The size in characters; a change sends SIGWINCH to the foreground group.
    void set_window_size(WindowSize window);

    /// @name For open files
    /// @{
    Result<u64> read(IoBuffer& buffer, u32 flags);
    Result<u64> write(IoBuffer& buffer, u32 flags);
    u16 poll(PollWaits* waits);
    Result<u64> ioctl(u32 request, u64 argument);
    /// What opening does for a session leader without a terminal: this one becomes the session's.
    void adopt_session();
    /// @}

    void session_ended(u32 session) override;
    u32 foreground_group() override;
    u32 device_number() const override { return static_cast<u32>(number_.encoded()); }

   private:
    /// A write goes to the queue in pieces of this size, each as a whole; room for all that output processing makes of one,
    /// and for echo, must be there.
    static constexpr usize kPiece = 256;
    static constexpr usize kPieceRoom = kPiece * LineDiscipline::kMaxOutput + 256;

    struct State {
        LineDiscipline line;
        TtyQueue output;  ///< what the port has not taken yet
        WindowSize window{24, 80, 0, 0};
        u32 session = 0, group = 0;  ///< whose controlling terminal it is; the foreground group
        bool started = false;        ///< the port has been asked for input
        bool input_stopped = false;  ///< `wants_input` answered no since the last resume
        bool hung_up = false;
    };
    using Access = SpinLocked<State>::Access;

    void start_input();
    void resume_input_if_stopped();
    void pump(State& state);
    void send(SignalKeys signals, u32 group);
    Result<void> check_foreground(int signal);
    static bool is_readable(const LineDiscipline& line);
    Result<bool> wait_for_input(Access& state, u64 done, u32 flags);
    Result<void> wait_for_room(Access& state, u32 flags);
    Result<void> wait_until_sent();
    Result<u64> get_modes(u64 argument, usize bytes);
    Result<u64> set_modes(u64 argument, usize bytes, u32 how);
    Result<u64> flush(u64 argument);
    Result<u64> get_window(u64 argument);
    Result<u64> set_window(u64 argument);
    Result<u64> get_foreground(u64 argument);
    Result<u64> set_foreground(u64 argument);
    Result<u64> get_session(u64 argument);
    Result<u64> take_session(u64 argument);
    Result<u64> leave_session();

    SpinLocked<State> state_{LockRank::Tty};
    WaitQueue readable_, writable_;
    TtyPort& port_;
    JobControl& jobs_;
    DeviceNumber number_;
};

/// An open terminal.
class TtyFile final : public File {
   public:
    TtyFile(const OpenRequest& request, Ref<Tty> tty) : File(request), tty_(std::move(tty)) {}
    Result<u64> read(IoBuffer& buffer) override { return tty_->read(buffer, flags()); }
    Result<u64> write(IoBuffer& buffer) override { return tty_->write(buffer, flags()); }
    u16 poll(PollWaits* waits) override { return tty_->poll(waits); }
    Result<u64> ioctl(u32 request, u64 argument) override { return tty_->ioctl(request, argument); }

   private:
    Ref<Tty> tty_;
};

/// Job control by the process layer.
JobControl& process_job_control();

namespace ttys {
/// Makes the console's terminal, which /dev/console, /dev/ttyS0 and (for its session) /dev/tty open. Called once. ENOMEM.
Result<Ref<Tty>> create_console(TtyPort& port);
/// The console's terminal; null before.
Ref<Tty> console();
}  // namespace ttys
