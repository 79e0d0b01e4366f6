// SPDX-License-Identifier: MIT
/// @file
/// @brief Fuzzes the reader of recordings: what it takes it must be able to write, and read again as the same.
/// @chapter testing
#include "debugger-ui/model/recording.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "debugger-ui/model/checker.h"
#include "debugger-ui/model/picture.h"
#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace debugger;

const machine::TemporaryDirectory& directory() {
    static const machine::TemporaryDirectory made;
    return made;
}

void expect_same(const Snapshot& a, const Snapshot& b) {
    FUZZ_CHECK(a.format == b.format && a.message == b.message && a.processes == b.processes && a.vcpus == b.vcpus);
    FUZZ_CHECK(a.registers == b.registers && a.pages == b.pages && a.log.size() == b.log.size());
    for (usize at = 0; at < a.log.size(); ++at) FUZZ_CHECK(std::memcmp(&a.log[at], &b.log[at], sizeof(a.log[at])) == 0);
}

/// A person opens it and looks around.
void look_at(Snapshot loaded) {
    const auto snapshot = std::make_shared<const Snapshot>(std::move(loaded));
    Painter painter;
    Selection selection;
    if (snapshot->log.size() > 0) selection.address = snapshot->log[snapshot->log.size() - 1].address;
    for (const AddressKind kind : {AddressKind::Ring3, AddressKind::GuestPhys, AddressKind::GuestVirt}) {
        selection.kind = kind;
        for (const i64 moment : {i64{-1}, i64{0}, static_cast<i64>(snapshot->log.size() / 2)}) {
            selection.moment = moment;
            static_cast<void>(painter.paint(snapshot, selection));
        }
    }
    PageSet pages = snapshot->pages;
    for (const Process& process : snapshot->processes)
        static_cast<void>(check_tree(pages, process.root, snapshot->format));
}

}  // namespace

/// What is not packed is read as it is: the fuzzer need not learn to pack.
int LLVMFuzzerTestOneInput(const u8* data, usize bytes) {
    static const machine::File file(::memfd_create("recording", MFD_CLOEXEC));
    static const std::string name = "/proc/self/fd/" + std::to_string(file.get());
    FUZZ_CHECK(::ftruncate(file.get(), 0) == 0 && ::pwrite(file.get(), data, bytes, 0) == static_cast<ssize_t>(bytes));
    try {
        const Snapshot loaded = load_recording(name);
        const auto copy = directory().path() / "copy";
        save_recording(loaded, copy);
        expect_same(loaded, load_recording(copy));
        look_at(loaded);
    } catch (const machine::Error& problem) {
        FUZZ_CHECK(std::string_view(problem.what()).find('\n') == std::string_view::npos);
    }
    return 0;
}
