// SPDX-License-Identifier: MIT
/// @file
/// @brief pairstress: random operations on memory inside and outside the window, compared with a model.
/// @chapter pair
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stress.h"

namespace {

constexpr char kUsage[] =
    "usage: pairstress [--seed N] [--count N] [--check FILE]\n"
    "Maps, unmaps, protects, forks, reads and writes memory at random and compares every page with a model.\n"
    "  --seed N      the series to run (default 1)\n"
    "  --count N     how many operations (default 1000)\n"
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
        else if (word == "--check" && value != nullptr)
            settings.check_path = value;
        else
            usage_error("unknown or incomplete option " + word);
    }
    printf("pairstress: seed %llu, %zu operations\n", static_cast<unsigned long long>(settings.seed), settings.count);
    fflush(stdout);
    pairstress::Stress stress(settings);
    if (!stress.run()) return 1;
    for (size_t i = 0; i < pairstress::kOperations; ++i) {
        std::string_view const name = name_of(static_cast<pairstress::Operation>(i));
        printf("%.*s %zu\n", static_cast<int>(name.size()), name.data(), stress.counts().at(i));
    }
    puts("ok");
    return 0;
}
