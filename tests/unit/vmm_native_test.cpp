// SPDX-License-Identifier: MIT
/// @file
/// @brief The emulator against the real processor: the same instruction, the same registers, the same bytes.
/// @chapter testing
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <random>

#include "tests/unit/vmm_emulator.h"
#include "vmm/registers.h"

namespace vmm {
namespace {

struct Case {
    const char* text;
    std::vector<std::uint8_t> code;
};

// Assembled by GNU as.
const std::vector<Case> kCases{
    {"mov [rdx+8], al", {0x88, 0x42, 0x08}},
    {"mov [rdx+8], ax", {0x66, 0x89, 0x42, 0x08}},
    {"mov [rdx+8], eax", {0x89, 0x42, 0x08}},
    {"mov [rdx+8], rax", {0x48, 0x89, 0x42, 0x08}},
    {"mov [rdx], ah", {0x88, 0x22}},
    {"mov bh, [rdx+3]", {0x8a, 0x7a, 0x03}},
    {"mov al, [rdx]", {0x8a, 0x02}},
    {"mov ax, [rdx]", {0x66, 0x8b, 0x02}},
    {"mov eax, [rdx]", {0x8b, 0x02}},
    {"mov rbx, [rdx]", {0x48, 0x8b, 0x1a}},
    {"mov r9d, [rdx-4]", {0x44, 0x8b, 0x4a, 0xfc}},
    {"mov [rdx+r8*8], r10", {0x4e, 0x89, 0x14, 0xc2}},
    {"mov dword ptr [rdx+rcx*4+16], 0x12345678", {0xc7, 0x44, 0x8a, 0x10, 0x78, 0x56, 0x34, 0x12}},
    {"mov qword ptr [rdx], -5", {0x48, 0xc7, 0x02, 0xfb, 0xff, 0xff, 0xff}},
    {"mov byte ptr [rdx], 0x80", {0xc6, 0x02, 0x80}},
    {"mov eax, [edx+4]", {0x67, 0x8b, 0x42, 0x04}},
    {"movnti [rdx], eax", {0x0f, 0xc3, 0x02}},
    {"movzx eax, byte ptr [rdx]", {0x0f, 0xb6, 0x02}},
    {"movzx ax, byte ptr [rdx]", {0x66, 0x0f, 0xb6, 0x02}},
    {"movzx rax, word ptr [rdx]", {0x48, 0x0f, 0xb7, 0x02}},
    {"movsx eax, byte ptr [rdx]", {0x0f, 0xbe, 0x02}},
    {"movsx rax, word ptr [rdx]", {0x48, 0x0f, 0xbf, 0x02}},
    {"movsxd rax, dword ptr [rdx]", {0x48, 0x63, 0x02}},
    {"add [rdx], eax", {0x01, 0x02}},
    {"add al, [rdx]", {0x02, 0x02}},
    {"sub [rdx], rax", {0x48, 0x29, 0x02}},
    {"sub ax, [rdx]", {0x66, 0x2b, 0x02}},
    {"and dword ptr [rdx], 0xfffffff0", {0x83, 0x22, 0xf0}},
    {"and qword ptr [rdx], -2", {0x48, 0x83, 0x22, 0xfe}},
    {"and bl, [rdx]", {0x22, 0x1a}},
    {"or [rdx], ebx", {0x09, 0x1a}},
    {"or byte ptr [rdx], 0x81", {0x80, 0x0a, 0x81}},
    {"xor [rdx], rbx", {0x48, 0x31, 0x1a}},
    {"xor ebx, [rdx]", {0x33, 0x1a}},
    {"cmp [rdx], eax", {0x39, 0x02}},
    {"cmp rax, [rdx]", {0x48, 0x3b, 0x02}},
    {"cmp byte ptr [rdx], 0x7f", {0x80, 0x3a, 0x7f}},
    {"test [rdx], eax", {0x85, 0x02}},
    {"test byte ptr [rdx], 0x40", {0xf6, 0x02, 0x40}},
    {"inc dword ptr [rdx]", {0xff, 0x02}},
    {"dec byte ptr [rdx]", {0xfe, 0x0a}},
    {"not word ptr [rdx]", {0x66, 0xf7, 0x12}},
    {"xchg [rdx], eax", {0x87, 0x02}},
    {"xchg bl, [rdx]", {0x86, 0x1a}},
    {"lock or [rdx], eax", {0xf0, 0x09, 0x02}},
    {"stosb", {0xaa}},
    {"stosw", {0x66, 0xab}},
    {"stosd", {0xab}},
    {"stosq", {0x48, 0xab}},
    {"rep stosd", {0xf3, 0xab}},
    {"rep stosb", {0xf3, 0xaa}},
    {"movsb", {0xa4}},
    {"movsw", {0x66, 0xa5}},
    {"movsd", {0xa5}},
    {"movsq", {0x48, 0xa5}},
    {"rep movsb", {0xf3, 0xa4}},
    {"rep movsd", {0xf3, 0xa5}},
    {"lodsb", {0xac}},
    {"lodsw", {0x66, 0xad}},
    {"lodsd", {0xad}},
    {"lodsq", {0x48, 0xad}},
    {"rep lodsb", {0xf3, 0xac}},
};

/// The registers that a case may use and change; what is not listed here stays out of the comparison.
struct Registers {
    std::uint64_t rax, rbx, rcx, rdx, rsi, rdi, r8, r9, r10, flags;
};

/// Runs an instruction on this processor: loads all registers of a `Registers`, executes, stores them back.
class Native {
   public:
    Native() {
        constexpr int kProtection = PROT_READ | PROT_WRITE | PROT_EXEC;
        void* code = ::mmap(nullptr, 0x1000, kProtection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        void* bytes = ::mmap(reinterpret_cast<void*>(kDevice), kDeviceSize, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (code == MAP_FAILED || bytes == MAP_FAILED) throw std::runtime_error("no memory for the native run");
        code_ = static_cast<std::uint8_t*>(code);
        device = static_cast<std::uint8_t*>(bytes);
    }
    ~Native() {
        ::munmap(code_, 0x1000);
        ::munmap(device, kDeviceSize);
    }
    Native(const Native&) = delete;
    Native& operator=(const Native&) = delete;

    void run(const std::vector<std::uint8_t>& instruction, Registers& registers) {
        std::uint8_t* at = std::copy(instruction.begin(), instruction.end(), code_);
        *at = 0xc3;  // ret
        // r12 holds the registers' place; the flags come last before and first after. The red zone is skipped.
        register Registers* const place asm("r12") = &registers;
        register std::uint8_t* const code asm("r13") = code_;
        asm volatile(
            "lea -128(%%rsp), %%rsp\n\t"
            "push %%rbp\n\t"
            "mov 0(%%r12), %%rax\n\t mov 8(%%r12), %%rbx\n\t mov 16(%%r12), %%rcx\n\t mov 24(%%r12), %%rdx\n\t"
            "mov 32(%%r12), %%rsi\n\t mov 40(%%r12), %%rdi\n\t mov 48(%%r12), %%r8\n\t mov 56(%%r12), %%r9\n\t"
            "mov 64(%%r12), %%r10\n\t"
            "pushq 72(%%r12)\n\t popfq\n\t"
            "call *%%r13\n\t"
            "pushfq\n\t popq 72(%%r12)\n\t cld\n\t"
            "mov %%rax, 0(%%r12)\n\t mov %%rbx, 8(%%r12)\n\t mov %%rcx, 16(%%r12)\n\t mov %%rdx, 24(%%r12)\n\t"
            "mov %%rsi, 32(%%r12)\n\t mov %%rdi, 40(%%r12)\n\t mov %%r8, 48(%%r12)\n\t mov %%r9, 56(%%r12)\n\t"
            "mov %%r10, 64(%%r12)\n\t"
            "pop %%rbp\n\t"
            "lea 128(%%rsp), %%rsp\n\t"
            :
            : "r"(place), "r"(code)
            : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
    }

    std::uint8_t* device = nullptr;

   private:
    std::uint8_t* code_ = nullptr;
};

void set_general(abi::GeneralRegisters& to, const Registers& from) {
    to.rax = from.rax;
    to.rbx = from.rbx;
    to.rcx = from.rcx;
    to.rdx = from.rdx;
    to.rsi = from.rsi;
    to.rdi = from.rdi;
    to.r8 = from.r8;
    to.r9 = from.r9;
    to.r10 = from.r10;
    to.rflags = from.flags;
}

Registers get_general(const abi::GeneralRegisters& from) {
    return {from.rax, from.rbx, from.rcx, from.rdx, from.rsi, from.rdi, from.r8, from.r9, from.r10, from.rflags};
}

/// Logical operations leave the adjust flag undefined.
bool leaves_adjust_undefined(std::string_view text) {
    for (const char* name : {"and", "or", "xor", "test", "lock or"}) {
        if (text.starts_with(name)) return true;
    }
    return false;
}

TEST(Emulator, DoesWhatTheProcessorDoes) {
    std::mt19937_64 random(1);
    Machine machine;
    Native native;
    for (const Case& each : kCases) {
        for (int round = 0; round < 50; ++round) {
            SCOPED_TRACE(std::string(each.text) + ", round " + std::to_string(round));
            for (std::uint8_t& byte : machine.device.bytes) byte = static_cast<std::uint8_t>(random());
            std::memcpy(native.device, machine.device.bytes.data(), kDeviceSize);
            const std::uint64_t flags = (random() & (kArithmeticFlags | X86_EFLAGS_DF)) | 0x202;
            Registers before{random(),        random(),      random() % 24, kDevice + 0x100, kDevice + 0x300,
                             kDevice + 0x800, random() % 24, random(),      random(),        flags};
            set_general(machine.state.general, before);
            machine.run(each.code);
            native.run(each.code, before);
            Registers after = get_general(machine.state.general);
            if (leaves_adjust_undefined(each.text)) {
                after.flags &= ~X86_EFLAGS_AF;
                before.flags &= ~X86_EFLAGS_AF;
            }
            ASSERT_EQ(std::memcmp(&after, &before, sizeof after), 0)
                << std::hex << after.rax << " " << before.rax << " " << after.flags << " " << before.flags;
            ASSERT_EQ(std::memcmp(machine.device.bytes.data(), native.device, kDeviceSize), 0);
            ASSERT_EQ(machine.state.general.rip, kCode.value + each.code.size());
        }
    }
}

}  // namespace
}  // namespace vmm
