// SPDX-License-Identifier: MIT
/// @file
/// @brief The two system calls of ring V, for the dispatcher's table.
/// @chapter ring-v
#pragma once

#include "syscall/syscall.h"

/// ring_v_enter(RingV*): runs the guest until something is the VMM's. Makes the thread's vCPU on its first call.
/// ENODEV: this machine cannot run guests (/proc/vm says why). EINVAL: apic_id or vcpu_count. EFAULT. ENOMEM: the guest needed
/// a page that is not to be had; it can be entered again.
Result<u64> sys_ring_v_enter(const SyscallArgs& args);
/// ring_v_interrupt(tid, vector, trigger): interrupts the vCPU of a thread of the same process. ESRCH: no such thread, or it
/// has no vCPU. EINVAL: a vector below 16 or above 255, or an unknown trigger.
Result<u64> sys_ring_v_interrupt(const SyscallArgs& args);
