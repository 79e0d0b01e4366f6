// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtual-APIC page's meaning: registers, priorities, requests and services.
/// @chapter interrupts
#include "virt/local_apic.h"

#include <utility>

#include "lib/string.h"

namespace {

/// What a guest may do with a register of the page. Writing a bit outside `writable` is refused.
struct RegisterRule {
    ApicRegister first;
    u8 count;  ///< neighbours with the same rule
    bool readable;
    u32 writable;  ///< 0: read-only
};

/// @sdm{x2APIC Register Address Space, table 10-6} and the figures of each register.
constexpr RegisterRule kRules[] = {
    {ApicRegister::Id, 1, true, 0},
    {ApicRegister::Version, 1, true, 0},
    {ApicRegister::TaskPriority, 1, true, 0xff},
    {ApicRegister::ProcessorPriority, 1, true, 0},
    {ApicRegister::LogicalDestination, 1, true, 0},
    {ApicRegister::SpuriousVector, 1, true, 0x3ff},
    {ApicRegister::InService, 24, true, 0},  // and TMR and IRR behind it
    {ApicRegister::LvtTimer, 1, true, 0x7'10ff},
    {ApicRegister::LvtThermal, 2, true, 0x1'17ff},
    {ApicRegister::LvtLint0, 2, true, 0x1'f7ff},
    {ApicRegister::LvtError, 1, true, 0x1'10ff},
    {ApicRegister::TimerInitialCount, 1, true, 0xffff'ffff},
    {ApicRegister::TimerCurrentCount, 1, true, 0},
    {ApicRegister::TimerDivide, 1, true, 0xb},
};

/// Of ICR's low half. The delivery status (12) and level (14) are allowed and mean nothing here.
constexpr u32 kCommandWritable = 0xcdfff;
constexpr u32 kVersion = 0x5'0014;  ///< six LVT entries, APIC of a processor
constexpr u32 kSendIllegalVector = 1U << 5, kReceivedIllegalVector = 1U << 6;

const RegisterRule* rule_of(ApicRegister name) {
    for (const RegisterRule& rule : kRules) {
        const auto distance = static_cast<unsigned>(name) - static_cast<unsigned>(rule.first);
        if (distance < rule.count * 16U) return &rule;
    }
    return nullptr;
}

bool is_lvt(ApicRegister name) { return name >= ApicRegister::LvtTimer && name <= ApicRegister::LvtError; }

constexpr u8 priority_class(u8 priority) { return priority & 0xf0; }

}  // namespace

void LocalApic::reset() {
    memset(&page_, 0, sizeof(page_));
    page_.at(ApicRegister::Id) = id_;
    page_.at(ApicRegister::Version) = kVersion;
    page_.at(ApicRegister::LogicalDestination) = (id_ >> 4) << 16 | 1U << (id_ & 15);
    page_.at(ApicRegister::SpuriousVector) = 0xff;
    for (auto name = ApicRegister::LvtTimer; is_lvt(name);
         name = static_cast<ApicRegister>(static_cast<unsigned>(name) + 16)) {
        page_.at(name) = LvtEntry::kMasked;
    }
    may_request_ = false;
    errors_ = 0;
}

std::optional<u64> LocalApic::read(u32 msr) const {
    const ApicRegister name = apic_register_from_msr(msr);
    switch (name) {
    case ApicRegister::ErrorStatus: return page_.at(name);
    case ApicRegister::ProcessorPriority: return processor_priority();
    case ApicRegister::InterruptCommand:
        return static_cast<u64>(page_.at(ApicRegister::InterruptCommandHigh)) << 32 | page_.at(name);
    default: break;
    }
    const RegisterRule* rule = rule_of(name);
    if (!rule || !rule->readable) return std::nullopt;
    return page_.at(name);
}

ApicEffect LocalApic::write(u32 msr, u64 value) {
    const ApicRegister name = apic_register_from_msr(msr);
    if (name == ApicRegister::InterruptCommand) return write_command(value);
    if (name == ApicRegister::SelfIpi && value <= 0xff)
        return write_command(static_cast<u64>(ApicCommand::Shorthand::Self) << 18 | value);
    if (name == ApicRegister::Eoi && value == 0) return end_of_interrupt();
    if (name == ApicRegister::ErrorStatus && value == 0) {
        page_.at(name) = std::exchange(errors_, 0);
        return {};
    }
    const RegisterRule* rule = rule_of(name);
    if (!rule || rule->writable == 0 || (value & ~static_cast<u64>(rule->writable))) return {ApicEffect::Kind::Refused};
    page_.at(name) = static_cast<u32>(value);

    const bool enabled = page_.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable;
    if (is_lvt(name) && !enabled) page_.at(name) |= LvtEntry::kMasked;
    if (name == ApicRegister::SpuriousVector && !enabled) {
        for (u32 lvt = msr_from_apic_register(ApicRegister::LvtTimer);
             lvt <= msr_from_apic_register(ApicRegister::LvtError); ++lvt) {
            page_.at(apic_register_from_msr(lvt)) |= LvtEntry::kMasked;
        }
    }
    const bool timer =
        name == ApicRegister::LvtTimer || name == ApicRegister::TimerInitialCount || name == ApicRegister::TimerDivide;
    return {timer ? ApicEffect::Kind::TimerChanged : ApicEffect::Kind::None};
}

ApicEffect LocalApic::write_command(u64 value) {
    if (static_cast<u32>(value) & ~kCommandWritable) return {ApicEffect::Kind::Refused};
    const ApicCommand command(value);
    page_.at(ApicRegister::InterruptCommand) = static_cast<u32>(value);
    page_.at(ApicRegister::InterruptCommandHigh) = command.destination();
    const bool has_vector =
        command.delivery() == DeliveryMode::Fixed || command.delivery() == DeliveryMode::LowestPriority;
    if (has_vector && command.vector() < 16) {
        report_error(kSendIllegalVector);
        return {};
    }
    if (has_vector && command.shorthand() == ApicCommand::Shorthand::Self) {
        page_.set(ApicRegister::InterruptRequest, command.vector());
        page_.clear(ApicRegister::TriggerMode, command.vector());
        may_request_ = true;
        return {};
    }
    return {ApicEffect::Kind::SendIpi, 0, value};
}

ApicEffect LocalApic::end_of_interrupt() {
    const int vector = page_.highest(ApicRegister::InService);
    if (vector < 0) return {};
    const auto ended = static_cast<u8>(vector);
    page_.clear(ApicRegister::InService, ended);
    if (!page_.test(ApicRegister::TriggerMode, ended)) return {};
    return {ApicEffect::Kind::LevelEoi, ended};
}

void LocalApic::post(u8 vector, abi::Trigger trigger) {
    if (vector < 16) {
        posted_errors_.fetch_or(kReceivedIllegalVector);
    } else {
        // The level bit goes first: whoever finds the request finds its trigger mode.
        const u64 bit = 1ULL << (vector % 64);
        if (trigger == abi::Trigger::Level) posted_level_[vector / 64].fetch_or(bit);
        posted_[vector / 64].fetch_or(bit);
    }
    posted_any_.store(true);
}

void LocalApic::take_posted_now() {
    posted_any_.store(
        false);  // before the words are taken: a vector that is posted meanwhile is taken now or found next time
    for (unsigned i = 0; i < 4; ++i) {
        const u64 requests = posted_[i].exchange(0);
        if (!requests) continue;
        const u64 level = posted_level_[i].fetch_and(~requests) & requests;
        for (unsigned half = 0; half < 2; ++half) {
            const u32 bits = static_cast<u32>(requests >> (32 * half));
            page_.word(ApicRegister::InterruptRequest, 2 * i + half) |= bits;
            u32& trigger = page_.word(ApicRegister::TriggerMode, 2 * i + half);
            trigger = (trigger & ~bits) | static_cast<u32>(level >> (32 * half));
        }
        may_request_ = true;
    }
    if (const u32 errors = posted_errors_.exchange(0)) report_error(errors);
}

/// @sdm{Task and Processor Priorities, 10.8.3.1}
u8 LocalApic::processor_priority() const {
    const int service = page_.highest(ApicRegister::InService);
    const u8 in_service = service < 0 ? 0 : priority_class(static_cast<u8>(service));
    return priority_class(task_priority()) >= in_service ? task_priority() : in_service;
}

std::optional<u8> LocalApic::highest_deliverable() const {
    if (!(page_.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable)) return std::nullopt;
    const int request = page_.highest(ApicRegister::InterruptRequest);
    if (request < 0 || priority_class(static_cast<u8>(request)) <= priority_class(processor_priority()))
        return std::nullopt;
    return static_cast<u8>(request);
}

void LocalApic::accept(u8 vector) {
    page_.clear(ApicRegister::InterruptRequest, vector);
    page_.set(ApicRegister::InService, vector);
    may_request_ = page_.highest(ApicRegister::InterruptRequest) >= 0;
}

void LocalApic::unaccept(u8 vector) {
    page_.clear(ApicRegister::InService, vector);
    page_.set(ApicRegister::InterruptRequest, vector);
    may_request_ = true;
}

unsigned LocalApic::timer_divide_shift() const {
    // Bits 3, 1 and 0: 0 divides by 2, ..., 6 by 128, and 7 not at all. @sdm{Divide Configuration Register, figure 10-10}
    const u32 divide = page_.at(ApicRegister::TimerDivide);
    return (((divide & 3) | ((divide & 8) >> 1)) + 1) & 7;
}

bool LocalApic::matches(const ApicCommand& command) const {
    const u32 destination = command.destination();
    if (destination == 0xffff'ffff) return true;
    if (!command.logical()) return destination == id_;
    const u32 own = page_.at(ApicRegister::LogicalDestination);
    return destination >> 16 == own >> 16 && (destination & own & 0xffff);
}

void LocalApic::report_error(u32 bit) {
    errors_ |= bit;
    const LvtEntry entry(page_.at(ApicRegister::LvtError));
    if (!entry.masked() && entry.vector() >= 16) post(entry.vector(), abi::Trigger::Edge);
}
