// SPDX-License-Identifier: MIT
/// @file
/// @brief Runs a case in a child process, forwards its lines, and reports how it ended when it did not end well.
/// @chapter testing
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "support.h"

namespace systest {

namespace {

// In the process of a case: its name, and the pipe on which its lines go to the runner.
std::string current_case;
int report_pipe = 1;

constexpr int kReportDescriptor = 100;

// The byte that a case writes when its body has returned. It cannot be part of a line.
constexpr char kFinished = '\0';

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        ssize_t const n = write(descriptor, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        text.remove_prefix(static_cast<size_t>(n));
    }
}

std::string errno_text(int error) {
    char const* name = strerrorname_np(error);
    return name != nullptr ? name : std::to_string(error);
}

[[noreturn]] void run_body(Case const& test, int report, std::string const& directory) {
    // The pipe moves out of the way, so that a case finds the low numbers free.
    report_pipe = fcntl(report, F_DUPFD_CLOEXEC, kReportDescriptor);
    for (int number = 3; number < kReportDescriptor; ++number) close(number);
    current_case = test.name;
    setpgid(0, 0);
    int const null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    if (null > 0) close(null);
    if (mkdir(directory.c_str(), 0755) != 0 || chdir(directory.c_str()) != 0)
        check("a directory to work in", false, directory + ": " + errno_text(errno));
    umask(022);
    test.body();
    write_all(report_pipe, std::string_view(&kFinished, 1));
    _exit(0);
}

// Collects what a case writes and prints it line by line.
class Report {
   public:
    explicit Report(Totals& totals) : totals_(totals) {}

    void take(std::string_view bytes) {
        for (char const c : bytes) {
            if (c == kFinished) {
                finished_ = true;
                continue;
            }
            line_ += c;
            if (c == '\n') end_line();
        }
    }

    void fail(std::string_view name, std::string_view what) {
        if (!line_.empty()) take("\n");
        take(std::string(name) + ": " + std::string(what) + ": FAILED\n");
    }

    bool finished() const { return finished_; }

   private:
    void end_line() {
        bool const ok = line_.ends_with(": ok\n");
        ++(ok ? totals_.passed : totals_.failed);
        print(line_);
        line_.clear();
    }

    Totals& totals_;
    std::string line_;
    bool finished_ = false;
};

enum class Reading { Data, Nothing, End };

// Waits at most `milliseconds` for lines from the case.
Reading read_report(int descriptor, Report& report, int milliseconds) {
    pollfd waiting{descriptor, POLLIN, 0};
    if (poll(&waiting, 1, milliseconds) <= 0) return Reading::Nothing;
    char buffer[4096];
    ssize_t const n = read(descriptor, buffer, sizeof buffer);
    if (n <= 0) return Reading::End;
    report.take(std::string_view(buffer, static_cast<size_t>(n)));
    return Reading::Data;
}

// Follows a case until its process is gone. A case's orphans may hold the pipe open for longer than the case lives, and
// a case may hang: so neither the end of the pipe nor the process alone is waited for.
int follow(pid_t child, int descriptor, Report& report, int timeout_seconds) {
    int64_t const deadline = milliseconds_now() + int64_t{timeout_seconds} * 1000;
    int status = 0;
    for (;;) {
        Reading const got = read_report(descriptor, report, 200);
        bool const over = report.finished() || got == Reading::End;
        if (waitpid(child, &status, over ? 0 : WNOHANG) == child) break;
        if (milliseconds_now() > deadline) {
            kill(-child, SIGKILL);
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            status = -1;
            break;
        }
    }
    kill(-child, SIGKILL);
    while (read_report(descriptor, report, 0) == Reading::Data) continue;
    return status;
}

}  // namespace

void print(std::string_view text) { write_all(1, text); }

void check(std::string_view what, bool holds, std::string const& detail) {
    int const saved = errno;
    std::string line = current_case + ": " + std::string(what);
    if (holds) {
        line += ": ok\n";
    } else {
        line += detail.empty() ? ": FAILED\n" : " (" + detail + "): FAILED\n";
    }
    write_all(report_pipe, line);
    errno = saved;
}

void check(std::string_view what, bool holds) { check(what, holds, std::string()); }

void same_text(std::string_view what, std::string_view got, std::string_view want) {
    check(what, got == want, "got '" + std::string(got) + "', expected '" + std::string(want) + "'");
}

void succeeds(std::string_view what, long result) {
    check(what, result != -1, result == -1 ? errno_text(errno) : std::string());
}

void fails(std::string_view what, long result, int error) {
    int const got = errno;
    if (result != -1) {
        check(what, false, "returned " + std::to_string(result) + ", expected " + errno_text(error));
    } else {
        check(what, got == error, "got " + errno_text(got) + ", expected " + errno_text(error));
    }
}

void run_case(Case const& test, RunOptions const& options, Totals& totals) {
    Report report(totals);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return report.fail(test.name, "could not make a pipe");
    pid_t const child = fork();
    if (child < 0) return report.fail(test.name, "could not fork");
    if (child == 0) {
        close(ends[0]);
        run_body(test, ends[1], options.directory + "/" + std::string(test.name));
    }
    close(ends[1]);
    setpgid(child, child);
    int const status = follow(child, ends[0], report, options.timeout_seconds);
    close(ends[0]);

    if (status == -1) {
        report.fail(test.name, "still running after " + std::to_string(options.timeout_seconds) + " s");
    } else if (WIFSIGNALED(status)) {
        report.fail(test.name, "died of " + signal_name(WTERMSIG(status)));
    } else if (!report.finished() || status != 0) {
        report.fail(test.name, "left before its end");
    }
}

std::string make_work_directory(RunOptions const& options) {
    for (int attempt = 0; attempt < 1000; ++attempt) {
        std::string const path = options.directory + "/systest." + std::to_string(attempt);
        if (mkdir(path.c_str(), 0755) == 0) return path;
        if (errno != EEXIST) break;
    }
    return {};
}

void remove_tree(std::string const& path) {
    DIR* const directory = opendir(path.c_str());
    if (directory != nullptr) {
        while (dirent const* entry = readdir(directory)) {
            std::string const name = entry->d_name;
            if (name == "." || name == "..") continue;
            std::string const below = path + "/" + name;
            if (unlink(below.c_str()) != 0) remove_tree(below);
        }
        closedir(directory);
    }
    rmdir(path.c_str());
}

}  // namespace systest
