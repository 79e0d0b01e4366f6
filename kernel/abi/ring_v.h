// SPDX-License-Identifier: MIT
/// @file
/// @brief The whole kernel interface for virtual machines: two system calls, one register file, one exit record.
/// @chapter ring-v
///
/// There is no VM object. A thread of an ordinary process enters ring V with `ring_v_enter` and comes back with the reason;
/// its guest's physical memory is the process's own address window (`kWindowSize`), mapped by ordinary `mmap`. The thread's
/// vCPU is made on the first entry and goes with the thread. A VMM sees nothing else of the kernel.
#pragma once

#include <cstdint>

namespace abi {

/// Guest-physical addresses are 0 .. kWindowSize-1 and equal the process's virtual addresses (PML4 slot 0).
inline constexpr std::uint64_t kWindowSize = 512ULL << 30;

/// vCPUs that one machine can have.
inline constexpr std::uint32_t kMaxVcpus = 64;

/// System-call numbers above every number that Linux has given out.
enum : long {
    kSysRingVEnter = 1024,      ///< long ring_v_enter(RingV*): 0 with `exit` filled in, or a negative errno
    kSysRingVInterrupt = 1025,  ///< long ring_v_interrupt(pid_t tid, unsigned vector, unsigned trigger)
};

/// How an interrupt given to `ring_v_interrupt` was signalled; a level-triggered one comes back as `ExitReason::Eoi`.
enum class Trigger : std::uint32_t { Edge = 0, Level = 1 };

/// A segment register as the hardware holds it. `attributes` has the 12 bits of a VMCB: type 3:0, S 4, DPL 6:5, P 7, AVL 8,
/// L 9, D/B 10, G 11. An unusable segment has P = 0.
/// @apm{Segment State in the VMCB, 15.5.1}
struct Segment {
    std::uint16_t selector;
    std::uint16_t attributes;
    std::uint32_t limit;  ///< in bytes, expanded (what an LSL would give)
    std::uint64_t base;
};

/// GDTR or IDTR.
struct TableRegister {
    std::uint64_t base;
    std::uint64_t limit;
};

/// The registers that every exit brings back and every entry takes.
struct GeneralRegisters {
    std::uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;  ///< in the order of the instruction encoding
    std::uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    std::uint64_t rip;
    std::uint64_t rflags;
};

/// The registers that decide how the guest's instructions are read. Taken on entry when `RingV::load_system` says so; given
/// back with every exit whose description says so (Mmio, Io with `string` set, Shutdown, Halted, Unhandled, BadState).
struct SystemRegisters {
    std::uint64_t cr0, cr2, cr3, cr4, cr8, efer;
    Segment es, cs, ss, ds, fs, gs, ldtr, tr;  ///< in the order of the instruction encoding
    TableRegister gdtr, idtr;
    std::uint64_t dr6, dr7;
};

/// Why a thread came back from ring V.
enum class ExitReason : std::uint32_t {
    Interrupted = 0,  ///< a signal is waiting, or `ring_v_enter` was asked to look (nothing of the guest is lost)
    Mmio = 1,         ///< the guest touched a GPA of the window where no region is, or one its rights deny: `mmio`
    Io = 2,           ///< the guest executed IN, OUT, INS or OUTS: `io`; RIP still points at the instruction
    Eoi = 3,          ///< the guest ended a level-triggered interrupt: `eoi`
    Ipi = 4,          ///< the guest wrote an ICR with INIT, SIPI or what no machine sends: `ipi`
    Halted = 5,       ///< HLT with interrupts off: nothing can wake this vCPU but a reset
    Shutdown = 6,     ///< triple fault
    BadState = 7,     ///< the processor refused the registers that the VMM gave
    Unhandled = 8,    ///< an exit that neither the kernel nor this interface knows: `unhandled`
};
inline constexpr unsigned kExitReasons = 9;

/// What an entry takes from `RingV::system`. A reset also puts the local APIC into its state after INIT.
enum class LoadSystem : std::uint32_t { Nothing = 0, Registers = 1, Reset = 2 };

enum class MmioAccess : std::uint32_t { Read = 0, Write = 1, Execute = 2 };
enum class IoDirection : std::uint8_t { Out = 0, In = 1 };

/// What the exit was about; the member named by `ExitReason` is the valid one.
union ExitDetail {
    struct {
        std::uint64_t gpa;
        MmioAccess access;
    } mmio;
    struct {
        std::uint64_t next_rip;  ///< set RIP to this once the access is done
        std::uint16_t port;
        std::uint8_t size;  ///< 1, 2 or 4 bytes
        IoDirection direction;
        std::uint8_t string;  ///< 1: INS or OUTS; decode the instruction as for Mmio
        std::uint8_t repeat;  ///< 1: with a REP prefix
    } io;
    struct {
        std::uint32_t vector;
    } eoi;
    struct {
        std::uint64_t icr;  ///< the x2APIC ICR: destination 63:32, level and mode bits below
    } ipi;
    struct {
        std::uint64_t code;  ///< the vendor's exit code
        std::uint64_t information[2];
    } unhandled;
};

/// The one argument of `ring_v_enter`: registers in and out, reason out.
struct RingV {
    GeneralRegisters general;     ///< in and out
    LoadSystem load_system;       ///< in; the kernel sets it to Nothing
    std::uint32_t system_stored;  ///< out
    ExitReason reason;            ///< out
    std::uint32_t apic_id;        ///< in, on a thread's first entry: the vCPU's x2APIC identifier
    std::uint32_t vcpu_count;     ///< in, on a thread's first entry: vCPUs of the machine, for CPUID's topology leaves
    std::uint32_t
        apic_offset;           ///< in: not 0: the guest stored to its local APIC at 0xfee00000; the kernel sets it to 0
    std::uint32_t apic_value;  ///< in: what it stored there
    ExitDetail exit;           ///< out
    /// out: where the kernel mapped the vCPU's virtual-APIC page, read-only, 4 KiB: what a guest in xAPIC mode finds at 0xfee00000
    std::uint64_t apic_page;
    SystemRegisters
        system;  ///< in as `load_system` says; out when `system_stored` is 1. Last: most exits leave it alone
};

static_assert(sizeof(Segment) == 16);
static_assert(sizeof(GeneralRegisters) == 144);
static_assert(sizeof(ExitDetail) == 24);

}  // namespace abi
