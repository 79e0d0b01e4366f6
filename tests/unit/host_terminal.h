// SPDX-License-Identifier: MIT
/// @file
/// @brief A terminal between a line and a process that the test plays.
/// @chapter testing
#pragma once

#include <asm/ioctls.h>

#include <deque>
#include <random>

#include "drivers/tty.h"
#include "host_files.h"
#include "proc/signal_set.h"

namespace host_files {

/// A line whose other end is the test: what was sent, and bytes that wait to be received.
class FakePort final : public TtyPort {
   public:
    usize write(std::span<const char> bytes) override {
        const usize taken = std::min(bytes.size(), room);
        room -= taken;
        screen.append(bytes.data(), taken);
        return taken;
    }
    void resume_input() override {
        ++resumes;
        deliver();
    }
    /// Hands over what the terminal wants, as an interrupt would.
    void deliver() {
        while (!waiting.empty() && tty->wants_input()) {
            tty->receive(static_cast<u8>(waiting.front()));
            waiting.pop_front();
        }
    }
    std::string screen;
    std::deque<char> waiting;
    usize room = ~usize{0};
    int resumes = 0;
    Tty* tty = nullptr;
};

/// A process in a session, as the terminal sees it.
class FakeJobs final : public JobControl {
   public:
    u32 session() override { return my_session; }
    u32 group() override { return my_group; }
    bool is_session_leader() override { return leader; }
    bool ignores(int) override { return ignoring; }
    bool group_is_orphaned() override { return orphaned; }
    bool group_is_in(u32 group, u32) override { return group < 100; }
    void signal_group(u32 group, int signal) override { sent.emplace_back(group, signal); }
    Ref<Terminal> terminal() override { return mine; }
    void set_terminal(Ref<Terminal> terminal) override { mine = std::move(terminal); }
    u32 my_session = 5, my_group = 5;
    bool leader = true, ignoring = false, orphaned = false;
    std::vector<std::pair<u32, int>> sent;
    Ref<Terminal> mine;
};
using Signals = std::vector<std::pair<u32, int>>;

class Terminals : public testing::Test {
   protected:
    void SetUp() override {
        new_root();
        tty = *make_ref<Tty>(port, jobs, DeviceNumber{4, 64});
        ASSERT_TRUE(tty->create().ok());
        port.tty = tty.get();
    }
    void TearDown() override { jobs.mine = Ref<Terminal>(); }
    void type(std::string_view text) {
        port.waiting.insert(port.waiting.end(), text.begin(), text.end());
        port.deliver();
    }
    /// What a read gets, or the errno.
    std::string read(usize bytes = 4096) {
        std::string text(bytes, '?');
        KernelBuffer buffer(std::as_writable_bytes(std::span(text)));
        auto count = tty->read(buffer, open_flag::kNonblock);
        return count.ok() ? text.substr(0, *count) : "error " + std::to_string(count.error().code);
    }
    std::string write(std::string_view text) {
        KernelBuffer buffer = buffer_of(text);
        auto count = tty->write(buffer, open_flag::kNonblock);
        return count.ok() ? std::to_string(*count) : "error " + std::to_string(count.error().code);
    }
    std::string screen() { return std::exchange(port.screen, ""); }
    template <class T>
    int control(u32 request, T* argument) {
        auto done = tty->ioctl(request, reinterpret_cast<u64>(argument));
        return code_of(done);
    }
    termios2 modes() {
        termios2 modes{};
        EXPECT_EQ(control(TCGETS2, &modes), 0);
        return modes;
    }
    void set(termios2 wanted, u32 how = TCSETS2) { EXPECT_EQ(control(how, &wanted), 0); }
    void set_raw(u8 least = 1, u8 tenths = 0) {
        termios2 raw = modes();
        raw.c_lflag &= ~static_cast<u32>(ICANON | ECHO | ISIG | IEXTEN);
        raw.c_iflag = 0;
        raw.c_oflag &= ~static_cast<u32>(OPOST);
        raw.c_cc[VMIN] = least;
        raw.c_cc[VTIME] = tenths;
        set(raw);
    }
    void change(void (*edit)(termios2&)) {
        termios2 changed = modes();
        edit(changed);
        set(changed);
    }
    /// The terminal of session 5, group 5 in the foreground, receiving.
    void own() {
        ASSERT_TRUE(tty->ioctl(TIOCSCTTY, 0).ok());
        start();
    }
    void start() { static_cast<void>(tty->poll(nullptr)); }
    const std::string again = "error " + std::to_string(EAGAIN);
    FakePort port;
    FakeJobs jobs;
    Ref<Tty> tty;
};

}  // namespace host_files
