// SPDX-License-Identifier: MIT
/// @file
/// @brief Privileged and special instructions, one inline function each, named like the instruction.
/// @chapter booting
#pragma once

#include "lib/types.h"

namespace x86 {

inline void hlt() { asm volatile("hlt" ::: "memory"); }
inline void cli() { asm volatile("cli" ::: "memory"); }
inline void sti() { asm volatile("sti" ::: "memory"); }
/// STI and HLT with nothing in between: the interrupt that ends the wait cannot slip in before it.
inline void sti_hlt() { asm volatile("sti; hlt" ::: "memory"); }
inline void pause() { asm volatile("pause" ::: "memory"); }

inline u64 read_rflags() {
    u64 flags;
    asm volatile("pushfq; popq %0" : "=r"(flags)::"memory");
    return flags;
}
inline constexpr u64 kRflagsIf = 1ULL << 9;
inline bool interrupts_enabled() { return read_rflags() & kRflagsIf; }

inline u8 inb(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
inline u16 inw(u16 port) {
    u16 value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
inline u32 inl(u16 port) {
    u32 value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
inline void outb(u16 port, u8 value) { asm volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory"); }
inline void outw(u16 port, u16 value) { asm volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory"); }
inline void outl(u16 port, u32 value) { asm volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory"); }

inline u64 rdmsr(u32 msr) {
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return static_cast<u64>(high) << 32 | low;
}
inline void wrmsr(u32 msr, u64 value) {
    asm volatile("wrmsr" ::"c"(msr), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)) : "memory");
}
inline u64 rdtsc() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return static_cast<u64>(high) << 32 | low;
}

struct CpuidResult {
    u32 eax = 0, ebx = 0, ecx = 0, edx = 0;
    constexpr bool operator==(const CpuidResult&) const = default;
};
inline CpuidResult cpuid(u32 leaf, u32 subleaf = 0) {
    CpuidResult r;
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

/// The same, and zeros where the processor does not know the leaf: Intel's answer such a question as if it were for their last one.
inline CpuidResult cpuid_if_known(u32 leaf) {
    return cpuid(leaf & 0x8000'0000).eax >= leaf ? cpuid(leaf) : CpuidResult{};
}

#define TWAIN_CONTROL_REGISTER(name)                                 \
    inline u64 read_##name() {                                       \
        u64 value;                                                   \
        asm volatile("mov %%" #name ", %0" : "=r"(value)::"memory"); \
        return value;                                                \
    }                                                                \
    inline void write_##name(u64 value) { asm volatile("mov %0, %%" #name ::"r"(value) : "memory"); }
TWAIN_CONTROL_REGISTER(cr0)
TWAIN_CONTROL_REGISTER(cr2)
TWAIN_CONTROL_REGISTER(cr3)
TWAIN_CONTROL_REGISTER(cr4)
TWAIN_CONTROL_REGISTER(cr8)
TWAIN_CONTROL_REGISTER(dr0)
TWAIN_CONTROL_REGISTER(dr1)
TWAIN_CONTROL_REGISTER(dr2)
TWAIN_CONTROL_REGISTER(dr3)
TWAIN_CONTROL_REGISTER(dr6)
TWAIN_CONTROL_REGISTER(dr7)
#undef TWAIN_CONTROL_REGISTER

#define TWAIN_SELECTOR(name)                               \
    inline u16 read_##name() {                             \
        u16 value;                                         \
        asm volatile("mov %%" #name ", %0" : "=r"(value)); \
        return value;                                      \
    }
TWAIN_SELECTOR(ds)
TWAIN_SELECTOR(es)
TWAIN_SELECTOR(fs)
TWAIN_SELECTOR(gs)
#undef TWAIN_SELECTOR

inline void invlpg(VirtAddr address) { asm volatile("invlpg (%0)" ::"r"(address.raw) : "memory"); }

/// The operand of LGDT and LIDT.
struct [[gnu::packed]] DescriptorTable {
    u16 limit;
    u64 base;
};
inline void lgdt(const DescriptorTable& table) { asm volatile("lgdt %0" ::"m"(table) : "memory"); }
inline void lidt(const DescriptorTable& table) { asm volatile("lidt %0" ::"m"(table) : "memory"); }
inline DescriptorTable sidt() {
    DescriptorTable table;
    asm volatile("sidt %0" : "=m"(table));
    return table;
}
/// Runs the NMI's handler, on its own stack, as the NMI would have.
inline void int2() { asm volatile("int $2" ::: "memory"); }
inline void ltr(u16 selector) { asm volatile("ltr %0" ::"r"(selector) : "memory"); }

inline u64 xgetbv(u32 index) {
    u32 low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
    return static_cast<u64>(high) << 32 | low;
}
inline void xsetbv(u32 index, u64 value) {
    asm volatile("xsetbv" ::"c"(index), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)) : "memory");
}
/// Saves the register state that `mask` and XCR0 name into a 64-byte-aligned area. @sdm{XSAVE—Save Processor Extended States}
inline void xsave(void* area, u64 mask) {
    asm volatile("xsave64 (%0)" ::"r"(area), "a"(static_cast<u32>(mask)), "d"(static_cast<u32>(mask >> 32)) : "memory");
}
inline void xrstor(const void* area, u64 mask) {
    asm volatile("xrstor64 (%0)" ::"r"(area), "a"(static_cast<u32>(mask)), "d"(static_cast<u32>(mask >> 32))
                 : "memory");
}

/// The x87 and SSE registers, 512 bytes, aligned to 16. @sdm{FXSAVE—Save x87 FPU, MMX Technology, and SSE State}
inline void fxsave(void* area) { asm volatile("fxsave64 (%0)" ::"r"(area) : "memory"); }
inline void fxrstor(const void* area) { asm volatile("fxrstor64 (%0)" ::"r"(area) : "memory"); }

/// The VMX instructions answer whether they succeeded. @sdm{VMX Instruction Reference, chapter 31}
#define TWAIN_VMX_INSTRUCTION(name)                                                \
    inline bool name(PhysAddr region) {                                            \
        bool failed;                                                               \
        asm volatile(#name " %1" : "=@ccbe"(failed) : "m"(region.raw) : "memory"); \
        return !failed;                                                            \
    }
TWAIN_VMX_INSTRUCTION(vmxon)
TWAIN_VMX_INSTRUCTION(vmclear)
TWAIN_VMX_INSTRUCTION(vmptrld)
#undef TWAIN_VMX_INSTRUCTION
/// The address of the VMCS that VMREAD reaches; all ones where there is none.
inline PhysAddr vmptrst() {
    u64 region;
    asm volatile("vmptrst %0" : "=m"(region)::"cc", "memory");
    return PhysAddr(region);
}
inline u64 vmread(u64 field) {
    u64 value;
    asm volatile("vmread %1, %0" : "=r"(value) : "r"(field) : "cc", "memory");
    return value;
}
/// Of a field that the processor may not have: then 0.
inline u64 vmread_if_there(u64 field) {
    u64 value;
    bool failed;
    asm volatile("vmread %2, %1" : "=@ccbe"(failed), "=r"(value) : "r"(field) : "memory");
    return failed ? 0 : value;
}
inline bool vmwrite(u64 field, u64 value) {
    bool failed;
    asm volatile("vmwrite %2, %1" : "=@ccbe"(failed) : "r"(field), "r"(value) : "memory");
    return !failed;
}
/// Forgets the translations from the guest-physical addresses of one EPTP.
inline bool invept(u64 ept_pointer) {
    const u64 descriptor[2] = {ept_pointer, 0};
    constexpr u64 kOneContext = 1;
    bool failed;
    asm volatile("invept %2, %1" : "=@ccbe"(failed) : "r"(kOneContext), "m"(descriptor) : "memory");
    return !failed;
}
/// Forgets the translations of every VPID but the host's.
inline bool invvpid_all() {
    const u64 descriptor[2] = {0, 0};
    constexpr u64 kAllContexts = 2;
    bool failed;
    asm volatile("invvpid %2, %1" : "=@ccbe"(failed) : "r"(kAllContexts), "m"(descriptor) : "memory");
    return !failed;
}

/// Lets the kernel touch user pages under SMAP, and forbids it again. Only around the copies in mm/user_memory.S.
inline void stac() { asm volatile("stac" ::: "memory"); }
inline void clac() { asm volatile("clac" ::: "memory"); }

}  // namespace x86
