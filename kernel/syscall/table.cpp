// SPDX-License-Identifier: MIT
/// @file
/// @brief The table of system calls by Linux's numbers for x86-64, and Twain's own two.
/// @chapter linux-interface
#include "syscall/table.h"

#include <asm/unistd_64.h>

#include <array>

#include "abi/ring_v.h"
#include "syscall/fs_calls.h"
#include "syscall/futex_calls.h"
#include "syscall/memory_calls.h"
#include "syscall/process_calls.h"
#include "syscall/ring_v_calls.h"
#include "syscall/signal_calls.h"
#include "syscall/system_calls.h"
#include "syscall/time_calls.h"

namespace {

struct Entry {
    u64 number;
    Syscall call;
};

constexpr Entry kFileCalls[] = {
    {__NR_read, sys_read},
    {__NR_open, sys_open},
    {__NR_openat, sys_openat},
    {__NR_creat, sys_creat},
    {__NR_close, sys_close},
    {__NR_close_range, sys_close_range},
    {__NR_write, sys_write},
    {__NR_readv, sys_readv},
    {__NR_writev, sys_writev},
    {__NR_pread64, sys_pread64},
    {__NR_pwrite64, sys_pwrite64},
    {__NR_preadv, sys_preadv},
    {__NR_pwritev, sys_pwritev},
    {__NR_preadv2, sys_preadv2},
    {__NR_pwritev2, sys_pwritev2},
    {__NR_lseek, sys_lseek},
    {__NR_sendfile, sys_sendfile},
    {__NR_ftruncate, sys_ftruncate},
    {__NR_truncate, sys_truncate},
    {__NR_fallocate, sys_fallocate},
    {__NR_fsync, sys_fsync},
    {__NR_fdatasync, sys_fsync},
    {__NR_sync, sys_sync},
    {__NR_syncfs, sys_sync},
    {__NR_fadvise64, sys_fadvise64},
    {__NR_dup, sys_dup},
    {__NR_dup2, sys_dup2},
    {__NR_dup3, sys_dup3},
    {__NR_fcntl, sys_fcntl},
    {__NR_flock, sys_flock},
    {__NR_ioctl, sys_ioctl},
    {__NR_memfd_create, sys_memfd_create},
    {__NR_stat, sys_stat},
    {__NR_fstat, sys_fstat},
    {__NR_lstat, sys_lstat},
    {__NR_newfstatat, sys_newfstatat},
    {__NR_statx, sys_statx},
    {__NR_statfs, sys_statfs},
    {__NR_fstatfs, sys_fstatfs},
    {__NR_access, sys_access},
    {__NR_faccessat, sys_faccessat},
    {__NR_faccessat2, sys_faccessat},
    {__NR_chmod, sys_chmod},
    {__NR_fchmod, sys_fchmod},
    {__NR_fchmodat, sys_fchmodat},
    {__NR_chown, sys_chown},
    {__NR_fchown, sys_fchown},
    {__NR_lchown, sys_lchown},
    {__NR_fchownat, sys_fchownat},
    {__NR_utime, sys_utime},
    {__NR_utimes, sys_utimes},
    {__NR_futimesat, sys_futimesat},
    {__NR_utimensat, sys_utimensat},
    {__NR_getdents64, sys_getdents64},
    {__NR_getcwd, sys_getcwd},
    {__NR_chdir, sys_chdir},
    {__NR_fchdir, sys_fchdir},
    {__NR_chroot, sys_chroot},
    {__NR_umask, sys_umask},
    {__NR_mkdir, sys_mkdir},
    {__NR_mkdirat, sys_mkdirat},
    {__NR_mknod, sys_mknod},
    {__NR_mknodat, sys_mknodat},
    {__NR_rmdir, sys_rmdir},
    {__NR_unlink, sys_unlink},
    {__NR_unlinkat, sys_unlinkat},
    {__NR_rename, sys_rename},
    {__NR_renameat, sys_renameat},
    {__NR_renameat2, sys_renameat2},
    {__NR_link, sys_link},
    {__NR_linkat, sys_linkat},
    {__NR_symlink, sys_symlink},
    {__NR_symlinkat, sys_symlinkat},
    {__NR_readlink, sys_readlink},
    {__NR_readlinkat, sys_readlinkat},
    {__NR_mount, sys_mount},
    {__NR_umount2, sys_umount2},
    {__NR_pipe, sys_pipe},
    {__NR_pipe2, sys_pipe2},
    {__NR_eventfd, sys_eventfd},
    {__NR_eventfd2, sys_eventfd2},
    {__NR_poll, sys_poll},
    {__NR_ppoll, sys_ppoll},
    {__NR_select, sys_select},
    {__NR_pselect6, sys_pselect6},
};

constexpr Entry kProcessCalls[] = {
    {__NR_fork, sys_fork},
    {__NR_vfork, sys_vfork},
    {__NR_clone, sys_clone},
    {__NR_clone3, sys_clone3},
    {__NR_execve, sys_execve},
    {__NR_execveat, sys_execveat},
    {__NR_exit, sys_exit},
    {__NR_exit_group, sys_exit_group},
    {__NR_wait4, sys_wait4},
    {__NR_waitid, sys_waitid},
    {__NR_getpid, sys_getpid},
    {__NR_gettid, sys_gettid},
    {__NR_getppid, sys_getppid},
    {__NR_getpgrp, sys_getpgrp},
    {__NR_getpgid, sys_getpgid},
    {__NR_setpgid, sys_setpgid},
    {__NR_getsid, sys_getsid},
    {__NR_setsid, sys_setsid},
    {__NR_getuid, sys_zero},
    {__NR_geteuid, sys_zero},
    {__NR_getgid, sys_zero},
    {__NR_getegid, sys_zero},
    {__NR_setuid, sys_zero},
    {__NR_setgid, sys_zero},
    {__NR_setreuid, sys_zero},
    {__NR_setregid, sys_zero},
    {__NR_setresuid, sys_zero},
    {__NR_setresgid, sys_zero},
    {__NR_setfsuid, sys_zero},
    {__NR_setfsgid, sys_zero},
    {__NR_getgroups, sys_zero},
    {__NR_setgroups, sys_zero},
    {__NR_getresuid, sys_getres_ids},
    {__NR_getresgid, sys_getres_ids},
    {__NR_capget, sys_capget},
    {__NR_capset, sys_zero},
    {__NR_arch_prctl, sys_arch_prctl},
    {__NR_prctl, sys_prctl},
    {__NR_set_tid_address, sys_set_tid_address},
    {__NR_set_robust_list, sys_set_robust_list},
    {__NR_get_robust_list, sys_get_robust_list},
    {__NR_sched_yield, sys_sched_yield},
    {__NR_sched_getaffinity, sys_sched_getaffinity},
    {__NR_sched_setaffinity, sys_sched_setaffinity},
    {__NR_sched_getparam, sys_sched_getparam},
    {__NR_sched_setparam, sys_zero},
    {__NR_sched_getscheduler, sys_zero},
    {__NR_sched_setscheduler, sys_zero},
    {__NR_sched_get_priority_max, sys_sched_get_priority_limit},
    {__NR_sched_get_priority_min, sys_sched_get_priority_limit},
    {__NR_getpriority, sys_getpriority},
    {__NR_setpriority, sys_zero},
    {__NR_ioprio_set, sys_zero},
    {__NR_getcpu, sys_getcpu},
    {__NR_personality, sys_personality},
    {__NR_futex, sys_futex},
    {abi::kSysRingVEnter, sys_ring_v_enter},
    {abi::kSysRingVInterrupt, sys_ring_v_interrupt},
};

constexpr Entry kSignalCalls[] = {
    {__NR_rt_sigaction, sys_rt_sigaction},
    {__NR_rt_sigprocmask, sys_rt_sigprocmask},
    {__NR_rt_sigpending, sys_rt_sigpending},
    {__NR_rt_sigsuspend, sys_rt_sigsuspend},
    {__NR_rt_sigtimedwait, sys_rt_sigtimedwait},
    {__NR_rt_sigqueueinfo, sys_rt_sigqueueinfo},
    {__NR_rt_tgsigqueueinfo, sys_rt_tgsigqueueinfo},
    {__NR_rt_sigreturn, sys_rt_sigreturn},
    {__NR_sigaltstack, sys_sigaltstack},
    {__NR_kill, sys_kill},
    {__NR_tkill, sys_tkill},
    {__NR_tgkill, sys_tgkill},
    {__NR_pause, sys_pause},
};

constexpr Entry kMemoryAndTimeCalls[] = {
    {__NR_brk, sys_brk},
    {__NR_mmap, sys_mmap},
    {__NR_munmap, sys_munmap},
    {__NR_mprotect, sys_mprotect},
    {__NR_mremap, sys_mremap},
    {__NR_madvise, sys_madvise},
    {__NR_msync, sys_msync},
    {__NR_mlock, sys_zero},
    {__NR_mlock2, sys_zero},
    {__NR_munlock, sys_zero},
    {__NR_mlockall, sys_zero},
    {__NR_munlockall, sys_zero},
    {__NR_clock_gettime, sys_clock_gettime},
    {__NR_clock_getres, sys_clock_getres},
    {__NR_clock_settime, sys_clock_settime},
    {__NR_settimeofday, sys_clock_settime},
    {__NR_clock_nanosleep, sys_clock_nanosleep},
    {__NR_nanosleep, sys_nanosleep},
    {__NR_gettimeofday, sys_gettimeofday},
    {__NR_time, sys_time},
    {__NR_restart_syscall, sys_restart_syscall},
    {__NR_alarm, sys_alarm},
    {__NR_getitimer, sys_getitimer},
    {__NR_setitimer, sys_setitimer},
};

constexpr Entry kSystemCalls[] = {
    {__NR_uname, sys_uname},         {__NR_sethostname, sys_sethostname}, {__NR_setdomainname, sys_setdomainname},
    {__NR_sysinfo, sys_sysinfo},     {__NR_getrandom, sys_getrandom},     {__NR_reboot, sys_reboot},
    {__NR_syslog, sys_syslog},       {__NR_membarrier, sys_membarrier},   {__NR_getrusage, sys_getrusage},
    {__NR_times, sys_times},         {__NR_getrlimit, sys_getrlimit},     {__NR_setrlimit, sys_setrlimit},
    {__NR_prlimit64, sys_prlimit64},
};

/// By number; null where nothing answers. Between Linux's last number and ours lies a gap of a few kilobytes.
constexpr usize kTableSize = abi::kSysRingVInterrupt + 1;
using Table = std::array<Syscall, kTableSize>;

template <usize N>
constexpr void enter(Table& table, const Entry (&entries)[N]) {
    for (const Entry& entry : entries) table[entry.number] = entry.call;
}

constexpr Table make_table() {
    Table table{};
    enter(table, kFileCalls);
    enter(table, kProcessCalls);
    enter(table, kSignalCalls);
    enter(table, kMemoryAndTimeCalls);
    enter(table, kSystemCalls);
    return table;
}
constexpr Table kTable = make_table();

}  // namespace

Syscall find_syscall(u64 number) { return number < kTable.size() ? kTable[number] : nullptr; }
