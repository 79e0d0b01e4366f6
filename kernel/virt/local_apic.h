// SPDX-License-Identifier: MIT
/// @file
/// @brief The local APIC of a vCPU, evaluated in software on its virtual-APIC page.
/// @chapter interrupts
#pragma once

#include <atomic>
#include <optional>

#include "abi/ring_v.h"
#include "x86/apic_page.h"

/// How a guest writes to a register: its MSR in x2APIC mode, its place in memory in xAPIC mode.
enum class ApicWay : u8 { Msr = 1, Memory = 2 };

/// What the writer of an APIC register has to see to. The register itself is written already.
struct ApicEffect {
    enum class Kind : u8 { None, Refused, SendIpi, LevelEoi } kind = Kind::None;
    u64 value = 0;  ///< SendIpi: the command. LevelEoi: the vector of the level-triggered interrupt that has ended.
};

/// A local APIC. It starts in x2APIC mode, as firmware may hand it over.
///
/// The page's registers belong to the vCPU's thread. Everybody else only posts; the thread takes that over with interrupts off
/// before it enters.
/// @sdm{Advanced Programmable Interrupt Controller (APIC), chapter 10}
class LocalApic {
   public:
    LocalApic(ApicPage& page, u32 id) : page_(page), id_(id) { reset(); }

    /// The state after INIT: nothing waits. The mode stays.
    void reset();
    u32 id() const { return id_; }
    ApicBase base() const { return base_; }
    bool is(ApicBase::Mode mode) const { return base_.mode() == mode; }
    /// The guest's write to IA32_APIC_BASE. False: #GP, nothing was changed. A disabled APIC forgets all.
    bool set_base(ApicBase base);

    /// Puts into the page what else is only kept up by processors: PPR, and the timer's count.
    void refresh(u32 timer_count) const;
    /// The register behind x2APIC MSR `msr` (800h .. 83Fh), as the page has it; none: #GP.
    std::optional<u64> read(u32 msr) const;
    static bool is_readable(u32 msr);
    /// Refused: the guest has no such register in its mode, or, by its MSR, may not write these bits. Nothing was changed.
    ApicEffect write(ApicRegister name, u64 value, ApicWay way);

    /// Asks for an interrupt. Any thread, any context. An illegal vector (below 16) is an error in ESR. True: the caller must get
    /// the vCPU to look.
    bool post(u8 vector, abi::Trigger trigger);
    void post_nmi() { nmi_posted_.store(true); }
    /// Moves what was posted into IRR and TMR.
    void take_posted();
    /// An NMI waits; taking it clears it.
    bool take_nmi() { return nmi_posted_.exchange(false); }
    bool has_nmi() const { return nmi_posted_.load(); }

    /// Whether anything was requested. Processors that deliver by themselves do not keep this up.
    bool has_requests() const { return may_request_; }
    /// The vector that the guest would take now if its IF allows, by priority.
    std::optional<u8> deliverable() const;
    /// The guest takes `vector`: from IRR to ISR.
    void accept(u8 vector) { move(vector, ApicRegister::InterruptRequest, ApicRegister::InService); }
    /// The vCPU stopped delivering `vector` before the guest took it: from ISR to IRR.
    void unaccept(u8 vector) { move(vector, ApicRegister::InService, ApicRegister::InterruptRequest); }

    /// CR8 is the task priority's upper half.
    u8 task_priority() const { return static_cast<u8>(page_.at(ApicRegister::TaskPriority)); }
    void set_task_priority(u8 priority) { page_.at(ApicRegister::TaskPriority) = priority; }

    /// Whether the command's destination, physical or logical, means this APIC. Any thread: a guest that sends while it changes
    /// where an APIC listens gets the one or the other.
    bool matches(const ApicCommand& command) const;

   private:
    u8 processor_priority() const;
    void move(u8 vector, ApicRegister from, ApicRegister to);
    void identify();
    void mask_local_vectors();
    ApicEffect end_of_interrupt();
    ApicEffect send(ApicCommand command);
    bool report_error(u32 bit);

    ApicPage& page_;
    u32 id_;
    ApicBase base_{ApicBase::Mode::X2Apic, id_ == 0 ? ApicBase::kBootProcessor : 0};
    bool may_request_ = false;  ///< false: IRR is empty
    std::atomic<bool> nmi_posted_{false};
    std::atomic<u32> errors_ = 0;  ///< seen since the guest last wrote ESR
};
