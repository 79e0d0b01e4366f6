// SPDX-License-Identifier: MIT
/// @file
/// @brief helloguest: the smallest monitor. A page of memory, seven instructions of a guest, and one system call in a loop.
/// @chapter testing
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "kernel/abi/ring_v.h"

namespace {

constexpr std::uint64_t kCode = 0x1000, kPage = 4096;
constexpr std::uint16_t kConsole = 0xe9;

/// Real mode, as after a reset: print the text behind the code to a port, then halt with interrupts off.
constexpr unsigned char kGuest[] = {0xbe, 0x0d, 0x10,  // 1000  mov $0x100d, %si
                                    0xac,              // 1003  lodsb
                                    0x84, 0xc0,        // 1004  test %al, %al
                                    0x74, 0x04,        // 1006  jz 100c
                                    0xe6, 0xe9,        // 1008  out %al, $0xe9
                                    0xeb, 0xf7,        // 100a  jmp 1003
                                    0xf4,              // 100c  hlt
                                    'H',  'e',  'l',  'l', 'o', ' ', 'f', 'r',  'o', 'm',
                                    ' ',  'r',  'i',  'n', 'g', ' ', 'V', '\n', 0};

/// What a processor has after a reset, but for the address of its first instruction.
abi::RingV state_at_reset() {
    abi::RingV state{};
    abi::SystemRegisters& system = state.system;
    system.cr0 = 0x10;
    system.cs = {0, 0x9b, 0xffff, 0};
    system.ds = system.es = system.fs = system.gs = system.ss = {0, 0x93, 0xffff, 0};
    system.ldtr = {0, 0x82, 0xffff, 0};
    system.tr = {0, 0x8b, 0xffff, 0};
    system.gdtr = system.idtr = {0, 0xffff};
    state.load_system = abi::LoadSystem::Reset;
    state.vcpu_count = 1;
    state.general.rip = kCode;
    state.general.rflags = 2;
    return state;
}

}  // namespace

int main() {
    // The guest's memory is this program's: what is mapped at 1000h here is at 1000h there.
    void* const memory = mmap(reinterpret_cast<void*>(kCode), kPage, PROT_READ | PROT_WRITE | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (memory == MAP_FAILED) return std::perror("mmap"), 1;
    std::memcpy(memory, kGuest, sizeof(kGuest));

    abi::RingV state = state_at_reset();
    while (syscall(abi::kSysRingVEnter, &state) == 0) {
        const auto& io = state.exit.io;
        if (state.reason == abi::ExitReason::Io && io.port == kConsole) {
            std::putchar(static_cast<int>(state.general.rax & 0xff));
            state.general.rip = io.next_rip;
        } else if (state.reason != abi::ExitReason::Interrupted) {
            std::printf("the guest has stopped: reason %u, rip 0x%llx\n", static_cast<unsigned>(state.reason),
                        static_cast<unsigned long long>(state.general.rip));
            return state.reason == abi::ExitReason::Halted ? 0 : 1;
        }
    }
    return std::perror("ring_v_enter"), 1;
}
