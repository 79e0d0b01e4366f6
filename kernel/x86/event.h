// SPDX-License-Identifier: MIT
/// @file
/// @brief Something delivered through a guest's IDT, in the form that both vendors' processors have for it.
/// @chapter interrupts
///
/// This header compiles anywhere: kernel, tests and debugger share it.
#pragma once

#include "lib/types.h"

/// An event to inject, one that exited, or one whose delivery an exit interrupted. AMD keeps the error code in the upper half,
/// Intel in a field of its own; the rest is the same.
/// @apm{Event Injection, 15.20} @sdm{VM-Entry Interruption-Information Field, 25.8.3}
class Event {
   public:
    enum Type : u8 { Interrupt = 0, Nmi = 2, Exception = 3, Software = 4, Int1 = 5, SoftwareException = 6 };

    constexpr Event() = default;
    constexpr explicit Event(u64 raw) : raw_(raw) {}
    static constexpr Event interrupt(u8 vector) { return {Interrupt, vector}; }
    static constexpr Event nmi() { return {Nmi, 2}; }
    static constexpr Event exception(u8 vector) { return {Exception, vector}; }
    static constexpr Event exception(u8 vector, u32 error) {
        return Event(exception(vector).raw_ | kHasError | static_cast<u64>(error) << 32);
    }

    constexpr u64 raw() const { return raw_; }
    /// Whether it is one at all; the rest may be stale without.
    constexpr explicit operator bool() const { return raw_ & kValid; }
    constexpr bool is(Type type) const { return (raw_ & kValid) && this->type() == type; }
    constexpr u8 vector() const { return static_cast<u8>(raw_); }
    constexpr Type type() const { return static_cast<Type>(raw_ >> 8 & 7); }
    constexpr bool has_error() const { return raw_ & kHasError; }
    constexpr u32 error() const { return static_cast<u32>(raw_ >> 32); }
    constexpr Event without_error() const { return Event(raw_ & static_cast<u32>(~kHasError)); }

    /// What is to be delivered again after an exit interrupted the delivery. INT n, INT1, INT3 and INTO are not, but executed
    /// again: RIP still points at them.
    constexpr Event to_repeat() const {
        constexpr u8 kBreakpoint = 3, kOverflow = 4;
        if (is(Interrupt)) return interrupt(vector());
        if (is(Nmi)) return nmi();
        if (!is(Exception) || vector() == kBreakpoint || vector() == kOverflow) return {};
        return as_exception();
    }
    /// As the exception that it is to the guest, however it was raised.
    constexpr Event as_exception() const { return has_error() ? exception(vector(), error()) : exception(vector()); }
    constexpr bool operator==(const Event&) const = default;

   private:
    static constexpr u64 kValid = 1ULL << 31, kHasError = 1ULL << 11;
    constexpr Event(Type type, u8 vector) : raw_(kValid | static_cast<u64>(type) << 8 | vector) {}
    u64 raw_ = 0;
};
static_assert(sizeof(Event) == 8);
static_assert(Event::exception(13, 0).raw() == 0x80000b0d);
static_assert(Event::interrupt(0xec).raw() == 0x800000ec);
