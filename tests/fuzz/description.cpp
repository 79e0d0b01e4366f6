// SPDX-License-Identifier: MIT
/// @file
/// @brief Fuzzes the reader of target descriptions: a stub that describes itself by anything, in several files.
/// @chapter testing
#include "debugger-ui/rsp/target_description.h"

#include "debugger-ui/rsp/error.h"
#include "tests/fuzz/fuzz.h"

using namespace machine;

/// The files are what stands between zeros; each name means one of them.
int LLVMFuzzerTestOneInput(const u8* data, usize bytes) {
    std::vector<std::string> files;
    const std::string_view all(reinterpret_cast<const char*>(data), bytes);
    for (usize begin = 0; begin <= all.size();) {
        const usize end = std::min(all.find('\0', begin), all.size());
        files.emplace_back(all.substr(begin, end - begin));
        begin = end + 1;
    }
    usize fetched = 0;
    try {
        const auto description = TargetDescription::parse([&](const std::string& name) {
            if (++fetched > 200) throw Error("enough");  // as a stub that no longer answers
            return files[name == "target.xml" ? 0 : name.size() % files.size()];
        });
        FUZZ_CHECK(!description.registers().empty());
        usize offset = 0;
        for (const RegisterPlace& place : description.registers()) {
            FUZZ_CHECK(place.offset == offset);
            offset += place.bytes;
            FUZZ_CHECK(description.find(place.name) != nullptr);
        }
        // An answer to `g` that is too short for all of them.
        const Registers registers(description, Bytes(offset / 2, 0xff));
        for (const RegisterPlace& place : description.registers()) {
            try {
                static_cast<void>(registers[place.name]);
            } catch (const Error&) {
                // There is less than was described.
            }
        }
    } catch (const Error& problem) {
        FUZZ_CHECK(std::string_view(problem.what()).size() < 500);
        FUZZ_CHECK(std::string_view(problem.what()).find('\n') == std::string_view::npos);
    }
    return 0;
}
