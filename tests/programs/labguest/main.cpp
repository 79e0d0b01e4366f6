// SPDX-License-Identifier: MIT
/// @file
/// @brief labguest: the guests and monitors by which the labs of ring V are graded.
/// @chapter testing
///
/// Graded kernels run it, and it trusts them with nothing: each case compares what came back with what it knows itself.
#include "labguest.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "proof.h"

namespace labguest {

std::uint64_t nonce = 0;

namespace {

const ringvtest::Case* find(const char* name) {
    for (auto group :
         {entry_cases(), fault_cases(), feature_cases(), virtual_interrupt_cases(), ringvtest::apic_cases(),
          ringvtest::exit_cases(), ringvtest::interrupt_cases(), ringvtest::register_cases()}) {
        for (const ringvtest::Case& each : group) {
            if (std::strcmp(each.name, name) == 0) return &each;
        }
    }
    return nullptr;
}

/// What went wrong; empty: nothing. A vCPU belongs to its thread: a new thread is a new vCPU.
std::string run(const ringvtest::Case& chosen) {
    std::string failure;
    std::thread([&] {
        try {
            const ringvtest::Memory memory;
            chosen.body();
        } catch (const std::string& what) { failure = what; }
    }).join();
    return failure;
}

}  // namespace
}  // namespace labguest

/// labguest CASE NONCE
int main(int argc, char** argv) {
    const ringvtest::Case* const chosen = argc == 3 ? labguest::find(argv[1]) : nullptr;
    if (!chosen) return std::puts("labguest: no such case"), 2;
    labguest::nonce = std::strtoull(argv[2], nullptr, 10);
    ringvtest::exits = 2000;
    const std::string failure = labguest::run(*chosen);
    if (failure.empty())
        std::printf("labguest: %llu\n",
                    static_cast<unsigned long long>(labguest::proof_of(chosen->name, labguest::nonce)));
    else
        std::printf("labguest: %s\n", failure.c_str());
    return failure.empty() ? 0 : 1;
}
