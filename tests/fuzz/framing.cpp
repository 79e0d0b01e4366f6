// SPDX-License-Identifier: MIT
/// @file
/// @brief Fuzzes the framing of the remote protocol: any bytes, in any pieces.
/// @chapter testing
#include "debugger-ui/rsp/rsp_framing.h"

#include "tests/fuzz/fuzz.h"

namespace {

using namespace machine;

std::vector<RspEvent> events_of(std::string_view bytes, usize piece) {
    RspReader reader;
    std::vector<RspEvent> events;
    for (usize at = 0; at < bytes.size(); at += piece) {
        reader.feed(bytes.substr(at, piece));
        while (auto event = reader.next()) events.push_back(std::move(*event));
    }
    return events;
}

}  // namespace

int LLVMFuzzerTestOneInput(const u8* data, usize bytes) {
    Input input(data, bytes);
    const usize piece = input.take<u8>() % 17 + 1;
    const std::string_view text = input.text(bytes);
    // It does not matter in which pieces the bytes come.
    const std::vector<RspEvent> events = events_of(text, piece);
    FUZZ_CHECK(events == events_of(text, bytes + 1));
    for (const RspEvent& event : events) {
        if (event.kind != RspEventKind::Packet) continue;
        FUZZ_CHECK(event.payload.size() <= kMostPacketBytes + 256);
        // What was understood can be said again.
        const std::vector<RspEvent> again = events_of(encode_packet(event.payload), 7);
        FUZZ_CHECK(again.size() == 1 && again.front() == event);
    }
    // Any text is a payload.
    const std::vector<RspEvent> sent = events_of(encode_packet(text), piece);
    FUZZ_CHECK(sent.size() == 1 && sent.front().kind == RspEventKind::Packet && sent.front().payload == text);
    if (const auto decoded = bytes_from_hex(text)) {
        FUZZ_CHECK(decoded->size() * 2 == text.size() && bytes_from_hex(hex_from_bytes(*decoded)) == decoded);
    }
    return 0;
}
