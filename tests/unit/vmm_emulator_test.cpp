// SPDX-License-Identifier: MIT
/// @file
/// @brief What the emulator does beyond single instructions: strings, ports, modes, refusals; and the page walk.
/// @chapter testing
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/vmm_emulator.h"
#include "vmm/failure.h"
#include "vmm/registers.h"

namespace vmm {
namespace {

TEST(Emulator, MovesBetweenMemoryAndDevice) {
    Machine machine;
    machine.memory->write(GuestPhys(0x300000), bytes_of("twelve bytes"));
    machine.state.general.rsi = 0x300000;
    machine.state.general.rdi = kDevice;
    machine.state.general.rcx = 3;
    machine.run({0xf3, 0xa5});  // rep movsd
    EXPECT_EQ(std::memcmp(machine.device.bytes.data(), "twelve bytes", 12), 0);
    EXPECT_EQ(machine.state.general.rcx, 0U);
    EXPECT_EQ(machine.state.general.rsi, 0x30000cU);
    EXPECT_EQ(machine.state.general.rdi, kDevice + 12);
}

TEST(Emulator, LeavesALongRepeatPartWay) {
    Machine machine;
    machine.state.general.rdi = 0x300000;
    machine.state.general.rsi = kDevice;
    machine.state.general.rcx = 3000;
    unsigned steps = 0;
    do {
        machine.run({0xf3, 0xa4});  // rep movsb
        ++steps;
    } while (machine.state.general.rip == kCode.value);
    EXPECT_GT(steps, 1U);
    EXPECT_EQ(machine.state.general.rcx, 0U);
    EXPECT_EQ(machine.state.general.rdi, 0x300000U + 3000);
}

TEST(Emulator, KeepsTheLocalApicInAPageAndHandsStoresOn) {
    Machine machine;
    std::vector<std::uint32_t> page(1024);
    page[0x20 / 4] = 0x05000000;
    machine.state.apic_page = reinterpret_cast<std::uint64_t>(page.data());
    machine.state.general.rbx = 0xfee00000;
    machine.run({0x8b, 0x43, 0x20});  // mov eax, [rbx + 0x20]
    EXPECT_EQ(machine.state.general.rax, 0x05000000U);
    EXPECT_EQ(machine.state.apic_offset, 0U);
    machine.run({0xc7, 0x83, 0x00, 0x03, 0, 0, 0xfd, 0x08, 0x04, 0});  // mov dword [rbx + 0x300], 0x408fd
    EXPECT_EQ(machine.state.apic_offset, 0x300U);
    EXPECT_EQ(machine.state.apic_value, 0x408fdU);
    EXPECT_EQ(page[0x300 / 4], 0U) << "the page is the kernel's";
    machine.state.apic_offset = 0;
    page[0xf0 / 4] = 0x1ff;
    machine.run({0x81, 0x63, 0x70, 0xff, 0xfe, 0xff, 0xff});  // and dword [rbx + 0x70], ~0x100, where nothing is
    EXPECT_EQ(machine.state.apic_offset, 0x70U);
    // One store at a time: the repeat goes on when the kernel has taken the first.
    machine.state.apic_offset = 0;
    machine.state.general.rdi = 0xfee00080;
    machine.state.general.rcx = 2;
    machine.run({0xf3, 0xab});  // rep stosd
    EXPECT_EQ(machine.state.general.rcx, 1U);
    EXPECT_EQ(machine.state.general.rip, kCode.value);
    EXPECT_EQ(machine.state.apic_offset, 0x80U);
}

TEST(Emulator, DoesNothingForARepeatOfNone) {
    Machine machine;
    machine.state.general.rdi = 0;  // nothing is there
    machine.run({0xf3, 0xaa});      // rep stosb
    EXPECT_EQ(machine.state.general.rip, kCode.value + 2);
}

TEST(Emulator, MovesStringsThroughPorts) {
    Machine machine;
    machine.state.general.rdx = 0x100;
    machine.state.general.rdi = 0x300000;
    machine.state.general.rcx = 3;
    machine.run({0xf3, 0x66, 0x6d});  // rep insw
    EXPECT_EQ(machine.memory->load<std::uint64_t>(GuestPhys(0x300000)), 0x000300020001U);
    machine.state.general.rsi = 0x300002;
    machine.run({0x6e});  // outsb
    EXPECT_EQ(machine.port.written, (std::vector<std::uint64_t>{2}));
    EXPECT_EQ(machine.state.general.rsi, 0x300003U);
    machine.state.general.rdx = 0x7777;  // no device
    machine.run({0x6d});                 // insd
    EXPECT_EQ(machine.memory->load<std::uint32_t>(GuestPhys(0x300006)), ~0U);
}

TEST(Emulator, AddsTheBaseOfGs) {
    Machine machine;
    machine.state.system.gs.base = kDevice;
    machine.state.system.ds.base = 0x5555;  // without effect in 64-bit code
    machine.state.general.rax = 0x1122;
    machine.state.general.rdx = 0x10;
    machine.run({0x65, 0x89, 0x02});                    // mov gs:[rdx], eax
    machine.run({0x88, 0x05, 0xfa, 0xff, 0xdf, 0x1f});  // mov [rip+...], al: kDevice
    EXPECT_EQ(machine.device.bytes[0x10], 0x22);
    EXPECT_EQ(machine.device.bytes[0], 0x22);
}

TEST(Emulator, ReadsOnesWhereNothingIs) {
    Machine machine;
    machine.state.general.rdx = 0x3000'0000;
    machine.run({0x8b, 0x02});  // mov eax, [rdx]
    EXPECT_EQ(machine.state.general.rax, 0xffff'ffffU);
    machine.run({0x89, 0x02});  // mov [rdx], eax
    EXPECT_EQ(machine.state.general.rip, kCode.value + 2);
}

TEST(Emulator, CrossesPagesByteByByte) {
    Machine machine;
    machine.memory->store<std::uint64_t>(GuestPhys(0x300ffe), 0x8877665544332211);
    machine.state.general.rsi = 0x300ffe;
    machine.state.general.rdi = kDevice;
    machine.run({0x48, 0xa5});  // movsq
    EXPECT_EQ(machine.device.read(0, 8), 0x8877665544332211U);
}

TEST(Emulator, RunsProtectedModeCode) {
    Machine machine;
    machine.state.system.cr0 = 0x11;
    machine.state.system.efer = 0;
    machine.state.system.cs.attributes = 0xc9b;
    machine.state.system.ds.base = 0x1000'0000;
    machine.state.general.rbx = 0xffff'ffff'1000'0020;
    machine.device.bytes[0x20] = 0x5a;
    machine.run({0x8a, 0x03});  // mov al, [ebx]
    EXPECT_EQ(machine.state.general.rax, 0x5aU);
    machine.state.system.cs.attributes = 0x9b;  // 16 bits
    machine.state.general.rbx = 0x20;
    machine.state.system.ds.base = kDevice;
    machine.run({0x8b, 0x07});  // mov ax, [bx]
    EXPECT_EQ(machine.state.general.rax & 0xff, 0x5aU);
    EXPECT_EQ(machine.state.general.rip, kCode.value + 2);
}

std::string complaint(Machine& machine, const std::vector<std::uint8_t>& code) {
    try {
        machine.run(code);
    } catch (const GuestError& error) { return error.what(); }
    return "";
}

TEST(Emulator, NamesWhatItCannotDo) {
    Machine machine;
    machine.state.general.rdx = kDevice;
    EXPECT_NE(complaint(machine, {0x0f, 0xae, 0x02}).find("fxsave"), std::string::npos);
    EXPECT_NE(complaint(machine, {0x0f, 0x28, 0x02}).find("movaps"), std::string::npos);
    EXPECT_NE(complaint(machine, {0x8e, 0x1a}).find("mov ds"), std::string::npos) << "mov ds, [rdx]";
    EXPECT_NE(complaint(machine, {0xa6}).find("cmpsb"), std::string::npos);
    EXPECT_NE(complaint(machine, {0x06}).find("no instruction"), std::string::npos) << "push es, not in 64-bit code";
    EXPECT_EQ(machine.state.general.rip, kCode.value) << "RIP stays at what failed";
    machine.state.general.rdx = 0x1'0000'0000;  // the boot tables end there
    EXPECT_NE(complaint(machine, {0x8b, 0x02}).find("no page"), std::string::npos);
    machine.state.general.rip = 0x4000'0000;
    EXPECT_THROW(machine.emulator.step(machine.state), GuestError) << "code where no memory is";
}

TEST(Emulator, SurvivesEveryKindOfCode) {
    std::mt19937_64 random(2);
    Machine machine;
    for (int round = 0; round < 20000; ++round) {
        std::vector<std::uint8_t> code(15);
        for (std::uint8_t& byte : code) byte = static_cast<std::uint8_t>(random());
        machine.state.general = {};
        machine.state.general.rflags = 2 | (random() & X86_EFLAGS_DF);
        machine.state.general.rdx = kDevice + 0x800;
        machine.state.general.rdi = 0x300000 + random() % 0x1000;
        machine.state.general.rsi = 0x5000'0000 + random() % 0x1000;
        (void)complaint(machine, code);
    }
}

TEST(Walk, FindsPagesOfEverySize) {
    const TestMemory memory;
    abi::SystemRegisters system = long_mode_registers();
    system.cr3 = 0x10'0000;
    const auto entry = [&](std::uint64_t table, std::uint64_t index, std::uint64_t value) {
        memory->store(GuestPhys(table + index * 8), value);
    };
    entry(0x10'0000, 511, 0x10'1003);    // the highest 512 GiB
    entry(0x10'1000, 510, 0x4000'0083);  // a page of 1 GiB
    entry(0x10'1000, 511, 0x10'2003);
    entry(0x10'2000, 0, 0x8000'0000'0060'0083);  // of 2 MiB, not executable
    entry(0x10'2000, 1, 0x10'3003);
    entry(0x10'3000, 5, 0x12'3003);                                   // of 4 KiB
    entry(0x10'2000, 2, ~0xfffULL & 0xf'ffff'ffff'f003 & ~0xfffULL);  // not present
    entry(0x10'2000, 3, 0x00f0'0000'0003);                            // a table that is not in memory
    const auto at = [&](std::uint64_t address) { return walk(*memory, system, GuestVirt(address)); };
    EXPECT_EQ(at(0xffff'ffff'8000'1234), GuestPhys(0x4000'1234));
    EXPECT_EQ(at(0xffff'ffff'c001'2345), GuestPhys(0x61'2345));
    EXPECT_EQ(at(0xffff'ffff'c020'5678), GuestPhys(0x12'3678));
    EXPECT_EQ(at(0xffff'ffff'c020'4678), std::nullopt);
    EXPECT_EQ(at(0xffff'ffff'c040'0000), std::nullopt);
    EXPECT_EQ(at(0xffff'ffff'c060'0000), std::nullopt);
    EXPECT_EQ(at(0), std::nullopt);
}

TEST(Walk, TakesAddressesAsTheyAreWithoutPaging) {
    const TestMemory memory;
    abi::SystemRegisters system{};
    EXPECT_EQ(walk(*memory, system, GuestVirt(0x1234'5678)), GuestPhys(0x1234'5678));
    system.cr0 = 1ULL << 31;
    EXPECT_EQ(walk(*memory, system, GuestVirt(0x1234'5678)), std::nullopt) << "32-bit paging";
}

}  // namespace
}  // namespace vmm
