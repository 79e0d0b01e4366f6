// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: wait4, exit statuses, zombies, orphans.
/// @chapter testing
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void exit_statuses() {
    int wrong = 0;
    for (int code = 0; code < 256; ++code) {
        int const status = run_child([code] { return code; });
        wrong += WIFEXITED(status) && WEXITSTATUS(status) == code ? 0 : 1;
    }
    equal("all 256 exit codes", wrong, 0);
    equal("exit(-1) is 255", WEXITSTATUS(run_child([] { return -1; })), 255);
    equal("exit(0x1234) is 0x34", WEXITSTATUS(run_child([] { return 0x1234; })), 0x34);
    int const killed = run_child([] { return raise(SIGKILL); });
    check("SIGKILL", WIFSIGNALED(killed) && WTERMSIG(killed) == SIGKILL);
    int const terminated = run_child([] { return raise(SIGTERM); });
    check("SIGTERM", WIFSIGNALED(terminated) && WTERMSIG(terminated) == SIGTERM);
    int const real_time = run_child([] { return raise(SIGRTMIN + 3); });
    check("a real-time signal", WIFSIGNALED(real_time) && WTERMSIG(real_time) == SIGRTMIN + 3);
    int const aborted = run_child([]() -> int { abort(); });
    check("abort", WIFSIGNALED(aborted) && WTERMSIG(aborted) == SIGABRT);
    equal("a process killed while it waits", run_child([] {
              Pipe const never;
              pid_t const self = getpid();
              start_child([self] { return kill(self, SIGINT); });
              char byte;
              return static_cast<int>(read(never.reader.get(), &byte, 1));
          }),
          SIGINT);
}

void which_child() {
    int status = 0;
    fails("no child at all", waitpid(-1, &status, 0), ECHILD);
    fails("no child at all, without waiting", waitpid(-1, &status, WNOHANG), ECHILD);
    fails("a process that is no child", waitpid(getppid(), &status, 0), ECHILD);
    Pipe go;
    pid_t const slow = start_child([&] {
        go.writer.close();
        return static_cast<int>(read_up_to(go.reader.get(), 1).size()) + 10;
    });
    pid_t const quick = start_child([] { return 20; });
    equal("a child that runs is not reported", waitpid(slow, &status, WNOHANG), 0);
    equal("the one that was asked for", waitpid(quick, &status, 0), quick);
    equal("with its code", WEXITSTATUS(status), 20);
    equal("any child: none has ended", waitpid(-1, &status, WNOHANG), 0);
    go.writer.close();
    equal("any child: the one that ends", waitpid(-1, &status, 0), slow);
    equal("with its code", WEXITSTATUS(status), 10);
    fails("it is reported once", waitpid(slow, &status, 0), ECHILD);
    fails("options that nobody knows", waitpid(-1, &status, 0x10000), EINVAL);
}

void groups() {
    Pipe ready;
    auto member = [&](int code) {
        return start_child([&, code] {
            setpgid(0, 0);
            send(ready.writer.get(), "x");
            return code;
        });
    };
    pid_t const first = member(1);
    pid_t const second = member(2);
    read_up_to(ready.reader.get(), 2);
    int status = 0;
    equal("a group by its number", waitpid(-second, &status, 0), second);
    equal("gives its member", WEXITSTATUS(status), 2);
    fails("then it has no member", waitpid(-second, &status, 0), ECHILD);
    equal("the other group", waitpid(-first, &status, 0), first);
    pid_t const own = start_child([] { return 3; });
    equal("our own group", waitpid(0, &status, 0), own);
}

void stopped_children() {
    Pipe go;
    Pipe end;
    pid_t const child = start_child([&] {
        go.writer.close();
        end.writer.close();
        read_up_to(go.reader.get(), 1);
        read_up_to(end.reader.get(), 1);
        return 44;
    });
    int status = 0;
    kill(child, SIGSTOP);
    equal("WUNTRACED reports a stop", waitpid(child, &status, WUNTRACED), child);
    check("by SIGSTOP", WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    equal("once", waitpid(child, &status, WUNTRACED | WNOHANG), 0);
    go.writer.close();
    sleep_milliseconds(20);
    equal("a stopped child does not go on by itself", waitpid(child, &status, WNOHANG), 0);
    kill(child, SIGCONT);
    equal("WCONTINUED reports that it goes on", waitpid(child, &status, WCONTINUED), child);
    check("as continued", WIFCONTINUED(status));
    end.writer.close();
    equal("then it ends", waitpid(child, &status, 0), child);
    equal("with its code", WEXITSTATUS(status), 44);
    pid_t const other = start_child([] { return raise(SIGSTOP); });
    waitpid(other, &status, WUNTRACED);
    kill(other, SIGKILL);
    waitpid(other, &status, 0);
    check("a stopped child can be killed", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void zombies() {
    pid_t const child = start_child([] { return 5; });
    siginfo_t info{};
    equal("waitid with WNOWAIT", waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    check("says how it ended", info.si_code == CLD_EXITED && info.si_status == 5 && info.si_pid == child);
    succeeds("a zombie can be sent signals", kill(child, SIGTERM));
    int status = 0;
    equal("and is still there to be waited for", waitpid(child, &status, 0), child);
    equal("with its code", WEXITSTATUS(status), 5);
    fails("afterwards it is gone", kill(child, 0), ESRCH);
    signal(SIGCHLD, SIG_IGN);
    pid_t const ignored = start_child([] { return 6; });
    fails("with SIGCHLD ignored, no child is left to wait for", waitpid(ignored, &status, 0), ECHILD);
    signal(SIGCHLD, SIG_DFL);
    struct rusage usage {};
    pid_t const last = start_child([] { return 7; });
    equal("wait4 fills a usage", wait4(last, &status, 0, &usage), last);
    equal("and the code", WEXITSTATUS(status), 7);
}

void orphans() {
    Pipe report;
    pid_t const parent = getpid();
    int const status = run_child([&] {
        pid_t const middle = getpid();
        start_child([&, middle] {
            bool const adopted = eventually([=] { return getppid() != middle; });
            send(report.writer.get(), adopted && getppid() != parent ? "adopted" : "not adopted");
            return 0;
        });
        return 3;
    });
    equal("the middle process ends first", WEXITSTATUS(status), 3);
    report.writer.close();
    same_text("its child gets another parent, and not its grandparent", read_up_to(report.reader.get(), 100),
              "adopted");
    int ignored = 0;
    fails("which is none of ours to wait for", waitpid(-1, &ignored, 0), ECHILD);
}

void waiting_is_interrupted() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    Pipe go;
    pid_t const child = start_child([&] {
        go.writer.close();
        read_up_to(go.reader.get(), 1);
        return 1;
    });
    pid_t const alarm = signal_when_asleep(SIGUSR1);
    int status = 0;
    fails("a signal ends waitpid", waitpid(child, &status, 0), EINTR);
    wait_for(alarm);
    go.writer.close();
    equal("the child can be waited for again", wait_for(child), 0x100);
}

constexpr Case kCases[] = {
    {"wait-status", exit_statuses},
    {"wait-which", which_child},
    {"wait-group", groups},
    {"wait-stopped", stopped_children},
    {"wait-zombie", zombies},
    {"wait-orphan", orphans},
    {"wait-interrupted", waiting_is_interrupted},
};

}  // namespace

Group wait_cases() { return kCases; }

}  // namespace systest
