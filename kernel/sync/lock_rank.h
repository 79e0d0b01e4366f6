// SPDX-License-Identifier: MIT
/// @file
/// @brief The order in which locks may be taken.
/// @chapter locks
#pragma once

#include "lib/types.h"

/// A thread may take a lock only when every lock that it holds has a lower rank. Sleeping locks come first: a thread that
/// holds a spinning lock must not sleep. Debug builds check each taking (`LockOrder`).
///
///     files, processes  ->  address spaces  ->  | spinning from here on |  queues  ->  scheduler  ->  allocators  ->  console
enum class LockRank : u8 {
    // Mutexes: their holder may sleep.
    FileOffset,    ///< an open file's position
    ProcText,      ///< the text of one open file of /proc, while it is printed
    Directory,     ///< one file system's tree of names
    Inode,         ///< one file's or pipe's contents, held while user memory is copied
    Mount,         ///< the table of mounts
    Exec,          ///< one process's change of program
    AddressSpace,  ///< one process's regions and pairs
    Shootdown,     ///< the request to forget translations
    // Spinning locks: interrupts are off while they are held.
    ProcessTree,  ///< parents, children, groups, sessions
    Signals,      ///< one process's handlers and pending signals
    Descriptors,  ///< one process's table of open files
    FilePages,    ///< one file's attributes and table of pages: the innermost, taken by page faults
    Pipe,         ///< one pipe's buffer
    Tty,          ///< one terminal
    Futex,        ///< one bucket of futex waiters
    Vcpu,         ///< one vCPU's interrupt state
    MutexState,   ///< the inside of a Mutex
    WaitQueue,    ///< one queue of waiters
    Timers,       ///< one core's timer queue
    RunQueue,     ///< one core's run queue
    Heap,         ///< the small-object heap
    KernelSpace,  ///< the kernel's own page tables
    Frames,       ///< the frame allocator
    Device,       ///< one device's registers
    Console,      ///< the console that panics print on
};
/// The first rank whose lock spins.
inline constexpr LockRank kFirstSpinning = LockRank::ProcessTree;
