// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: sending signals, masks, waiting for signals, restarting system calls.
/// @chapter testing
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

int volatile count = 0;
char order[16] = {};

void count_up(int) { count = count + 1; }

void handle(int signal, void (*handler)(int), unsigned flags = 0) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = static_cast<int>(flags);
    sigaction(signal, &action, nullptr);
}

sigset_t set_of(int signal) {
    sigset_t set;
    sigemptyset(&set);
    if (signal != 0) sigaddset(&set, signal);
    return set;
}

void block(int signal) {
    sigset_t const set = set_of(signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
}

void unblock(int signal) {
    sigset_t const set = set_of(signal);
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

bool pending(int signal) {
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, signal) == 1;
}

void delivery() {
    handle(SIGUSR1, count_up);
    succeeds("kill", kill(getpid(), SIGUSR1));
    equal("the handler has run when kill returns", count, 1);
    raise(SIGUSR1);
    equal("also by raise", count, 2);
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    equal("an ignored signal does nothing", count, 2);
    check("signal() tells what was before", signal(SIGUSR1, count_up) == SIG_IGN);
    succeeds("signal 0 only asks", kill(getpid(), 0));
    fails("a signal that nobody knows", kill(getpid(), 65), EINVAL);
    fails("a process that does not exist", kill(0x3ffffff, SIGTERM), ESRCH);
    struct sigaction action {};
    action.sa_handler = count_up;
    fails("SIGKILL cannot be handled", sigaction(SIGKILL, &action, nullptr), EINVAL);
    fails("nor SIGSTOP", sigaction(SIGSTOP, &action, nullptr), EINVAL);
    int const ignored = run_child([] { return raise(SIGCHLD) + raise(SIGWINCH) + raise(SIGURG) + raise(SIGCONT) + 5; });
    equal("SIGCHLD, SIGWINCH, SIGURG and SIGCONT do nothing by default", WEXITSTATUS(ignored), 5);
    long const thread = syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
    check("tgkill", thread == 0 && count == 3);
    fails("tgkill to a thread of another process", syscall(SYS_tgkill, getppid(), gettid(), SIGUSR1), ESRCH);
}

void masks() {
    handle(SIGUSR1, count_up);
    block(SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    equal("a blocked signal waits", count, 0);
    check("and is pending", pending(SIGUSR1));
    unblock(SIGUSR1);
    equal("it comes once when let in", count, 1);
    check("and is no longer pending", !pending(SIGUSR1));
    block(SIGRTMIN);
    handle(SIGRTMIN, count_up);
    for (int i = 0; i < 3; ++i) raise(SIGRTMIN);
    unblock(SIGRTMIN);
    equal("a real-time signal comes as often as it was sent", count, 4);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    sigset_t now;
    sigprocmask(SIG_BLOCK, nullptr, &now);
    check("SIGKILL and SIGSTOP cannot be blocked", sigismember(&now, SIGKILL) == 0 && sigismember(&now, SIGSTOP) == 0);
    equal("the mask is inherited by fork", exit_code_of([] {
              sigset_t mine;
              sigprocmask(SIG_BLOCK, nullptr, &mine);
              return sigismember(&mine, SIGHUP);
          }),
          1);
    raise(SIGTERM);
    equal("pending signals are not", exit_code_of([] { return pending(SIGTERM) ? 1 : 2; }), 2);
    int const status = run_child([] { return raise(SIGKILL); });
    check("SIGKILL comes through", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    signal(SIGTERM, SIG_IGN);
    check("ignoring a pending signal removes it", !pending(SIGTERM));
    fails("a way to mask that nobody knows", sigprocmask(99, &all, nullptr), EINVAL);
    fails("a set of another size", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, nullptr, 4), EINVAL);
}

void append(char mark) {
    for (char& slot : order) {
        if (slot != 0) continue;
        slot = mark;
        return;
    }
}

void nesting() {
    handle(SIGUSR1, [](int) {
        append('(');
        raise(SIGUSR1);
        raise(SIGUSR2);
        append(')');
    });
    handle(SIGUSR2, [](int) {
        append('2');
        static int once = 0;
        if (once++ == 0) signal(SIGUSR1, [](int) { append('1'); });
    });
    raise(SIGUSR1);
    same_text("a handler's own signal waits for its end, another one does not", order, "(2)1");
    order[0] = order[1] = order[2] = order[3] = 0;
    struct sigaction action {};
    action.sa_handler = [](int) {
        append('<');
        raise(SIGUSR2);
        append('>');
    };
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGHUP, &action, nullptr);
    raise(SIGHUP);
    same_text("sa_mask keeps out others", order, "<>2");
    order[0] = order[1] = order[2] = 0;
    handle(
        SIGHUP,
        [](int) {
            append('n');
            if (order[1] == 0) raise(SIGHUP);
        },
        SA_NODEFER);
    raise(SIGHUP);
    same_text("SA_NODEFER lets a handler be interrupted by its own", order, "nn");
    handle(SIGHUP, count_up, SA_RESETHAND);
    raise(SIGHUP);
    equal("SA_RESETHAND runs the handler once", count, 1);
    struct sigaction now {};
    sigaction(SIGHUP, nullptr, &now);
    check("then it is the default", now.sa_handler == SIG_DFL);
}

void lowest_first() {
    for (int const signal : {SIGUSR2, SIGHUP, SIGTERM, SIGUSR1}) block(signal);
    for (int const signal : {SIGUSR2, SIGHUP, SIGTERM, SIGUSR1}) {
        struct sigaction action {};
        action.sa_handler = [](int number) {
            append(number == SIGHUP ? 'H' : number == SIGUSR1 ? '1' : number == SIGUSR2 ? '2' : 'T');
        };
        sigfillset(&action.sa_mask);
        sigaction(signal, &action, nullptr);
        raise(signal);
    }
    sigset_t const none = set_of(0);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    equal("four pending signals are all delivered", std::string(order).size(), 4);
}

void waiting() {
    handle(SIGUSR1, count_up);
    block(SIGUSR1);
    raise(SIGUSR1);
    sigset_t const none = set_of(0);
    fails("sigsuspend lets a pending signal in", sigsuspend(&none), EINTR);
    equal("its handler has run", count, 1);
    sigset_t now;
    sigprocmask(SIG_BLOCK, nullptr, &now);
    equal("the old mask is back", sigismember(&now, SIGUSR1), 1);
    pid_t child = signal_when_asleep(SIGUSR1);
    fails("sigsuspend waits for one that comes later", sigsuspend(&none), EINTR);
    equal("and its handler has run", count, 2);
    wait_for(child);
    unblock(SIGUSR1);
    child = signal_when_asleep(SIGUSR1);
    fails("pause", pause(), EINTR);
    equal("returns after the handler", count, 3);
    wait_for(child);
    block(SIGUSR2);
    raise(SIGUSR2);
    sigset_t const second = set_of(SIGUSR2);
    siginfo_t info{};
    equal("sigwaitinfo takes a pending signal", sigwaitinfo(&second, &info), SIGUSR2);
    check("without a handler", !pending(SIGUSR2) && info.si_signo == SIGUSR2);
    timespec const brief{0, 20000000};
    fails("sigtimedwait gives up", sigtimedwait(&second, &info, &brief), EAGAIN);
}

void restarting() {
    Pipe const pipe;
    char byte = 0;
    handle(SIGUSR1, count_up);
    pid_t child = signal_when_asleep(SIGUSR1);
    fails("without SA_RESTART a read is EINTR", read(pipe.reader.get(), &byte, 1), EINTR);
    wait_for(child);
    handle(SIGUSR1, count_up, SA_RESTART);
    child = start_child([&, self = getpid()] {
        until_asleep(self);
        kill(self, SIGUSR1);
        sleep_milliseconds(20);
        until_asleep(self);
        return send(pipe.writer.get(), "r") ? 0 : 1;
    });
    equal("with it the read goes on", read(pipe.reader.get(), &byte, 1), 1);
    check("until the byte comes", byte == 'r' && count == 2);
    wait_for(child);
    child = signal_when_asleep(SIGUSR1);
    equal("wait goes on too", wait_for(child), 0);
    timespec left{0, 0};
    child = signal_when_asleep(SIGUSR1);
    timespec const long_time{100, 0};
    int const slept = clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, &left);
    equal("a sleep does not", slept, EINTR);
    check("and says what is left", left.tv_sec >= 50 && left.tv_sec <= 100);
    wait_for(child);
    signal(SIGUSR1, SIG_IGN);
    child = start_child([&, self = getpid()] {
        until_asleep(self);
        kill(self, SIGUSR1);
        sleep_milliseconds(20);
        return send(pipe.writer.get(), "i") ? 0 : 1;
    });
    equal("an ignored signal interrupts nothing", read(pipe.reader.get(), &byte, 1), 1);
    wait_for(child);
}

void storms() {
    static int volatile over = 0;
    handle(SIGUSR1, count_up);
    handle(SIGUSR2, [](int) { over = 1; });
    pid_t const self = getpid();
    pid_t const child = start_child([self] {
        for (int i = 0; i < 2000; ++i) kill(self, SIGUSR1);
        return kill(self, SIGUSR2);
    });
    uint64_t sum = 0;
    uint64_t steps = 0;
    while (over == 0) sum += ++steps;
    wait_for(child);
    check("a computation is not disturbed by 2000 signals", sum == steps * (steps + 1) / 2);
    check("of which at least one and at most 2000 arrive", count >= 1 && count <= 2000);
}

constexpr Case kCases[] = {
    {"signal", delivery},           {"signal-mask", masks},   {"signal-nested", nesting},
    {"signal-order", lowest_first}, {"signal-wait", waiting}, {"signal-restart", restarting},
    {"signal-storm", storms},
};

}  // namespace

Group signal_cases() { return kCases; }

}  // namespace systest
