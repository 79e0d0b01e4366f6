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
    u8 count;      ///< neighbours with the same rule
    u32 writable;  ///< 0: it is only read
};

/// @sdm{x2APIC Register Address Space, table 10-6} and the figures of each register.
constexpr RegisterRule kRules[] = {
    {ApicRegister::Id, 1, 0},
    {ApicRegister::Version, 1, 0},
    {ApicRegister::TaskPriority, 1, 0xff},
    {ApicRegister::ProcessorPriority, 1, 0},
    {ApicRegister::LogicalDestination, 1, 0},
    {ApicRegister::SpuriousVector, 1, 0x3ff},
    {ApicRegister::InService, 24, 0},  // and TMR and IRR behind it
    {ApicRegister::ErrorStatus, 1, 0},
    {ApicRegister::InterruptCommand, 1, 0},
    {ApicRegister::LvtTimer, 1, 0x7'10ff},
    {ApicRegister::LvtThermal, 2, 0x1'17ff},
    {ApicRegister::LvtLint0, 2, 0x1'f7ff},
    {ApicRegister::LvtError, 1, 0x1'10ff},
    {ApicRegister::TimerInitialCount, 1, 0xffff'ffff},
    {ApicRegister::TimerCurrentCount, 1, 0},
    {ApicRegister::TimerDivide, 1, 0xb},
};

/// Of ICR's low half. The delivery status (12) and level (14) are allowed and mean nothing here.
constexpr u32 kCommandWritable = 0xcdfff;
constexpr u32 kVersion = 0x5'0014;       ///< six LVT entries, APIC of a processor
constexpr u32 kIllegalVectors = 0xffff;  ///< 0 .. 15

const RegisterRule* rule_of(ApicRegister name) {
    for (const RegisterRule& rule : kRules) {
        const auto distance = static_cast<unsigned>(name) - static_cast<unsigned>(rule.first);
        if (distance < rule.count * 16U) return &rule;
    }
    return nullptr;
}

constexpr u8 priority_class(u8 priority) { return priority & 0xf0; }

}  // namespace

void LocalApic::reset() {
    take_posted();
    take_nmi();
    memset(&page_, 0, sizeof(page_));
    page_.at(ApicRegister::Id) = id_;
    page_.at(ApicRegister::Version) = kVersion;
    page_.at(ApicRegister::LogicalDestination) = (id_ >> 4) << 16 | 1U << (id_ & 15);
    page_.at(ApicRegister::SpuriousVector) = 0xff;
    mask_local_vectors();
    may_request_ = false;
    errors_ = 0;
}

void LocalApic::mask_local_vectors() {
    const u32 first = msr_from_apic_register(ApicRegister::LvtTimer);
    for (u32 msr = first; msr <= msr_from_apic_register(ApicRegister::LvtError); ++msr)
        page_.at(apic_register_from_msr(msr)) |= LvtEntry::kMasked;
}

bool LocalApic::reads_page(u32 msr) {
    const ApicRegister name = apic_register_from_msr(msr);
    return rule_of(name) && name != ApicRegister::ProcessorPriority && name != ApicRegister::TimerCurrentCount;
}

std::optional<u64> LocalApic::read(u32 msr) const {
    const ApicRegister name = apic_register_from_msr(msr);
    if (name == ApicRegister::ProcessorPriority) return processor_priority();
    return rule_of(name) ? std::optional(page_.wide(name)) : std::nullopt;
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

    if (!(page_.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable)) mask_local_vectors();
    return {};
}

ApicEffect LocalApic::write_command(u64 value) {
    if (static_cast<u32>(value) & ~kCommandWritable) return {ApicEffect::Kind::Refused};
    const ApicCommand command(value);
    page_.set_wide(ApicRegister::InterruptCommand, value);
    const bool has_vector =
        command.delivery() == DeliveryMode::Fixed || command.delivery() == DeliveryMode::LowestPriority;
    if (has_vector && command.vector() < 16) {
        report_error(ApicError::kSendIllegalVector);
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
    // The level bit goes first: whoever finds the request finds its trigger mode.
    const u32 bit = 1U << (vector % 32);
    if (trigger == abi::Trigger::Level) posted_level_[vector / 32].fetch_or(bit);
    posted_[vector / 32].fetch_or(bit);
    posted_any_.store(true);
}

void LocalApic::take_posted_now() {
    // First: a vector that is posted while the words are taken is taken now or found next time.
    posted_any_.store(false);
    for (unsigned i = 0; i < 8; ++i) {
        u32 requests = posted_[i].exchange(0);
        if (i == 0 && (requests & kIllegalVectors)) report_error(ApicError::kReceivedIllegalVector);
        if (i == 0) requests &= ~kIllegalVectors;
        if (!requests) continue;
        const u32 level = posted_level_[i].fetch_and(~requests) & requests;
        page_.word(ApicRegister::InterruptRequest, i) |= requests;
        u32& trigger = page_.word(ApicRegister::TriggerMode, i);
        trigger = (trigger & ~requests) | level;
        may_request_ = true;
    }
}

/// @sdm{Task and Processor Priorities, 10.8.3.1}
u8 LocalApic::processor_priority() const {
    const int service = page_.highest(ApicRegister::InService);
    const u8 in_service = service < 0 ? 0 : priority_class(static_cast<u8>(service));
    return priority_class(task_priority()) >= in_service ? task_priority() : in_service;
}

std::optional<u8> LocalApic::deliverable() const {
    if (!may_request_ || !(page_.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable)) return std::nullopt;
    const int request = page_.highest(ApicRegister::InterruptRequest);
    if (request < 0 || priority_class(static_cast<u8>(request)) <= priority_class(processor_priority()))
        return std::nullopt;
    return static_cast<u8>(request);
}

void LocalApic::move(u8 vector, ApicRegister from, ApicRegister to) {
    page_.clear(from, vector);
    page_.set(to, vector);
    may_request_ = page_.highest(ApicRegister::InterruptRequest) >= 0;
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
