// SPDX-License-Identifier: MIT
/// @file
/// @brief Random bytes, for getrandom, /dev/urandom and AT_RANDOM.
/// @chapter files
#pragma once

#include <span>

#include "lib/types.h"

/// Fills `to` with bytes that nobody can foretell. Any context.
void fill_random(std::span<std::byte> to);
/// Stirs something unforeseeable in, such as when an interrupt came.
void add_randomness(u64 value);
