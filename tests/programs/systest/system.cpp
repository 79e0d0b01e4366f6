// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: what the system says of itself: uname, getrandom, devices, /proc, limits.
/// @chapter testing
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void names() {
    utsname name{};
    succeeds("uname", uname(&name));
    same_text("the machine", name.machine, "x86_64");
    check("a system, a release, a version", name.sysname[0] != 0 && name.release[0] != 0 && name.version[0] != 0);
    check("the release begins with a digit", name.release[0] >= '1' && name.release[0] <= '9');
    char host[256] = {};
    succeeds("gethostname", gethostname(host, sizeof host));
    same_text("is uname's", host, name.nodename);
    char title[16] = {};
    succeeds("PR_SET_NAME", prctl(PR_SET_NAME, "a-name-longer-than-fifteen"));
    succeeds("PR_GET_NAME", prctl(PR_GET_NAME, title));
    same_text("15 bytes of it are kept", title, "a-name-longer-t");
    fails("a prctl that nobody knows", prctl(0x7fffff), EINVAL);
    fails("a system call that nobody knows", syscall(100000), ENOSYS);
    fails("one with a negative number", syscall(-1), ENOSYS);
}

void random_bytes() {
    unsigned char first[64] = {};
    unsigned char second[64] = {};
    equal("getrandom", getrandom(first, sizeof first, 0), 64);
    equal("once more", getrandom(second, sizeof second, GRND_NONBLOCK), 64);
    check("gives other bytes", memcmp(first, second, sizeof first) != 0);
    int seen[256] = {};
    int kinds = 0;
    for (unsigned char const byte : first) kinds += seen[byte]++ == 0 ? 1 : 0;
    check("of many values", kinds > 20);
    fails("a flag that nobody knows", getrandom(first, sizeof first, 0x100), EINVAL);
    Descriptor const device(open("/dev/urandom", O_RDONLY));
    equal("/dev/urandom", read(device.get(), first, 32), 32);
}

void devices() {
    Descriptor const null(open("/dev/null", O_RDWR));
    char bytes[32];
    memset(bytes, 'x', sizeof bytes);
    equal("/dev/null takes all", write(null.get(), bytes, 32), 32);
    equal("and gives nothing", read(null.get(), bytes, 32), 0);
    Descriptor const zero(open("/dev/zero", O_RDWR));
    equal("/dev/zero gives 32 bytes", read(zero.get(), bytes, 32), 32);
    int sum = 0;
    for (char const byte : bytes) sum += byte;
    equal("of zero", sum, 0);
    equal("and takes all", write(zero.get(), bytes, 32), 32);
    equal("/dev/tty needs a terminal of one's own", exit_code_of([] {
              setsid();
              return open("/dev/tty", O_RDWR) == -1 && errno == ENXIO ? 1 : 2;
          }),
          1);
}

std::string line_of(std::string const& text, std::string const& name) {
    size_t const at = text.find(name + ":");
    if (at == std::string::npos) return {};
    size_t const start = text.find_first_not_of(" \t", at + name.size() + 1);
    return text.substr(start, text.find('\n', start) - start);
}

void own_process() {
    std::string const number = std::to_string(getpid());
    std::string const line = read_file("/proc/self/cmdline");
    check("/proc/self/cmdline has the arguments", line.find("systest") != std::string::npos && line.back() == '\0');
    check("/proc/PID is the same", read_file(("/proc/" + number + "/cmdline").c_str()) == line);
    prctl(PR_SET_NAME, "name (odd) 1");
    std::string const stat = read_file("/proc/self/stat");
    check("/proc/self/stat begins with number and name", stat.starts_with(number + " (name (odd) 1) R "));
    std::string const parent = stat.substr(stat.rfind(')') + 4);
    check("then the parent's number",
          parent.starts_with(std::to_string(getppid()) + " " + std::to_string(getpgrp()) + " "));
    std::string const status = read_file("/proc/self/status");
    same_text("/proc/self/status: Name", line_of(status, "Name"), "name (odd) 1");
    same_text("Pid", line_of(status, "Pid"), number);
    same_text("PPid", line_of(status, "PPid"), std::to_string(getppid()));
    same_text("Threads", line_of(status, "Threads"), "1");
    std::string const thread = "/proc/self/task/" + number;
    same_text("the first thread has a directory", line_of(read_file((thread + "/status").c_str()), "Pid"), number);
    fails("but none of threads in it", access((thread + "/task").c_str(), F_OK), ENOENT);
    std::thread([&] {
        same_text("and with a thread", line_of(read_file("/proc/self/status"), "Threads"), "2");
    }).join();
    char path[4096];
    char cwd[4096];
    ssize_t const length = readlink("/proc/self/cwd", path, sizeof path);
    same_text("/proc/self/cwd", std::string(path, static_cast<size_t>(length < 0 ? 0 : length)),
              getcwd(cwd, sizeof cwd));
    check("/proc/self/maps has the stack", read_file("/proc/self/maps").find("[stack]") != std::string::npos);
    check("/proc of a process that does not exist", open("/proc/99999999/stat", O_RDONLY) == -1 && errno == ENOENT);
}

void own_descriptors() {
    write_file("text", "through the link");
    Descriptor const file(open("text", O_RDONLY));
    std::string const link = "/proc/self/fd/" + std::to_string(file.get());
    char path[4096];
    ssize_t const length = readlink(link.c_str(), path, sizeof path);
    check("/proc/self/fd/N names the file",
          std::string(path, static_cast<size_t>(length < 0 ? 0 : length)).ends_with("/text"));
    same_text("and opens it", read_file(link.c_str()), "through the link");
    int found = 0;
    DIR* const directory = opendir("/proc/self/fd");
    if (directory != nullptr) {
        while (dirent const* entry = readdir(directory)) found += entry->d_name == std::to_string(file.get()) ? 1 : 0;
        closedir(directory);
    }
    equal("/proc/self/fd lists it", found, 1);
    Pipe pipe;
    std::string const reader = "/proc/self/fd/" + std::to_string(pipe.reader.get());
    ssize_t const n = readlink(reader.c_str(), path, sizeof path);
    check("a pipe is called pipe:[N]", std::string(path, static_cast<size_t>(n < 0 ? 0 : n)).starts_with("pipe:["));
    equal("a pipe is written to", write(pipe.writer.get(), "late", 4), 4);
    pipe.writer.close();
    same_text("and opened again when its writer has gone", read_file(reader.c_str()), "late");
}

void other_processes() {
    pid_t const child = start_child([]() -> int {
        for (;;) sleep_milliseconds(1000);
    });
    int found = 0;
    DIR* const directory = opendir("/proc");
    while (dirent const* entry = readdir(directory)) found += entry->d_name == std::to_string(child) ? 1 : 0;
    closedir(directory);
    equal("/proc lists a child", found, 1);
    std::string const path = "/proc/" + std::to_string(child) + "/stat";
    auto state = [&] {
        std::string const text = read_file(path.c_str());
        return text.empty() ? '-' : text[text.rfind(')') + 2];
    };
    check("which sleeps", eventually([&] { return state() == 'S'; }));
    kill(child, SIGSTOP);
    check("and stops", eventually([&] { return state() == 'T'; }));
    kill(child, SIGKILL);
    check("and is a zombie when it was killed", eventually([&] { return state() == 'Z'; }));
    wait_for(child);
    equal("and gone when it was waited for", state(), '-');
    std::string const memory = read_file("/proc/meminfo");
    check("/proc/meminfo", !line_of(memory, "MemTotal").empty() && line_of(memory, "MemTotal").ends_with(" kB") &&
                               !line_of(memory, "MemFree").empty());
    check("/proc/stat", read_file("/proc/stat").starts_with("cpu "));
    check("/proc/uptime", read_file("/proc/uptime").find('.') != std::string::npos);
    check("/proc/loadavg", read_file("/proc/loadavg").find('/') != std::string::npos);
    check("/proc/mounts", read_file("/proc/mounts").find(" /proc proc ") != std::string::npos);
    check("/proc/cpuinfo", read_file("/proc/cpuinfo").starts_with("processor\t: 0\n"));
    check("/proc/cmdline", read_file("/proc/cmdline").ends_with("\n"));
    fails("a file of /proc cannot be written", open("/proc/uptime/x", O_WRONLY | O_CREAT, 0644), ENOTDIR);
}

void limits_and_yield() {
    rlimit limit{};
    succeeds("the limit of the stack", getrlimit(RLIMIT_STACK, &limit));
    check("is at least 1 MiB", limit.rlim_cur >= (1 << 20));
    succeeds("the limit of open files", getrlimit(RLIMIT_NOFILE, &limit));
    check("is at least 200", limit.rlim_cur >= 200);
    fails("a limit that nobody knows", syscall(SYS_prlimit64, 0, 99, nullptr, &limit), EINVAL);
    int failed = 0;
    for (int i = 0; i < 1000; ++i) failed += sched_yield() != 0 ? 1 : 0;
    equal("1000 times sched_yield", failed, 0);
    cpu_set_t processors;
    succeeds("sched_getaffinity", sched_getaffinity(0, sizeof processors, &processors));
    check("has at least one processor", CPU_COUNT(&processors) >= 1);
    check("sysconf says so too", sysconf(_SC_NPROCESSORS_ONLN) >= 1 && sysconf(_SC_PAGESIZE) == 4096);
    check("the user is the same four ways", getuid() == geteuid() && getgid() == getegid());
    unsigned processor = 99999;
    succeeds("getcpu", static_cast<long>(syscall(SYS_getcpu, &processor, nullptr, nullptr)));
    check("is a small number", processor < 4096);
}

constexpr Case kCases[] = {
    {"names", names},
    {"random", random_bytes},
    {"devices", devices},
    {"proc-self", own_process},
    {"proc-fd", own_descriptors},
    {"proc", other_processes},
    {"limits", limits_and_yield},
};

}  // namespace

Group system_cases() { return kCases; }

}  // namespace systest
