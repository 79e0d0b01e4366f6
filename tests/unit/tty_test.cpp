// SPDX-License-Identifier: MIT
/// @file
/// @brief Terminals: when input is taken, flow control both ways, signals, sessions, job control.
/// @chapter testing
#include "host_terminal.h"

using namespace host_files;

namespace {

TEST_F(Terminals, NothingIsReceivedBeforeItIsWanted) {
    type("early\n");
    EXPECT_EQ(port.resumes, 0);
    EXPECT_EQ(screen(), "") << "no echo by a mode that nobody chose";
    set_raw();
    EXPECT_EQ(port.resumes, 1);
    EXPECT_EQ(read(), "early\n");
    EXPECT_EQ(screen(), "");
}

TEST_F(Terminals, ChangesThatStayCookedDoNotStartIt) {
    type("x");
    change([](termios2& m) { m.c_cc[VERASE] = 8; });
    EXPECT_EQ(port.resumes, 0);
    EXPECT_EQ(read(), again);
    EXPECT_EQ(port.resumes, 1);
}

TEST_F(Terminals, SignalsGoToTheForeground) {
    own();
    type("lost\x03");
    EXPECT_EQ(jobs.sent, (Signals{{5, kSigInt}}));
    EXPECT_EQ(screen(), "lost^C");
    type("\x1c\x1akept\n");
    EXPECT_EQ(jobs.sent, (Signals{{5, kSigInt}, {5, kSigQuit}, {5, kSigTstp}}));
    EXPECT_EQ(read(), "kept\n") << "what was typed before a signal is thrown away";
    change([](termios2& m) { m.c_lflag |= NOFLSH; });
    type("safe\x03\n");
    EXPECT_EQ(read(), "safe\n");
    change([](termios2& m) { m.c_lflag &= ~static_cast<u32>(ISIG); });
    jobs.sent.clear();
    type("\x03\n");
    EXPECT_EQ(read(), "\x03\n");
    EXPECT_TRUE(jobs.sent.empty());
}

TEST_F(Terminals, AFullBufferHoldsTheLineBack) {
    set_raw();
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += static_cast<char>('a' + i % 23);
    type(text);
    EXPECT_EQ(port.waiting.size(), text.size() - LineDiscipline::kInputBytes);
    std::string got;
    while (got.size() < text.size()) {
        const std::string part = read(1000);
        ASSERT_NE(part, again) << got.size();
        got += part;
    }
    EXPECT_TRUE(got == text);
}

TEST_F(Terminals, EchoThatDoesNotFitHoldsTheInputBack) {
    start();
    port.room = 0;
    type(std::string(5000, 'e'));
    EXPECT_GT(port.waiting.size(), 0u);
    port.room = ~usize{0};
    tty->output_ready();
    EXPECT_EQ(screen().size(), LineDiscipline::kInputBytes) << "the rest waits for room in the input";
}

TEST_F(Terminals, ASlowLineMakesWritersWait) {
    port.room = 10;
    const std::string text(3000, 'w');
    const std::string taken = write(text);
    EXPECT_LT(std::stoul(taken), text.size());
    EXPECT_EQ(write("more"), again);
    port.room = ~usize{0};
    tty->output_ready();
    EXPECT_EQ(screen(), text.substr(0, std::stoul(taken)));
    EXPECT_EQ(write("more"), "4");
}

TEST_F(Terminals, StopAndStart) {
    start();
    type("\x13");
    EXPECT_EQ(write("held"), "4");
    type(std::string(6000, 'x'));
    EXPECT_EQ(screen(), "");
    read();
    type("\x11");
    for (int i = 0; i < 3 && !port.waiting.empty(); ++i) read();
    EXPECT_EQ(screen().substr(0, 6), "heldxx");
}

TEST_F(Terminals, TheControllingTerminal) {
    u32 group = 0;
    EXPECT_EQ(control(TIOCGPGRP, &group), -ENOTTY);
    jobs.leader = false;
    EXPECT_EQ(code_of(tty->ioctl(TIOCSCTTY, 0)), -EPERM);
    jobs.leader = true;
    own();
    EXPECT_EQ(jobs.mine.get(), tty.get());
    EXPECT_EQ(control(TIOCGPGRP, &group), 0);
    EXPECT_EQ(group, 5u);
    group = 7;
    EXPECT_EQ(control(TIOCSPGRP, &group), 0);
    jobs.my_group = 7;
    group = 200;
    EXPECT_EQ(control(TIOCSPGRP, &group), -EPERM) << "no such group in the session";
    EXPECT_EQ(tty->foreground_group(), 7u);
}

TEST_F(Terminals, TheBackgroundIsStopped) {
    own();
    jobs.my_group = 9;
    const std::string restart = "error " + std::to_string(kRestartSyscall);
    EXPECT_EQ(read(), restart);
    EXPECT_EQ(jobs.sent, (Signals{{9, kSigTtin}}));
    EXPECT_EQ(write("x"), "1") << "writing is allowed without TOSTOP";
    jobs.my_group = 5;
    change([](termios2& m) { m.c_lflag |= TOSTOP; });
    jobs.my_group = 9;
    EXPECT_EQ(write("x"), restart);
    u32 group = 9;
    EXPECT_EQ(control(TIOCSPGRP, &group), -kRestartSyscall);
    jobs.ignoring = true;
    EXPECT_EQ(control(TIOCSPGRP, &group), 0) << "who ignores SIGTTOU may";
    jobs.my_group = 5;
    EXPECT_EQ(read(), "error " + std::to_string(EIO)) << "who ignores SIGTTIN reads nothing";
    jobs.ignoring = false;
    jobs.orphaned = true;
    EXPECT_EQ(read(), "error " + std::to_string(EIO));
}

TEST_F(Terminals, TheSessionEnds) {
    own();
    tty->session_ended(4);
    EXPECT_TRUE(jobs.sent.empty()) << "another session's";
    tty->session_ended(5);
    EXPECT_EQ(jobs.sent, (Signals{{5, kSigHup}, {5, kSigCont}}));
    u32 group = 0;
    EXPECT_EQ(control(TIOCGPGRP, &group), -ENOTTY);
}

TEST_F(Terminals, WindowSize) {
    own();
    WindowSize window{50, 120, 0, 0};
    EXPECT_EQ(control(TIOCSWINSZ, &window), 0);
    EXPECT_EQ(control(TIOCSWINSZ, &window), 0);
    EXPECT_EQ(jobs.sent, (Signals{{5, kSigWinch}})) << "once: the second time nothing changed";
    WindowSize got{};
    EXPECT_EQ(control(TIOCGWINSZ, &got), 0);
    EXPECT_EQ(got, window);
}

TEST_F(Terminals, FlushingAndCounting) {
    start();
    type("abc\nde");
    i32 count = 0;
    EXPECT_EQ(control(FIONREAD, &count), 0);
    EXPECT_EQ(count, 4);
    EXPECT_EQ(code_of(tty->ioctl(TCFLSH, TCIFLUSH)), 0);
    EXPECT_EQ(read(), again);
    type("x\n");
    set(modes(), TCSETSF2);
    EXPECT_EQ(read(), again);
    EXPECT_EQ(code_of(tty->ioctl(0x1234, 0)), -ENOTTY);
    EXPECT_EQ(code_of(tty->ioctl(TCGETS, 8)), -EFAULT);
}

TEST_F(Terminals, HangUp) {
    own();
    tty->hang_up();
    EXPECT_EQ(read(), "");
    EXPECT_EQ(write("x"), "error " + std::to_string(EIO));
    EXPECT_NE(tty->poll(nullptr) & poll_event::kHangUp, 0);
    EXPECT_EQ(jobs.sent, (Signals{{5, kSigHup}, {5, kSigCont}}));
}

/// Whatever is typed in whatever modes, the kernel's checks hold and everything that can be read is read.

}  // namespace
