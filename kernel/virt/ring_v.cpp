// SPDX-License-Identifier: MIT
/// @file
/// @brief Which back end this machine gets.
/// @chapter ring-v
#include "virt/ring_v.h"

#include "fs/procfs.h"
#include "lib/log.h"
#include "virt/vcpu.h"

namespace ring_v {

namespace {

constinit const BackEnd* chosen = nullptr;
constinit const char* lacking = "not looked for yet";

constexpr ProcFile kFiles[] = {{"vm", Vcpu::print_all}};

}  // namespace

void init() {
    procfs::add_files(kFiles);
    const BackEnd& candidate = vmx::back_end.present() ? vmx::back_end : svm::back_end;
    lacking = candidate.present() ? candidate.missing() : "neither VMX nor SVM";
    if (!lacking && !candidate.start_core().ok()) lacking = "no memory to start it";
    if (lacking) return log("ring V: this machine cannot run guests: ", lacking);
    chosen = &candidate;
    set_nested_format(candidate.nested_format);
    twain_debug.nested_format = static_cast<u32>(candidate.nested_format);
    log("ring V: ", candidate.name);
}

Result<void> start_core() { return chosen ? chosen->start_core() : Result<void>(); }

const BackEnd* back_end() { return chosen; }
const char* missing() { return lacking ? lacking : ""; }

}  // namespace ring_v
