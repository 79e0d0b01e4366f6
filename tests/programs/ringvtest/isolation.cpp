// SPDX-License-Identifier: MIT
/// @file
/// @brief A guest that reads and writes everywhere: nothing but its own memory changes.
/// @chapter testing
#include <cpuid.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "cases.h"
#include "machine.h"

// Exchanges a word, which reads and writes, at every 2 MiB of the 39-bit space. The instruction is three bytes long.
GUEST(sweep_code, R"(
    movq $0x400000000, %rbp
    xorl %edi, %edi
    movq $0x8000000000, %rbx
1:  movq %rbp, %rax
    xchgq %rax, (%rdi)
    addq $0x200000, %rdi
    cmpq %rbx, %rdi
    jb 1b
    outb %al, $0x50
)")
GUEST(stop_code, "hlt\n")
// For each entry of a page directory at 0x30000: maps it under PML4 slot 1, and reads and writes there.
GUEST(reach_code, R"(
    movq $0x30000, %rsi
1:  movq (%rsi), %rax
    testq %rax, %rax
    jz 9f
    movq %rax, 0x7000
    movq $0x8000000000, %rdi
    invlpg (%rdi)
    leaq 2f(%rip), %r13
    movq (%rdi), %rax
2:  leaq 3f(%rip), %r13
    movq %rbp, (%rdi)
3:  addq $8, %rsi
    jmp 1b
9:  outb %al, $0x50
)")

namespace ringvtest {

namespace {

constexpr u64 kPattern = 0x5ec2'e7da'7a00'0000;

/// Memory of every kind that a VMM has, filled with a pattern.
class OwnMemory {
   public:
    OwnMemory() : heap_(1 << 16) {
        map_ = static_cast<u64*>(mmap(nullptr, kMapBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        fill(heap_.data(), heap_.size());
        fill(map_, kMapBytes / 8);
        fill(data_, std::size(data_));
    }
    ~OwnMemory() { munmap(map_, kMapBytes); }
    bool unchanged() const {
        return holds(heap_.data(), heap_.size()) && holds(map_, kMapBytes / 8) && holds(data_, std::size(data_));
    }
    std::vector<u64> places() const {
        int local = 0;
        return {reinterpret_cast<u64>(heap_.data()), reinterpret_cast<u64>(map_), reinterpret_cast<u64>(data_),
                reinterpret_cast<u64>(&local), reinterpret_cast<u64>(&ring_v_enter)};
    }

   private:
    static constexpr u64 kMapBytes = 8 << 20;
    static void fill(u64* words, size_t count) {
        for (size_t i = 0; i < count; ++i) words[i] = kPattern + i;
    }
    static bool holds(const u64* words, size_t count) {
        for (size_t i = 0; i < count; ++i) {
            if (words[i] != kPattern + i) return false;
        }
        return true;
    }
    std::vector<u64> heap_;
    u64* map_;
    static inline u64 data_[4096];
};

/// Every region of this process outside the window, from /proc/self/maps.
std::vector<u64> own_regions() {
    std::vector<u64> begins;
    std::unique_ptr<FILE, int (*)(FILE*)> maps(std::fopen("/proc/self/maps", "r"), std::fclose);
    char line[512];
    while (maps && std::fgets(line, sizeof(line), maps.get())) {
        unsigned long begin = 0, end = 0;
        if (std::sscanf(line, "%lx-%lx", &begin, &end) != 2 || begin < abi::kWindowSize) continue;
        for (u64 at = begin; at < end; at += 2 << 20) begins.push_back(at);
    }
    return begins;
}

/// A RAM page under every 2 MiB the guest owns keeps its value; the rest comes back as MMIO.
void every_2_mib_of_the_window() {
    const OwnMemory own;
    Vcpu vcpu(sweep_code());
    u64 refused = 0, wrong = 0;
    vcpu.run({}, [&](abi::RingV& state) {
        if (state.reason != abi::ExitReason::Mmio) return false;
        const u64 gpa = state.exit.mmio.gpa;
        if (gpa != state.general.rdi || (gpa >= kRamBegin && gpa < kRamEnd)) ++wrong;
        ++refused;
        state.general.rip += 3;
        return true;
    });
    constexpr u64 kSteps = abi::kWindowSize >> 21, kInRam = (kRamEnd >> 21) - 1;  // address 0 is not RAM
    expect_equal(wrong, 0, "exits at wrong addresses");
    expect_equal(refused, kSteps - kInRam, "accesses that came back");
    for (u64 at = 2 << 20; at < kRamEnd; at += 2 << 20)
        expect_equal(Memory::at(at), 0x4'0000'0000, "what it wrote to its own");
    expect(own.unchanged(), "the VMM's memory changed");
}

/// The guest maps the very addresses of its VMM's regions as if they were physical.
void the_vmms_own_addresses() {
    const OwnMemory own;
    std::vector<u64> targets = own_regions();
    for (u64 place : own.places()) targets.push_back(place);
    expect(targets.size() > 5, "regions found");
    Vcpu vcpu(reach_code());
    constexpr u64 kPdpt1 = 0x6000, kDirectory1 = 0x7000;
    Memory::at(kPml4 + 8) = kPdpt1 | 7;
    Memory::at(kPdpt1) = kDirectory1 | 7;
    u64 batch = 0, exits = 0;
    for (size_t i = 0; i < targets.size(); ++i) {
        Memory::at(kData + 8 * batch++) = (targets[i] & ~0x1f'ffffULL) | 0x87;
        if (batch < 500 && i + 1 < targets.size()) continue;
        Memory::at(kData + 8 * batch) = 0;
        batch = 0;
        vcpu.general().rip = kCode;
        vcpu.run({}, [&](abi::RingV& state) {
            ++exits;
            if (state.reason != abi::ExitReason::Mmio || state.exit.mmio.gpa < abi::kWindowSize) return false;
            state.general.rip += 3;
            return true;
        });
    }
    expect(exits + Memory::count(14) >= 2 * targets.size(),
           "each access is refused: by a fault of the guest's own or an exit");
    expect(own.unchanged(), "the VMM's memory changed");
}

/// Whether a vCPU's thread may run on the boot core: not in QEMU's TCG, where that core's guests and host would be mixed up by
/// what another core does (svm::make_control_block), unless there is no other.
bool boot_core_runs_guests() {
    constexpr unsigned kTcg = 0x5447'4354;
    unsigned eax, ebx, ecx, edx;
    __cpuid(0x4000'0000, eax, ebx, ecx, edx);
    return ebx != kTcg || sysconf(_SC_NPROCESSORS_ONLN) == 1;
}

void guests_keep_off_a_core_that_mixes_them_up() {
    Vcpu vcpu(stop_code());
    (void)vcpu.enter();
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    CPU_SET(0, &wanted);
    const bool allowed = boot_core_runs_guests();
    expect((sched_setaffinity(0, sizeof(wanted), &wanted) == 0) == allowed, "alone on the boot core");
    expect(allowed || errno == EINVAL, "the error is EINVAL");
    for (int i = 1; i < CPU_SETSIZE; ++i) CPU_SET(i, &wanted);
    expect(sched_setaffinity(0, sizeof(wanted), &wanted) == 0, "on all cores");
    for (int turn = 0; !allowed && turn < 1000; ++turn) {
        expect(sched_getcpu() != 0, "not on the boot core");
        sched_yield();
    }
}

constexpr Case kCases[] = {
    {"guests_keep_off_a_core_that_mixes_them_up", guests_keep_off_a_core_that_mixes_them_up},
    {"every_2_mib_of_the_window", every_2_mib_of_the_window},
    {"the_vmms_own_addresses", the_vmms_own_addresses},
};

}  // namespace

std::span<const Case> isolation_cases() { return kCases; }

}  // namespace ringvtest
