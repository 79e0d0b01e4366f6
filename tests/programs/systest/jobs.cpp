// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: process groups and sessions, stopping and continuing, SIGCHLD.
/// @chapter testing
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

int volatile children_seen = 0;

// A child that sits in its own group until it is killed.
pid_t idle_child(pid_t group) {
    pid_t const child = start_child([]() -> int {
        for (;;) sleep_milliseconds(1000);
    });
    setpgid(child, group);
    return child;
}

void groups() {
    equal("a case leads a group of its own", getpgrp(), getpid());
    pid_t const first = idle_child(0);
    equal("setpgid gives a child its own", getpgid(first), first);
    pid_t const second = idle_child(first);
    equal("or another's", getpgid(second), first);
    fails("a group that does not exist", setpgid(second, 0x3ffffff), EPERM);
    fails("a process that is no child", setpgid(getppid(), 0), ESRCH);
    fails("a negative group", setpgid(0, -1), EINVAL);
    fails("the group of nothing", getpgid(0x3ffffff), ESRCH);
    succeeds("kill to the group", kill(-first, SIGTERM));
    check("reaches the first", WTERMSIG(wait_for(first)) == SIGTERM);
    check("and the second", WTERMSIG(wait_for(second)) == SIGTERM);
    fails("then the group is gone", kill(-first, 0), ESRCH);
    signal(SIGUSR1, SIG_IGN);
    equal("kill to one's own group", exit_code_of([] {
              setpgid(0, 0);
              Pipe ready;
              pid_t const member = start_child([&]() -> int {
                  signal(SIGUSR1, SIG_DFL);
                  send(ready.writer.get(), "r");
                  for (;;) sleep_milliseconds(1000);
              });
              read_up_to(ready.reader.get(), 1);
              kill(0, SIGUSR1);
              return WTERMSIG(wait_for(member));
          }),
          SIGUSR1);
}

void sessions() {
    fails("the leader of a group cannot begin a session", setsid(), EPERM);
    int const code = exit_code_of([] {
        pid_t const self = getpid();
        bool const begun = setsid() == self && getsid(0) == self && getpgrp() == self;
        return begun ? 1 : 2;
    });
    equal("a child can, and leads its group", code, 1);
    int const again = exit_code_of([] {
        setsid();
        return setsid() == -1 && errno == EPERM ? 1 : 2;
    });
    equal("but only once", again, 1);
    int const moved = exit_code_of([] {
        setsid();
        return setpgid(0, 0) == -1 && errno == EPERM ? 1 : 2;
    });
    equal("the leader of a session cannot change its group", moved, 1);
}

void stopping() {
    Pipe pipe;
    pid_t const child = start_child([&] {
        pipe.reader.close();
        for (int i = 0; i < 3; ++i) {
            send(pipe.writer.get(), "x");
            raise(SIGSTOP);
        }
        return 9;
    });
    pipe.writer.close();
    int stops = 0;
    int status = 0;
    for (int i = 0; i < 3; ++i) {
        waitpid(child, &status, WUNTRACED);
        stops += WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP ? 1 : 0;
        kill(child, SIGCONT);
    }
    equal("a child stops itself three times", stops, 3);
    equal("and ends when it was continued three times", WEXITSTATUS(wait_for(child)), 9);
    equal("what it wrote in between", read_up_to(pipe.reader.get(), 10).size(), 3);
    pid_t const idle = idle_child(0);
    kill(idle, SIGTSTP);
    waitpid(idle, &status, WUNTRACED);
    check("SIGTSTP stops a process that sleeps", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    kill(idle, SIGTERM);
    sleep_milliseconds(20);
    equal("a stopped process does not take SIGTERM", waitpid(idle, &status, WNOHANG), 0);
    kill(idle, SIGCONT);
    check("but when it goes on", WTERMSIG(wait_for(idle)) == SIGTERM);
}

void continuing() {
    Pipe pipe;
    pid_t const child = start_child([&] {
        static int continued = 0;
        signal(SIGCONT, [](int) { ++continued; });
        send(pipe.writer.get(), "r");
        raise(SIGSTOP);
        return continued;
    });
    read_up_to(pipe.reader.get(), 1);
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    equal("SIGCONT runs its handler after it has continued", WEXITSTATUS(wait_for(child)), 1);
    pid_t const ignoring = start_child([] {
        signal(SIGTSTP, SIG_IGN);
        raise(SIGTSTP);
        return 6;
    });
    equal("an ignored SIGTSTP does not stop", WEXITSTATUS(wait_for(ignoring)), 6);
    pid_t const blocking = start_child([] {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTSTP);
        sigprocmask(SIG_BLOCK, &set, nullptr);
        raise(SIGTSTP);
        raise(SIGCONT);
        sigset_t waiting;
        sigpending(&waiting);
        return sigismember(&waiting, SIGTSTP) == 0 ? 7 : 8;
    });
    equal("SIGCONT removes a pending SIGTSTP", WEXITSTATUS(wait_for(blocking)), 7);
}

void child_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { children_seen = children_seen + 1; };
    sigaction(SIGCHLD, &action, nullptr);
    wait_for(start_child([] { return 0; }));
    equal("a child's end is a SIGCHLD", children_seen, 1);
    pid_t const child = idle_child(0);
    int status = 0;
    kill(child, SIGSTOP);
    while (waitpid(child, &status, WUNTRACED) < 0) continue;
    check("so is its stop", eventually([] { return children_seen == 2; }));
    kill(child, SIGCONT);
    check("and that it goes on", eventually([] { return children_seen == 3; }));
    action.sa_flags = SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, nullptr);
    kill(child, SIGSTOP);
    while (waitpid(child, &status, WUNTRACED) < 0) continue;
    kill(child, SIGCONT);
    equal("SA_NOCLDSTOP: not its stop", children_seen, 3);
    kill(child, SIGKILL);
    wait_for(child);
    equal("but its end", children_seen, 4);
    action.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, nullptr);
    pid_t const forgotten = start_child([] { return 0; });
    fails("SA_NOCLDWAIT leaves nothing to wait for", waitpid(forgotten, &status, 0), ECHILD);
}

constexpr Case kCases[] = {
    {"groups", groups},       {"sessions", sessions},     {"stop", stopping},
    {"continue", continuing}, {"sigchld", child_signals},
};

}  // namespace

Group job_cases() { return kCases; }

}  // namespace systest
