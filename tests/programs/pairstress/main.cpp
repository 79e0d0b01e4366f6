// SPDX-License-Identifier: MIT
/// @file
/// @brief pairstress: random operations on memory inside and outside the window, compared with a model.
/// @chapter pair
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "stress.h"

namespace {

constexpr char kUsage[] =
    "usage: pairstress [--seed N] [--count N] [--check FILE]\n"
    "Maps, unmaps, protects, forks, reads and writes memory at random and compares every page with a model.\n"
    "  --seed N      the series to run (default 1)\n"
    "  --count N     how many operations (default 1000)\n"
    "  --threads N   as many threads do so at once, each with pages of its own among the others' (default 1)\n"
    "  --check FILE  written to after each operation, if it exists (default /proc/twain/check)\n"
    "Exit status: 0 when memory was always as expected, 1 when not, 2 for wrong arguments.\n";

[[noreturn]] void usage_error(std::string const& message) {
    fprintf(stderr, "pairstress: %s; try pairstress --help\n", message.c_str());
    exit(2);
}

uint64_t number_from(std::string const& option, char const* text) {
    char* end = nullptr;
    uint64_t const number = text == nullptr ? 0 : strtoull(text, &end, 0);
    if (text == nullptr || *text == '\0' || *text == '-' || *end != '\0') usage_error(option + " needs a number");
    return number;
}

/// One thread for each part of the memory; what all of them did, or nothing: one found a fault.
std::optional<std::array<size_t, pairstress::kOperations>> run(pairstress::Settings const& settings) {
    std::array<size_t, pairstress::kOperations> counts{};
    std::vector<std::unique_ptr<pairstress::Stress>> parts;
    std::vector<std::thread> threads;
    std::atomic<bool> good = true;
    for (size_t part = 0; part < settings.parts; ++part) {
        pairstress::Settings own = settings;
        own.part = part;
        parts.push_back(std::make_unique<pairstress::Stress>(own));
    }
    for (auto const& part : parts)
        threads.emplace_back([&] {
            if (!part->run()) good = false;
        });
    for (std::thread& thread : threads) thread.join();
    if (!good) return std::nullopt;
    for (auto const& part : parts)
        for (size_t i = 0; i < counts.size(); ++i) counts[i] += part->counts()[i];
    return counts;
}

}  // namespace

int main(int argc, char** argv) {
    pairstress::Settings settings;
    for (int i = 1; i < argc; i += 2) {
        std::string const word = argv[i];
        char const* const value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (word == "--help") return fputs(kUsage, stdout), 0;
        if (word == "--seed")
            settings.seed = number_from(word, value);
        else if (word == "--count")
            settings.count = number_from(word, value);
        else if (word == "--threads")
            settings.parts = number_from(word, value);
        else if (word == "--check" && value != nullptr)
            settings.check_path = value;
        else
            usage_error("unknown or incomplete option " + word);
    }
    if (settings.parts < 1 || settings.parts > 32) usage_error("--threads must be 1 to 32");
    printf("pairstress: seed %llu, %zu operations\n", static_cast<unsigned long long>(settings.seed), settings.count);
    fflush(stdout);
    pairstress::catch_faults();
    auto const counts = run(settings);
    if (!counts) return 1;
    for (size_t i = 0; i < pairstress::kOperations; ++i) {
        std::string_view const name = name_of(static_cast<pairstress::Operation>(i));
        printf("%.*s %zu\n", static_cast<int>(name.size()), name.data(), counts->at(i));
    }
    puts("ok");
    return 0;
}
