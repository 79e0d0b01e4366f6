// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: fork with copy-on-write, trees of processes, vfork, posix_spawn.
/// @chapter testing
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "harness.h"
#include "support.h"

extern char** environ;

namespace systest {

namespace {

int global_value = 1;

void own_copies() {
    int local = 1;
    Pages const pages(16);
    memset(pages.page(0), 1, pages.bytes());
    Pipe go;
    pid_t const child = start_child([&] {
        go.writer.close();
        global_value = 2;
        local = 2;
        memset(pages.page(0), 2, pages.bytes() / 2);
        bool const mine = global_value == 2 && local == 2 && pages[0] == 2 && pages[15 * kPage] == 1;
        // The parent writes before it closes its end.
        read_up_to(go.reader.get(), 1);
        return mine && pages[0] == 2 && pages[15 * kPage] == 1 ? 1 : 2;
    });
    pages[15 * kPage] = 3;
    pages[14 * kPage] = 3;
    go.writer.close();
    equal("the child sees its own writes, and not the parent's later ones", WEXITSTATUS(wait_for(child)), 1);
    check("the parent does not see the child's", global_value == 1 && local == 1 && pages[0] == 1);
    check("and sees its own", pages[15 * kPage] == 3 && pages[14 * kPage] == 3 && pages[13 * kPage] == 1);
}

void last_owner_writes() {
    Pages const pages(32);
    int wrong = 0;
    for (int round = 0; round < 20; ++round) {
        memset(pages.page(0), round, pages.bytes());
        int const seen = exit_code_of([&] {
            for (size_t i = 0; i < 32; ++i)
                if (pages[i * kPage + 9] != round) return 1;
            memset(pages.page(0), 0xee, pages.bytes());
            return 0;
        });
        wrong += seen;
        for (size_t i = 0; i < 32; ++i) wrong += pages[i * kPage + 9] != round ? 1 : 0;
    }
    equal("20 rounds of fork, write, exit, write", wrong, 0);
}

void system_calls_write_copies() {
    Pages const pages(2);
    memset(pages.page(0), 'p', pages.bytes());
    write_file("text", "CHILD");
    int const seen = exit_code_of([&] {
        Descriptor const file(open("text", O_RDONLY));
        ssize_t const n = read(file.get(), pages.page(0) + kPage - 2, 5);
        return n == 5 && memcmp(pages.page(0) + kPage - 2, "CHILD", 5) == 0 ? 1 : 2;
    });
    equal("read() into a page shared after fork gives the child its copy", seen, 1);
    check("the parent's pages are untouched", pages[kPage - 2] == 'p' && pages[kPage] == 'p');
    Pages const sealed(1);
    sealed[0] = 's';
    mprotect(sealed.page(0), kPage, PROT_READ);
    equal("a page that is read-only by choice stays so in the child",
          exit_code_of([&] { return fault_of_write(sealed.page(0)).signal; }), SIGSEGV);
    int const opened = exit_code_of([&] {
        mprotect(sealed.page(0), kPage, PROT_READ | PROT_WRITE);
        sealed[0] = 'c';
        return sealed[0] == 'c' ? 1 : 2;
    });
    equal("the child may make it writable", opened, 1);
    equal("which the parent does not notice", sealed[0], 's');
}

int chain(int depth, unsigned char volatile* byte) {
    *byte = static_cast<unsigned char>(depth);
    if (depth == 0) return 0;
    int const below = exit_code_of([=] { return chain(depth - 1, byte); });
    return *byte == depth ? below + 1 : 255;
}

int tree(int depth, unsigned char volatile* byte) {
    if (depth == 0) return 1;
    pid_t children[2];
    for (auto& child : children)
        child = start_child([=] {
            *byte = static_cast<unsigned char>(*byte + 1);
            return tree(depth - 1, byte);
        });
    int sum = 0;
    for (auto const child : children) sum += WEXITSTATUS(wait_for(child));
    return sum;
}

void trees() {
    Pages const pages(1);
    equal("a chain of 40 generations", chain(40, pages.page(0)), 40);
    equal("the first sees its own byte", pages[0], 40);
    equal("a binary tree with 64 leaves", tree(6, pages.page(0)), 64);
    equal("does not change the root's byte", pages[0], 40);
    int alive = 0;
    for (int i = 0; i < 300; ++i) alive += exit_code_of([i] { return i % 7; }) == i % 7 ? 1 : 0;
    equal("300 children, one after another", alive, 300);
    std::vector<pid_t> children;
    for (int i = 0; i < 64; ++i) children.push_back(start_child([i] { return i; }));
    int wrong = 0;
    for (int i = 0; i < 64; ++i) wrong += WEXITSTATUS(wait_for(children[static_cast<size_t>(i)])) != i ? 1 : 0;
    equal("64 children at once, each with its own exit code", wrong, 0);
}

void identities() {
    pid_t const parent = getpid();
    equal("the child's parent is its parent", exit_code_of([=] { return getppid() == parent ? 1 : 2; }), 1);
    pid_t const child = start_child([=] { return getpid() != parent && getpid() == gettid() ? 1 : 2; });
    check("fork returns a positive number", child > 0 && child != parent);
    equal("the child has a number of its own", WEXITSTATUS(wait_for(child)), 1);
    equal("getpid in the parent does not change", getpid(), parent);
    equal("the process group is inherited", exit_code_of([g = getpgrp()] { return getpgrp() == g ? 1 : 2; }), 1);
    equal("and the session", exit_code_of([s = getsid(0)] { return getsid(0) == s ? 1 : 2; }), 1);
}

void shared_offsets() {
    write_file("text", "0123456789");
    Descriptor const file(open("text", O_RDONLY));
    char buffer[4];
    equal("the child reads 4 bytes", exit_code_of([&] { return static_cast<int>(read(file.get(), buffer, 4)); }), 4);
    equal("the parent goes on after them", read(file.get(), buffer, 4), 4);
    check("at the fifth", memcmp(buffer, "4567", 4) == 0);
    exit_code_of([&] { return close(file.get()); });
    equal("what the child closes stays open here", read(file.get(), buffer, 4), 2);
}

void vforks() {
    int volatile value = 1;
    pid_t const child = vfork();
    if (child == 0) {
        value = 2;
        _exit(9);
    }
    int const status = wait_for(child);
    equal("vfork: the child ran first, in the parent's memory", value, 2);
    equal("and left with its code", WEXITSTATUS(status), 9);
    pid_t const runner = vfork();
    if (runner == 0) {
        execl("/proc/self/exe", "systest", "--helper", "exit", "33", nullptr);
        _exit(1);
    }
    equal("vfork, then exec", WEXITSTATUS(wait_for(runner)), 33);
}

int spawn(std::vector<char const*> arguments, posix_spawn_file_actions_t const* actions) {
    arguments.push_back(nullptr);
    pid_t child = 0;
    auto* const argv = const_cast<char**>(arguments.data());
    int const error = posix_spawn(&child, own_path().c_str(), actions, nullptr, argv, environ);
    return error != 0 ? -error : WEXITSTATUS(wait_for(child));
}

void spawns() {
    equal("posix_spawn", spawn({"systest", "--helper", "exit", "12"}, nullptr), 12);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    equal("with standard output to a file", spawn({"systest", "--helper", "echo", "spawned"}, &actions), 0);
    same_text("which has what was written", read_file("out"), "spawned\n");
    posix_spawn_file_actions_destroy(&actions);
    pid_t child = 0;
    char const* const argv[] = {"missing", nullptr};
    int const error = posix_spawn(&child, "/does/not/exist", nullptr, nullptr, const_cast<char**>(argv), environ);
    equal("of a program that does not exist", error, ENOENT);
}

int clone_body(void* argument) {
    *static_cast<int volatile*>(argument) = 77;
    return 5;
}

void clones() {
    Pages const stack(16);
    int volatile value = 0;
    void* const slot = const_cast<int*>(&value);
    pid_t const sharing = clone(clone_body, stack.page(15), CLONE_VM | SIGCHLD, slot);
    equal("clone with shared memory", WEXITSTATUS(wait_for(sharing)), 5);
    equal("its store is seen", value, 77);
    value = 0;
    pid_t const copying = clone(clone_body, stack.page(15), SIGCHLD, slot);
    equal("clone with a copy", WEXITSTATUS(wait_for(copying)), 5);
    equal("its store is not", value, 0);
    fails("threads without shared signal handlers", syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0), EINVAL);
}

constexpr Case kCases[] = {
    {"fork", own_copies},
    {"fork-cow-rounds", last_owner_writes},
    {"fork-cow-kernel", system_calls_write_copies},
    {"fork-trees", trees},
    {"fork-identity", identities},
    {"fork-offsets", shared_offsets},
    {"vfork", vforks},
    {"posix-spawn", spawns},
    {"clone", clones},
};

}  // namespace

Group fork_cases() { return kCases; }

}  // namespace systest
