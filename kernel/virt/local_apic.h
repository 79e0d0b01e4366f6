// SPDX-License-Identifier: MIT
/// @file
/// @brief The local APIC of a vCPU, evaluated in software on its virtual-APIC page.
/// @chapter interrupts
#pragma once

#include <atomic>
#include <optional>

#include "abi/ring_v.h"
#include "x86/apic_page.h"

/// What the writer of an APIC register has to see to. The register itself is written already.
struct ApicEffect {
    enum class Kind : u8 {
        None,
        Refused,   ///< no such register, read-only, or reserved bits: #GP, nothing was changed
        SendIpi,   ///< `command`, for ICR
        LevelEoi,  ///< the end of a level-triggered interrupt: `vector`
    };
    Kind kind = Kind::None;
    u8 vector = 0;
    u64 command = 0;
};

/// A local APIC, always in x2APIC mode.
///
/// The page belongs to the vCPU's thread. Everybody else only leaves vectors in `posted_`; the thread takes them over with
/// interrupts off before it enters. Hardware with posted interrupts does the same with the same two words.
/// @sdm{Advanced Programmable Interrupt Controller (APIC), chapter 10}
class LocalApic {
   public:
    LocalApic(ApicPage& page, u32 id) : page_(page), id_(id) { reset(); }

    /// The state after power-up or INIT: nothing waits.
    void reset();
    u32 id() const { return id_; }

    /// The register behind x2APIC MSR `msr` (800h .. 83Fh); none: #GP.
    std::optional<u64> read(u32 msr) const;
    /// Whether what `read` answers is just what stands in the page: neither PPR nor what depends on the time.
    static bool reads_page(u32 msr);
    ApicEffect write(u32 msr, u64 value);

    /// Asks for an interrupt. Any thread, any context. An illegal vector (below 16) is an error in ESR.
    void post(u8 vector, abi::Trigger trigger);
    void post_nmi() { nmi_posted_.store(true); }
    /// Moves what was posted into IRR and TMR.
    void take_posted() {
        if (posted_any_.load()) take_posted_now();
    }
    /// An NMI waits; taking it clears it.
    bool take_nmi() { return nmi_posted_.exchange(false); }
    bool has_nmi() const { return nmi_posted_.load(); }

    /// The vector that the guest would take now if its IF allows, by priority.
    std::optional<u8> deliverable() const;
    /// The guest takes `vector`: from IRR to ISR.
    void accept(u8 vector) { move(vector, ApicRegister::InterruptRequest, ApicRegister::InService); }
    /// The vCPU stopped delivering `vector` before the guest took it: from ISR to IRR.
    void unaccept(u8 vector) { move(vector, ApicRegister::InService, ApicRegister::InterruptRequest); }

    /// CR8 is the task priority's upper half.
    u8 task_priority() const { return static_cast<u8>(page_.at(ApicRegister::TaskPriority)); }
    void set_task_priority(u8 priority) { page_.at(ApicRegister::TaskPriority) = priority; }

    /// Whether a destination in physical or logical x2APIC form means this APIC.
    bool matches(const ApicCommand& command) const;

   private:
    u8 processor_priority() const;
    void move(u8 vector, ApicRegister from, ApicRegister to);
    void take_posted_now();
    void mask_local_vectors();
    ApicEffect end_of_interrupt();
    ApicEffect write_command(u64 value);
    void report_error(u32 bit);

    ApicPage& page_;
    u32 id_;
    bool may_request_ = false;  ///< false: IRR is empty
    std::atomic<bool> posted_any_{false};
    std::atomic<bool> nmi_posted_{false};
    std::atomic<u32> posted_[8] = {};
    std::atomic<u32> posted_level_[8] = {};  ///< of those, the level-triggered ones
    u32 errors_ = 0;                         ///< seen since the guest last wrote ESR
};
