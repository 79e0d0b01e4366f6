// SPDX-License-Identifier: MIT
/// @file
/// @brief Which back end this machine gets.
/// @chapter ring-v
#include "virt/ring_v.h"

#include "fs/procfs.h"
#include "lib/log.h"
#include "virt/svm/back_end.h"
#include "virt/vcpu_list.h"

namespace ring_v {

namespace {

constinit BackEnd* chosen = nullptr;
constinit const char* lacking = "not looked for yet";

Result<void> print_vm(Sink& sink) {
    VcpuList::print(sink);
    return {};
}
constexpr ProcFile kFiles[] = {{"vm", print_vm}};

}  // namespace

void init() {
    procfs::add_files(kFiles);
    BackEnd& candidate = svm::back_end();
    lacking = candidate.present() ? candidate.missing() : "no SVM";
    if (!lacking && !candidate.start_core().ok()) lacking = "no memory to start it";
    if (lacking) return log("ring V: this machine cannot run guests: ", lacking);
    chosen = &candidate;
    set_nested_format(candidate.nested_format());
    log("ring V: ", candidate.name());
}

Result<void> start_core() {
    if (!chosen) return {};
    return chosen->start_core();
}

BackEnd* back_end() { return chosen; }
const char* missing() { return lacking ? lacking : ""; }

}  // namespace ring_v
