// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel thread that makes small pages large.
/// @chapter large-pages
#pragma once

/// Starts it, unless pages have one size only on this machine.
void start_large_pages_thread();
