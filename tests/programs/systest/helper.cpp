// SPDX-License-Identifier: MIT
/// @file
/// @brief What systest does when a case starts it again by execve: it says what arrived.
/// @chapter testing
#include "helper.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "harness.h"
#include "support.h"

extern char** environ;

namespace systest {

namespace {

std::string join(int count, char** words) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + std::string(words[i]);
    return text + "\n";
}

int say_environment() {
    for (char** variable = environ; *variable != nullptr; ++variable) print(std::string(*variable) + "\n");
    return 0;
}

int say_signals() {
    struct sigaction first {};
    struct sigaction second {};
    sigaction(SIGUSR1, nullptr, &first);
    sigaction(SIGUSR2, nullptr, &second);
    sigset_t mask;
    sigprocmask(SIG_BLOCK, nullptr, &mask);
    std::string text = "SIGUSR1 ";
    text += first.sa_handler == SIG_IGN ? "ignored" : "not ignored";
    text += second.sa_handler == SIG_DFL ? ", SIGUSR2 default" : ", SIGUSR2 not default";
    text += sigismember(&mask, SIGHUP) == 1 ? ", SIGHUP blocked" : ", SIGHUP not blocked";
    print(text + "\n");
    return 0;
}

int say_auxiliary() {
    auto const* const random = reinterpret_cast<unsigned char const*>(getauxval(AT_RANDOM));
    int different = 0;
    for (int i = 1; random != nullptr && i < 16; ++i) different += random[i] != random[0] ? 1 : 0;
    auto const* const name = reinterpret_cast<char const*>(getauxval(AT_EXECFN));
    std::string text = "page size " + std::to_string(getauxval(AT_PAGESZ));
    text += getauxval(AT_PHDR) != 0 && getauxval(AT_PHNUM) > 2 && getauxval(AT_PHENT) == 56 ? ", headers found"
                                                                                            : ", no headers";
    text += different > 0 ? ", random bytes" : ", no random bytes";
    text += name != nullptr && strstr(name, "systest") != nullptr ? ", name found" : ", no name";
    print(text + "\n");
    return 0;
}

int peek(char const* address) {
    auto* const pointer = reinterpret_cast<unsigned char*>(strtoull(address, nullptr, 10));
    Fault const fault = fault_of_read(pointer);
    print(fault.signal == 0 ? "readable\n" : signal_name(fault.signal) + "\n");
    return 0;
}

}  // namespace

bool is_helper(int argc, char** argv) { return argc >= 2 && strcmp(argv[1], "--helper") == 0; }

int run_helper(int argc, char** argv) {
    std::string_view const what = argc > 2 ? argv[2] : "";
    char const* const argument = argc > 3 ? argv[3] : "";
    if (what == "exit") return atoi(argument);
    if (what == "echo") return print(join(argc - 3, argv + 3)), 0;
    if (what == "name") return print(std::string(argv[0]) + "\n"), 0;
    if (what == "count") return print(std::to_string(argc - 3) + "\n"), 0;
    if (what == "environment") return say_environment();
    if (what == "signals") return say_signals();
    if (what == "auxiliary") return say_auxiliary();
    if (what == "peek") return peek(argument);
    if (what == "open") return print(fcntl(atoi(argument), F_GETFD) >= 0 ? "open\n" : "closed\n"), 0;
    return print("script: " + join(argc - 2, argv + 2)), 0;
}

}  // namespace systest
