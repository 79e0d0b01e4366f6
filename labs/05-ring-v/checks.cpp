// SPDX-License-Identifier: MIT
/// @file
/// @brief Lab 5: guests of ours run, and at each entry the grader looks at the control block before the processor does.
/// @chapter testing
#include <cstring>
#include <map>
#include <set>

#include "labs/grade/guests.h"
#include "tests/boot/pair_walk.h"
#include "x86/vmcb.h"

namespace grading {
namespace {

/// The case that stops at entries, and how many are enough: each turn takes three.
constexpr const char* kTurns = "two_vcpus_take_turns";
constexpr unsigned kEntries = 60;
constexpr u64 kToEntry = 20'000'000;

std::string hex(u64 value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

template <class T>
T object_from(const machine::Bytes& bytes) {
    T object;
    std::memcpy(static_cast<void*>(&object), bytes.data(), sizeof object);
    return object;
}

/// What the student's code is about to enter.
struct Entry {
    PhysAddr place;  ///< of the block
    Vmcb block;
    abi::GeneralRegisters general;
};

/// Runs the case and shows `look` its first entries, where the stub is called that does nothing but VMRUN.
template <class Look>
void look_at_entries(GuestBench& bench, const Look& look) {
    bench.start(kTurns);
    const VirtAddr enter = bench.kernel().address_of("svm_enter");
    for (unsigned seen = 0; seen < kEntries; ++seen) {
        bench.run_to(enter, kToEntry);
        const machine::Registers registers = bench.rsp().registers();
        const PhysAddr place(registers["rdi"]);
        const Entry entry{
            place, object_from<Vmcb>(bench.rsp().read_physical(place, sizeof(Vmcb))),
            object_from<abi::GeneralRegisters>(bench.rsp().read(VirtAddr(registers["rsi"]), sizeof entry.general))};
        if (entry.general.r12 != bench.nonce()) wrong("the registers that the monitor gave", "others at an entry");
        look(entry);
    }
}

/// The root pair of the process that runs the case.
PhysAddr root_of_labguest(Bench& bench) {
    const auto block = machine::read_debug_block(bench.rsp(), bench.kernel());
    for (const auto& process : block->processes) {
        if (process.root != 0 && std::strncmp(process.name, "labguest", sizeof process.name) == 0)
            return PhysAddr(process.root);
    }
    wrong("a process of the name labguest", "none in the kernel's list");
}

void control_block(const Subject& subject) {
    GuestBench bench(subject);
    look_at_entries(bench, [&](const Entry& entry) {
        const VmcbControl& control = entry.block.control;
        const VmcbState& state = entry.block.state;
        const auto expect = [&](const char* what, u64 expected, u64 seen) {
            if (seen != expected) wrong(std::string(what) + " " + hex(expected), hex(seen));
        };
        expect("a nested root", root_of_labguest(bench).raw + kPageBytes, control.nested_root);
        constexpr u32 kNeeded = Intercept::INTR | Intercept::NMI | Intercept::CPUID | Intercept::HLT | Intercept::IOIO |
                                Intercept::MSR | Intercept::SHUTDOWN;
        expect("intercepts with", kNeeded, control.intercepts & kNeeded);
        u64 interrupts = 0;
        std::memcpy(&interrupts, &control.interrupt_control, sizeof interrupts);
        expect("V_INTR_MASKING", VmcbInterruptControl::V_INTR_MASKING,
               interrupts & VmcbInterruptControl::V_INTR_MASKING);
        expect("RIP", entry.general.rip, state.rip);
        expect("RSP", entry.general.rsp, state.rsp);
        expect("RAX", entry.general.rax, state.rax);
        expect("RFLAGS", entry.general.rflags, state.rflags);
        expect("intercepts of DR0 to DR3 while nobody uses them", 0xf,
               control.intercept_dr_read & control.intercept_dr_write & 0xf);
    });
}

/// A TLB as bad as a TLB may be: it forgets nothing that it was not told to. A tag that still holds another guest's translations,
/// or those of memory that has changed, must not be entered under.
void tags(const Subject& subject) {
    GuestBench bench(subject);
    struct Holds {
        u64 block, turn;
        bool operator==(const Holds&) const = default;
    };
    std::map<u32, Holds> tlb;
    std::set<u64> turns;
    look_at_entries(bench, [&](const Entry& entry) {
        const VmcbControl& control = entry.block.control;
        const u32 tag = control.asid;
        if (tag == 0) wrong("an ASID that is not the host's", "ASID 0");
        if (control.tlb_control == SvmTlbControl::FlushAll) tlb.clear();
        const Holds now{entry.place.raw, entry.general.rbx};
        turns.insert(now.turn);
        const auto [found, fresh] = tlb.try_emplace(tag, now);
        if (fresh || found->second == now) return;
        wrong("an ASID without translations, or a flush, where another vCPU or other memory is entered",
              "ASID " + std::to_string(tag) +
                  (found->second.block == now.block ? " again, after the monitor mapped another page"
                                                    : ", under which the other vCPU ran since the last flush"));
    });
    // Tags run out on QEMU's processor after fifteen.
    if (turns.size() < 16) wrong("sixteen turns", std::to_string(turns.size()));
}

}  // namespace

const Checks& ring_v_checks() {
    static const Checks checks{
        .target = "twain.elf",
        .by_name = {
            {"hello", runs({"a_guest_says_hello"})},
            {"registers", runs({"general_registers_survive", "vector_registers_survive", "system_registers_survive"})},
            {"system",
             runs({"system_registers_come_back", "halts_with_interrupts_off", "triple_faults_end_the_guest"})},
            {"host", runs({"xcr0_is_each_ones_own", "vector_registers_survive"})},
            {"interrupts", runs({"an_endless_guest_is_left"})},
            {"control-block", control_block},
            {"tags", tags},
            {"events", runs({"events_are_delivered_once"})},
            {"vmx", runs_on_vmx({"a_guest_says_hello", "general_registers_survive", "system_registers_survive",
                                 "system_registers_come_back", "xcr0_is_each_ones_own", "an_endless_guest_is_left",
                                 "events_are_delivered_once", "two_vcpus_take_turns"})}}};
    return checks;
}

}  // namespace grading
