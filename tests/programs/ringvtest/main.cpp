// SPDX-License-Identifier: MIT
/// @file
/// @brief ringvtest: hand-written guests that try what ring V promises, and what it forbids.
/// @chapter testing
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "cases.h"
#include "machine.h"

using namespace ringvtest;

namespace {

/// A vCPU belongs to its thread: a new thread is a new vCPU.
bool run(const Case& test) {
    std::string failure;
    std::thread([&] {
        try {
            const Memory memory;
            test.body();
        } catch (const std::string& what) { failure = what; }
    }).join();
    std::printf(failure.empty() ? "ok %s\n" : "not ok %s: %s\n", test.name, failure.c_str());
    std::fflush(stdout);
    return failure.empty();
}

}  // namespace

/// ringvtest [TEXT]: the cases whose name contains TEXT. ringvtest --measure: what exits cost; --faults: nested faults.
int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "--measure") == 0) {
        measure_exits();
        return 0;
    }
    if (argc > 1 && std::strcmp(argv[1], "--faults") == 0) {
        measure_faults();
        return 0;
    }
    int failed = 0, ran = 0;
    for (auto group : {apic_cases(), exit_cases(), interrupt_cases(), isolation_cases(), register_cases()}) {
        for (const Case& test : group) {
            if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) continue;
            ++ran;
            failed += !run(test);
        }
    }
    std::printf("%d passed, %d failed\n", ran - failed, failed);
    return failed == 0 && ran > 0 ? 0 : 1;
}
