// SPDX-License-Identifier: MIT
/// @file
/// @brief Guests of ours on a submission's kernel: labguest's cases, run one by one, on both vendors.
/// @chapter testing
#pragma once

#include <initializer_list>

#include "labs/grade/behaviours.h"
#include "labs/grade/bench.h"

namespace grading {

/// A machine at its shell, in QEMU, which counts its instructions.
class GuestBench : public Bench {
   public:
    explicit GuestBench(const Subject& subject);

    /// Runs a case to its end. @throws Failure where it went wrong; (Hang) where it did not end
    void run(const std::string& name);
    /// Types the case's command; the machine stands still afterwards.
    void start(const std::string& name);
    /// Waits for the end of what was started. @throws as run
    void finish(const std::string& name);
    /// What no one knows before it is typed.
    u64 nonce() const { return nonce_; }

   private:
    u64 nonce_;
    std::size_t from_ = 0;  ///< where the case's output begins
};

/// A check that runs cases by SVM in QEMU.
Check runs(std::initializer_list<std::string> cases);
/// A check that runs them by VMX in Bochs, whatever came of them in QEMU: of a lab where the back ends are the student's.
Check runs_on_vmx(std::initializer_list<std::string> cases);
/// A check that runs them by SVM first: what goes wrong in what both vendors have need not wait for Bochs.
Check runs_on_both(std::initializer_list<std::string> cases);

}  // namespace grading
