// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: execve and what passes through it.
/// @chapter testing
#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

using Words = std::vector<std::string>;

std::vector<char*> pointers(Words const& words) {
    std::vector<char*> list;
    for (auto const& word : words) list.push_back(const_cast<char*>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

struct Result {
    int status;
    std::string output;
};

// Runs a program with its output in a pipe; status 1000 + errno when exec failed.
Result run(std::string const& path, Words const& arguments, Words const& environment = {}) {
    Pipe output;
    pid_t const child = start_child([&] {
        dup2(output.writer.get(), 1);
        output.reader.close();
        output.writer.close();
        auto argv = pointers(arguments);
        auto envp = pointers(environment);
        execve(path.c_str(), argv.data(), envp.data());
        std::string const error = "errno " + std::to_string(errno);
        send(1, error);
        return 99;
    });
    output.writer.close();
    std::string text = read_up_to(output.reader.get(), SIZE_MAX);
    return {wait_for(child), std::move(text)};
}

std::string error(int number) { return "errno " + std::to_string(number); }

void arguments() {
    std::string const self = own_path();
    check("/proc/self/exe names the program", !self.empty() && self[0] == '/');
    same_text("arguments arrive", run(self, {"systest", "--helper", "echo", "one", "", "three 3"}).output,
              "one  three 3\n");
    same_text("argv[0] is the caller's", run(self, {"--helper", "--helper", "name"}).output, "--helper\n");
    Words const environment{"A=1", "EMPTY=", "LONG=" + std::string(3000, 'x')};
    std::string const want = "A=1\nEMPTY=\nLONG=" + std::string(3000, 'x') + "\n";
    same_text("the environment arrives", run(self, {"systest", "--helper", "environment"}, environment).output, want);
    same_text("an empty one too", run(self, {"systest", "--helper", "environment"}).output, "");
    Words many{"systest", "--helper", "count"};
    for (int i = 0; i < 2000; ++i) many.push_back("argument number " + std::to_string(i));
    same_text("2000 arguments", run(self, many).output, "2000\n");
    equal("the exit code comes back", WEXITSTATUS(run(self, {"systest", "--helper", "exit", "200"}).status), 200);
    same_text("/proc/self/exe can be executed", run("/proc/self/exe", {"s", "--helper", "echo", "again"}).output,
              "again\n");
    Words const huge{"systest", std::string(200000, 'y')};
    same_text("an argument of 200,000 bytes is too long", run(self, huge).output, error(E2BIG));
}

void refusals() {
    write_file("text", "this is not a program\n");
    chmod("text", 0755);
    same_text("a text without #!", run("text", {"text"}).output, error(ENOEXEC));
    write_file("broken", std::string("\177ELF", 4) + std::string(20, 'z'));
    chmod("broken", 0755);
    same_text("a broken ELF file", run("broken", {"broken"}).output, error(ENOEXEC));
    write_file("empty", "");
    chmod("empty", 0755);
    same_text("an empty file", run("empty", {"empty"}).output, error(ENOEXEC));
    write_file("plain", "x");
    same_text("a file without x", run("plain", {"plain"}).output, error(EACCES));
    same_text("a directory", run(".", {"."}).output, error(EACCES));
    same_text("nothing", run("missing", {"missing"}).output, error(ENOENT));
    same_text("a path through a file", run("text/x", {"x"}).output, error(ENOTDIR));
}

void scripts() {
    std::string const self = own_path();
    write_file("script", "#!" + self + " --helper\nignored\n");
    chmod("script", 0755);
    same_text("#! with one argument", run("./script", {"s", "a", "b"}).output, "script: ./script a b\n");
    write_file("wrapper", "#! ./script\n");
    chmod("wrapper", 0755);
    same_text("#! whose interpreter is a script", run("./wrapper", {"w", "c"}).output,
              "script: ./script ./wrapper c\n");
    write_file("lost", "#!/no/such/interpreter\n");
    chmod("lost", 0755);
    same_text("#! whose interpreter is missing", run("./lost", {"l"}).output, error(ENOENT));
    write_file("loop", "#!./loop\n");
    chmod("loop", 0755);
    same_text("#! that names itself", run("./loop", {"l"}).output, error(ELOOP));
}

void descriptors() {
    write_file("text", "kept open");
    int const kept = open("text", O_RDONLY);
    int const closed = open("text", O_RDONLY | O_CLOEXEC);
    auto state = [](int number) {
        return run(own_path(), {"systest", "--helper", "open", std::to_string(number)}).output;
    };
    same_text("an ordinary descriptor stays open", state(kept), "open\n");
    same_text("a close-on-exec one does not", state(closed), "closed\n");
    fcntl(kept, F_SETFD, FD_CLOEXEC);
    same_text("FD_CLOEXEC set later", state(kept), "closed\n");
    same_text("dup clears it", state(dup(closed)), "open\n");
    same_text("F_DUPFD_CLOEXEC sets it", state(fcntl(closed, F_DUPFD_CLOEXEC, 20)), "closed\n");
    check("a failed exec closes nothing", execl("missing", "missing", nullptr) == -1 && fcntl(closed, F_GETFD) == 1);
}

void signals_through_exec() {
    auto* const ignore_and_block = +[] {
        signal(SIGUSR1, SIG_IGN);
        signal(SIGUSR2, [](int) {});
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_SETMASK, &set, nullptr);
    };
    Pipe output;
    pid_t const child = start_child([&] {
        ignore_and_block();
        dup2(output.writer.get(), 1);
        execl("/proc/self/exe", "systest", "--helper", "signals", nullptr);
        return 1;
    });
    output.writer.close();
    same_text("ignored stays ignored, handled becomes default, the mask stays",
              read_up_to(output.reader.get(), SIZE_MAX), "SIGUSR1 ignored, SIGUSR2 default, SIGHUP blocked\n");
    wait_for(child);
}

void new_memory() {
    Pages const pages(4);
    std::string const address = std::to_string(reinterpret_cast<uintptr_t>(pages.page(0)));
    Result const result = run(own_path(), {"systest", "--helper", "peek", address});
    same_text("the old image's memory is gone", result.output, "SIGSEGV\n");
    Result const shell = run(own_path(), {"systest", "--helper", "auxiliary"});
    same_text("the auxiliary vector is in order", shell.output,
              "page size 4096, headers found, random bytes, name found\n");
}

constexpr Case kCases[] = {
    {"exec", arguments},
    {"exec-refused", refusals},
    {"exec-script", scripts},
    {"exec-open", descriptors},
    {"exec-signals", signals_through_exec},
    {"exec-memory", new_memory},
};

}  // namespace

Group exec_cases() { return kCases; }

}  // namespace systest
