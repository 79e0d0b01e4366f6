// SPDX-License-Identifier: MIT
/// @file
/// @brief Process 1.
/// @chapter booting
#pragma once

/// Makes process 1: it executes /init with descriptors 0 to 2 open on /dev/console and becomes the ancestor of all. Panics
/// when there is no /init or it cannot be executed, for nothing can happen then. Called once, from a kernel thread, after the
/// root file system is filled and the console is there.
void start_init();
