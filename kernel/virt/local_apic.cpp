// SPDX-License-Identifier: MIT
/// @file
/// @brief The virtual-APIC page's meaning: registers, priorities, requests and services.
/// @chapter interrupts
#include "virt/local_apic.h"

#include "lib/string.h"

namespace {

constexpr u8 kRead = 1, kWrite = 1 << static_cast<u8>(ApicWay::Msr), kStore = 1 << static_cast<u8>(ApicWay::Memory);

/// What a guest may do with a register of the page.
struct RegisterRule {
    ApicRegister first;
    u8 count;          ///< neighbours with the same rule
    u8 access;         ///< kRead: by its MSR
    u64 writable = 0;  ///< all other bits keep their value
    u64 ignored = 0;   ///< of those, the ones that a write to the MSR may have set
};

/// @sdm{Local APIC Register Address Map, table 10-1} @sdm{x2APIC Register Address Space, table 10-6} and the figures of each register.
constexpr RegisterRule kRules[] = {
    {ApicRegister::Id, 1, kRead},
    {ApicRegister::Version, 1, kRead},
    {ApicRegister::TaskPriority, 1, kRead | kWrite | kStore, 0xff},
    {ApicRegister::ProcessorPriority, 1, kRead},
    {ApicRegister::Eoi, 1, kWrite | kStore},
    {ApicRegister::LogicalDestination, 1, kRead | kStore, 0xff00'0000},
    {ApicRegister::DestinationFormat, 1, kStore, 0xf000'0000},
    {ApicRegister::SpuriousVector, 1, kRead | kWrite | kStore, 0x3ff},
    {ApicRegister::InService, 24, kRead},  // and TMR and IRR behind it
    {ApicRegister::ErrorStatus, 1, kRead | kWrite | kStore},
    {ApicRegister::InterruptCommand, 1, kRead | kWrite | kStore, 0xffff'ffff'000c'cfff, 0x1000},
    {ApicRegister::InterruptCommandHigh, 1, kStore, 0xff00'0000},
    {ApicRegister::LvtTimer, 1, kRead | kWrite | kStore, 0x7'00ff, 0x1000},
    {ApicRegister::LvtThermal, 2, kRead | kWrite | kStore, 0x1'07ff, 0x1000},
    {ApicRegister::LvtLint0, 2, kRead | kWrite | kStore, 0x1'a7ff, 0x5000},
    {ApicRegister::LvtError, 1, kRead | kWrite | kStore, 0x1'00ff, 0x1000},
    {ApicRegister::TimerInitialCount, 1, kRead | kWrite | kStore, 0xffff'ffff},
    {ApicRegister::TimerCurrentCount, 1, kRead},
    {ApicRegister::TimerDivide, 1, kRead | kWrite | kStore, 0xb},
    {ApicRegister::SelfIpi, 1, kWrite, 0xff},
};

constexpr u32 kVersion = 0x5'0014;  ///< six LVT entries, APIC of a processor

const RegisterRule& rule_of(ApicRegister name) {
    static constexpr RegisterRule kNoRegister{};
    for (const RegisterRule& rule : kRules) {
        const auto distance = static_cast<unsigned>(name) - static_cast<unsigned>(rule.first);
        if (distance < rule.count * 16U) return rule;
    }
    return kNoRegister;
}

constexpr u8 priority_class(u8 priority) { return priority & 0xf0; }

}  // namespace

void LocalApic::reset() {
    take_posted();
    take_nmi();
    memset(page_.registers, 0, sizeof(page_.registers));
    page_.at(ApicRegister::Id) = id_ << 24;
    page_.at(ApicRegister::Version) = kVersion;
    page_.at(ApicRegister::DestinationFormat) = ~0U;
    page_.at(ApicRegister::SpuriousVector) = 0xff;
    mask_local_vectors();
    identify();
    may_request_ = false;
    errors_ = 0;
}

void LocalApic::identify() {
    if (!is(ApicBase::Mode::X2Apic)) return;
    page_.at(ApicRegister::Id) = id_;
    page_.at(ApicRegister::LogicalDestination) = (id_ >> 4) << 16 | 1U << (id_ & 15);
}

bool LocalApic::set_base(ApicBase base) {
    if (!base_.may_become(base)) return false;
    base_ = base;
    is(ApicBase::Mode::Disabled) ? reset() : identify();
    return true;
}

void LocalApic::mask_local_vectors() {
    const u32 first = msr_from_apic_register(ApicRegister::LvtTimer);
    for (u32 msr = first; msr <= msr_from_apic_register(ApicRegister::LvtError); ++msr)
        page_.at(apic_register_from_msr(msr)) |= LvtEntry::kMasked;
}

void LocalApic::refresh(u32 timer_count) const {
    page_.at(ApicRegister::ProcessorPriority) = processor_priority();
    page_.at(ApicRegister::TimerCurrentCount) = timer_count;
}

bool LocalApic::is_readable(u32 msr) { return rule_of(apic_register_from_msr(msr)).access & kRead; }

std::optional<u64> LocalApic::read(u32 msr) const {
    if (!is(ApicBase::Mode::X2Apic) || !is_readable(msr)) return std::nullopt;
    return page_.wide(apic_register_from_msr(msr));
}

ApicEffect LocalApic::write(ApicRegister name, u64 value, ApicWay way) {
    const auto& [first, count, access, writable, ignored] = rule_of(name);
    const bool by_msr = way == ApicWay::Msr;
    if (!is(by_msr ? ApicBase::Mode::X2Apic : ApicBase::Mode::XApic) || !(access >> static_cast<u8>(way) & 1) ||
        (by_msr && (value & ~(writable | ignored))))
        return {ApicEffect::Kind::Refused};
    u32& place = page_.at(name);
    value = (value & writable) | (place & ~writable);
    switch (name) {
    case ApicRegister::Eoi: return end_of_interrupt();
    case ApicRegister::SelfIpi: return send(ApicCommand::to_self(static_cast<u8>(value)));
    case ApicRegister::InterruptCommand:
        return send(by_msr ? ApicCommand(value)
                           : ApicCommand::from_xapic(page_.at(ApicRegister::InterruptCommandHigh), value));
    case ApicRegister::ErrorStatus: place = errors_.exchange(0); return {};
    default: place = static_cast<u32>(value);
    }
    if (!(page_.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable)) mask_local_vectors();
    return {};
}

ApicEffect LocalApic::send(ApicCommand command) {
    page_.set_wide(ApicRegister::InterruptCommand, command.raw());
    const bool has_vector =
        command.delivery() == DeliveryMode::Fixed || command.delivery() == DeliveryMode::LowestPriority;
    if (has_vector && command.vector() < 16) {
        report_error(ApicError::kSendIllegalVector);
        return {};
    }
    return {ApicEffect::Kind::SendIpi, command.raw()};
}

ApicEffect LocalApic::end_of_interrupt() {
    const int vector = page_.highest(ApicRegister::InService);
    if (vector < 0) return {};
    const auto ended = static_cast<u8>(vector);
    page_.clear(ApicRegister::InService, ended);
    if (!page_.test(ApicRegister::TriggerMode, ended)) return {};
    return {ApicEffect::Kind::LevelEoi, ended};
}

bool LocalApic::post(u8 vector, abi::Trigger trigger) {
    if (vector < 16) return report_error(ApicError::kReceivedIllegalVector);
    return (trigger == abi::Trigger::Level ? page_.posted_level : page_.posted).post(vector);
}

void LocalApic::take_posted() {
    const auto request = [this](unsigned word, u32 bits, u32 level) {
        u32& trigger = page_.word(ApicRegister::TriggerMode, word);
        trigger = (trigger & ~bits) | level;
        page_.word(ApicRegister::InterruptRequest, word) |= bits;
        may_request_ = true;
    };
    page_.posted.take_all([&](unsigned word, u32 bits) { request(word, bits, 0); });
    page_.posted_level.take_all([&](unsigned word, u32 bits) { request(word, bits, bits); });
}

/// @sdm{Task and Processor Priorities, 10.8.3.1}
u8 LocalApic::processor_priority() const {
    const int service = page_.highest(ApicRegister::InService);
    const u8 in_service = service < 0 ? 0 : priority_class(static_cast<u8>(service));
    return priority_class(task_priority()) >= in_service ? task_priority() : in_service;
}

std::optional<u8> LocalApic::deliverable() const {
    if (!(page_.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable)) return std::nullopt;
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
    if (destination == ApicCommand::kEverybody) return true;
    if (!command.logical()) return destination == id_;
    const u32 own = page_.at(ApicRegister::LogicalDestination);
    if (is(ApicBase::Mode::X2Apic)) return in_logical_group(destination, own, 16);
    return in_logical_group(destination, own >> 24, page_.at(ApicRegister::DestinationFormat) >> 28 == 15 ? 8 : 4);
}

bool LocalApic::report_error(u32 bit) {
    errors_ |= bit;
    const LvtEntry entry(page_.at(ApicRegister::LvtError));
    return !entry.masked() && entry.vector() >= 16 && post(entry.vector(), abi::Trigger::Edge);
}
