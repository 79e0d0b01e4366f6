// SPDX-License-Identifier: MIT
/// @file
/// @brief write-seeds DIRECTORY: writes what the fuzzers begin with, a directory of good input for each.
/// @chapter testing
#include <zlib.h>

#include <fstream>

#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/file.h"
#include "debugger-ui/rsp/rsp_framing.h"
#include "tests/debugger/fake_machine.h"

namespace {

using std::filesystem::path;

void write(const path& file, const std::string& content) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
}

/// A recording of a small machine, unpacked: the fuzzer changes bytes, and those of a packed file all hang together.
std::string recording(NestedFormat format) {
    using namespace debugger;
    FakeMachine machine(format);
    for (u64 page = 0; page < 6; ++page) machine.map(0x20'0000 + page * 5 * kPageBytes, {true, page % 2 == 0, true});
    machine.map(0x7fff'0000'0000, {true, true, false});
    Snapshot snapshot = *machine.snapshot();
    snapshot.vcpus = {{7, true, true, {0x8000'0001, 0x20'0000, 0x20, 0x500}, 5}};
    snapshot.registers = {{"rip", 0x1234}};
    const machine::TemporaryDirectory directory;
    const path packed = directory.path() / "packed";
    save_recording(snapshot, packed);
    std::string content;
    const gzFile file = ::gzopen(packed.c_str(), "rb");
    char buffer[4096];
    for (int got; (got = ::gzread(file, buffer, sizeof(buffer))) > 0;) content.append(buffer, static_cast<usize>(got));
    ::gzclose(file);
    return content;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const path root = arguments[1];
    std::string talk = "\x03+-";
    for (const char* payload : {"OK", "T05thread:01;watch:1000;", "m0,8", "0* ", "l<reg name=\"rip\"/>", "", "}*#$"})
        talk += machine::encode_packet(payload) + "+";
    write(root / "framing" / "talk", talk);
    write(root / "description" / "two",
          std::string("<?xml version=\"1.0\"?><target><architecture>i386:x86-64</architecture><xi:include "
                      "href=\"a\"/><!-- <reg name=\"no\" bitsize=\"8\"/> --></target>") +
              '\0' +
              "<feature name=\"core\"><reg name=\"rax\" bitsize=\"64\" type=\"int64\"/>\n<reg name=\"st0\" "
              "bitsize=\"80\"/>"
              "</feature>");
    write(root / "recording" / "npt", recording(NestedFormat::Npt));
    write(root / "recording" / "ept", recording(NestedFormat::Ept));
    std::string bytes;
    for (unsigned at = 0; at < 4000; ++at) bytes += static_cast<char>(at * at / 7);
    write(root / "trace" / "bytes", bytes);
    return 0;
}
