// SPDX-License-Identifier: MIT
/// @file
/// @brief Lab 7: guests that ask and are interrupted, and the virtual-APIC page beside each VMCB that is about to be entered.
/// @chapter testing
#include <cstring>

#include "labs/grade/guests.h"
#include "tests/boot/pair_walk.h"
#include "x86/apic_page.h"
#include "x86/vmcb.h"

namespace grading {
namespace {

constexpr const char* kCase = "interrupts_come_by_priority";
constexpr u64 kToEntry = 20'000'000;

template <class T>
void read_object(Bench& bench, PhysAddr place, T& object) {
    const machine::Bytes bytes = bench.rsp().read_physical(place, sizeof object);
    std::memcpy(static_cast<void*>(&object), bytes.data(), sizeof object);
}

/// Reads the virtual-APIC page of the vCPU that has this control block.
void read_page_of(Bench& bench, PhysAddr control_block, ApicPage& page) {
    const auto block = machine::read_debug_block(bench.rsp(), bench.kernel());
    for (const auto& vcpu : block->vcpus) {
        if (vcpu.control_block == control_block.raw) return read_object(bench, PhysAddr(vcpu.apic_page), page);
    }
    wrong("a vCPU whose control block is entered", "none in the kernel's list");
}

unsigned class_of(int vector) { return vector < 0 ? 0 : static_cast<unsigned>(vector) >> 4; }
std::string text_of(int vector) { return vector < 0 ? "none" : "vector " + std::to_string(vector); }

/// What an entry with this block does, by the page as the manual reads it.
void expect_right(const VmcbControl& control, const VmcbState& state, ApicPage& page) {
    const unsigned task = page.at(ApicRegister::TaskPriority) >> 4 & 15;
    const bool can_take = (state.rflags & 0x200) && !(control.interrupt_shadow & 1);
    const bool injects = control.inject.is(Event::Interrupt);
    if (injects) {
        const u8 vector = control.inject.vector();
        if (!page.test(ApicRegister::InService, vector))
            wrong(text_of(vector) + " in service, as it is injected", "its bit in ISR is clear");
        if (page.test(ApicRegister::InterruptRequest, vector))
            wrong(text_of(vector) + " requested no more, as it is injected", "its bit in IRR is set");
        if (!can_take) wrong("no interrupt for a guest that cannot take one", text_of(vector));
        page.clear(ApicRegister::InService, vector);
        const unsigned others = std::max(task, class_of(page.highest(ApicRegister::InService)));
        if (class_of(vector) <= others)
            wrong("interrupts above priority class " + std::to_string(others), text_of(vector));
        page.set(ApicRegister::InService, vector);
    }
    const int next = page.highest(ApicRegister::InterruptRequest);
    const bool enabled = page.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable;
    const bool waits = enabled && class_of(next) > std::max(task, class_of(page.highest(ApicRegister::InService)));
    if (!waits) return;
    if (can_take && !control.inject) wrong(text_of(next) + " injected", "no event");
    if (!control.interrupt_control.window() || !(control.intercepts & Intercept::VINTR))
        wrong("a window for " + text_of(next) + ", which waits", "no exit when the guest could take it");
}

void injection(const Subject& subject) {
    GuestBench bench(subject);
    const VirtAddr enter = bench.kernel().address_of("svm_enter");
    bench.start(kCase);
    unsigned injected = 0, entries = 0;
    // The case has some ten interrupts and ends by itself; enough of it has been seen when six are above the priority.
    while (injected < 6 && ++entries < 60) {
        bench.run_to(enter, kToEntry);
        const PhysAddr place(bench.rsp().registers()["rdi"]);
        Vmcb block;
        read_object(bench, place, block);
        ApicPage page{};
        read_page_of(bench, place, page);
        expect_right(block.control, block.state, page);
        injected += block.control.inject.is(Event::Interrupt);
    }
    if (injected < 6) wrong("six interrupts injected", std::to_string(injected));
}

}  // namespace

const Checks& exits_checks() {
    static const Checks checks{
        .target = "twain.elf",
        .by_name = {
            {"cpuid", runs({"cpuid_is_the_kernels", "cpuid_shows_what_is_named"})},
            {"msrs", runs({"msrs_are_named_or_refused", "msrs_answer_in_halves"})},
            {"priorities", runs({"priorities_stand_in_ppr", "interrupts_come_by_priority",
                                 "a_handler_is_interrupted_by_its_betters"})},
            {"ends",
             runs({"level_interrupts_come_back_until_they_are_ended", "an_xapic_guest_takes_and_ends_interrupts"})},
            {"delivery", runs({"interrupts_wait_for_the_window_in_order", "a_computing_guest_is_interrupted",
                               "nmis_come_whatever_if_says"})},
            {"injection", injection},
            {"wakes", runs({"a_sleeping_guest_is_woken_every_time"})},
            {"timer", runs({"a_one_shot_fires_once", "a_period_comes_until_it_is_stopped", "the_divisor_counts",
                            "deadlines_fire_and_are_disarmed"})},
            {"vmx", runs_on_vmx({"cpuid_shows_what_is_named", "msrs_answer_in_halves", "interrupts_come_by_priority",
                                 "a_handler_is_interrupted_by_its_betters",
                                 "level_interrupts_come_back_until_they_are_ended", "a_computing_guest_is_interrupted",
                                 "a_one_shot_fires_once", "deadlines_fire_and_are_disarmed"})}}};
    return checks;
}

}  // namespace grading
