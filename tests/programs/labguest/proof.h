// SPDX-License-Identifier: MIT
/// @file
/// @brief The number that labguest prints when a case went right: nobody knows it before the grader has typed the case's nonce.
/// @chapter testing
#pragma once

#include <cstdint>
#include <string_view>

namespace labguest {

/// FNV-1a over the case's name, begun with the nonce.
constexpr std::uint64_t proof_of(std::string_view name, std::uint64_t typed) {
    std::uint64_t sum = 0xcbf2'9ce4'8422'2325 ^ typed;
    for (const char c : name) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
    return sum >> 1;
}

}  // namespace labguest
