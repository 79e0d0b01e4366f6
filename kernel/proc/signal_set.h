// SPDX-License-Identifier: MIT
/// @file
/// @brief Signal numbers, and a set of them in one word, as programs pass it.
/// @chapter signals
#pragma once

#include "lib/types.h"

/// Signals are numbered 1 .. 64; from kFirstRealTime on each instance is queued.
inline constexpr int kSignals = 64;
inline constexpr int kFirstRealTime = 32;

/// Linux's numbers for x86-64. (Its headers define these as macros; a program's <signal.h> would collide with them.)
enum Signal : int {
    kSigHup = 1,
    kSigInt,
    kSigQuit,
    kSigIll,
    kSigTrap,
    kSigAbrt,
    kSigBus,
    kSigFpe,
    kSigKill,
    kSigUsr1,
    kSigSegv,
    kSigUsr2,
    kSigPipe,
    kSigAlrm,
    kSigTerm,
    kSigStkFlt,
    kSigChld,
    kSigCont,
    kSigStop,
    kSigTstp,
    kSigTtin,
    kSigTtou,
    kSigUrg,
    kSigXcpu,
    kSigXfsz,
    kSigVtAlrm,
    kSigProf,
    kSigWinch,
    kSigIo,
    kSigPwr,
    kSigSys,
};
static_assert(kSigKill == 9 && kSigChld == 17 && kSigStop == 19 && kSigSys == 31);

/// A set of signals: signal n is bit n-1.
class SignalSet {
   public:
    constexpr SignalSet() = default;
    constexpr explicit SignalSet(u64 raw) : raw_(raw) {}
    template <class... Numbers>
    static constexpr SignalSet of(Numbers... numbers) {
        return SignalSet((bit(numbers) | ... | 0));
    }
    /// SIGKILL and SIGSTOP, which nothing holds back.
    static constexpr SignalSet unblockable() { return of(kSigKill, kSigStop); }

    constexpr u64 raw() const { return raw_; }
    constexpr bool empty() const { return raw_ == 0; }
    constexpr bool has(int number) const { return raw_ & bit(number); }
    constexpr void add(int number) { raw_ |= bit(number); }
    constexpr void remove(int number) { raw_ &= ~bit(number); }
    /// The smallest number in the set, which must not be empty.
    constexpr int first() const { return __builtin_ctzll(raw_) + 1; }

    constexpr SignalSet operator|(SignalSet other) const { return SignalSet(raw_ | other.raw_); }
    constexpr SignalSet operator&(SignalSet other) const { return SignalSet(raw_ & other.raw_); }
    constexpr SignalSet without(SignalSet other) const { return SignalSet(raw_ & ~other.raw_); }
    constexpr bool operator==(const SignalSet&) const = default;

   private:
    static constexpr u64 bit(int number) { return 1ULL << (number - 1); }
    u64 raw_ = 0;
};
static_assert(SignalSet::unblockable().raw() == 0x40100);

constexpr bool is_signal(int number) { return number >= 1 && number <= kSignals; }
