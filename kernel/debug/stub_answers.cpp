// SPDX-License-Identifier: MIT
/// @file
/// @brief Which answer each packet gets: memory, breakpoints, queries.
/// @chapter observability
#include <algorithm>

#include "debug/stub_session.h"
#include "lib/string.h"

namespace stub {
namespace {

constexpr std::string_view kOk = "OK", kBadAddress = "E14", kBadArgument = "E22";

/// Lets only the part [begin, begin + bytes) of what is written through to another sink.
class WindowSink final : public Sink {
   public:
    WindowSink(Sink& sink, u64 begin, u64 bytes) : sink_(sink), skip_(begin), left_(bytes) {}
    void write(std::string_view text) override {
        const auto skipped = std::min<u64>(skip_, text.size());
        skip_ -= skipped;
        text.remove_prefix(skipped);
        const auto part = std::min<u64>(left_, text.size());
        left_ -= part;
        sink_.write(text.substr(0, part));
        cut_ = cut_ || part < text.size();
    }
    bool was_cut() const { return cut_; }

   private:
    Sink& sink_;
    u64 skip_, left_;
    bool cut_ = false;
};

class NoSink final : public Sink {
   public:
    void write(std::string_view) override {}
};

/// The bytes of a range as `address,length`, with `length` bytes at most `most`.
struct Range {
    u64 at, bytes;
};
std::optional<Range> take_range(Arguments& arguments, u64 most) {
    const auto at = arguments.number();
    if (!at || !arguments.skip(",")) return std::nullopt;
    const auto bytes = arguments.number();
    if (!bytes || *bytes > most) return std::nullopt;
    return Range{*at, *bytes};
}

}  // namespace

/// m: two digits a byte; x: the bytes themselves. @spec{GDB manual, Remote Protocol, Packets}
void Session::answer_read(char command, Arguments arguments) {
    // Every byte may have to be escaped, and one more says that they follow.
    const auto range = take_range(arguments, command == 'x' ? sizeof(data_) - 1 : sizeof(data_));
    if (!range || !arguments.at_end()) return put(reply_, kBadArgument);
    const std::span to(data_, range->bytes);
    const bool there = physical_ ? target_.read(PhysAddr(range->at), to) : target_.read(core_, VirtAddr(range->at), to);
    if (!there) return put(reply_, kBadAddress);
    if (command == 'm') return put_bytes(reply_, to);
    put(reply_, 'b');
    reply_.write({reinterpret_cast<const char*>(data_), to.size()});
}

bool Session::write_memory(u64 at, std::span<const u8> bytes) {
    if (bytes.empty()) return true;
    return physical_ ? target_.write(PhysAddr(at), bytes) : target_.write(core_, VirtAddr(at), bytes);
}

void Session::answer_write(Arguments arguments) {
    const auto range = take_range(arguments, sizeof(data_));
    if (!range || !arguments.skip(":")) return put(reply_, kBadArgument);
    const std::span from(data_, range->bytes);
    if (!arguments.bytes(from) || !arguments.at_end()) return put(reply_, kBadArgument);
    put_result(write_memory(range->at, from));
}

void Session::answer_write_binary(Arguments arguments) {
    const auto range = take_range(arguments, kPacketBytes);
    if (!range || !arguments.skip(":") || arguments.rest().size() != range->bytes) return put(reply_, kBadArgument);
    const std::string_view content = arguments.rest();
    put_result(write_memory(range->at, {reinterpret_cast<const u8*>(content.data()), content.size()}));
}

void Session::answer_point(char command, Arguments arguments) {
    Point point{};
    if (arguments.skip("0")) {
        point.kind = PointKind::Software;
    } else if (arguments.skip("1")) {
        point.kind = PointKind::Hardware;
    } else if (arguments.skip("2")) {
        point.kind = PointKind::Write;
    } else if (arguments.skip("4")) {
        point.kind = PointKind::Access;
    } else {
        return;
    }
    if (!arguments.skip(",")) return put(reply_, kBadArgument);
    const auto range = take_range(arguments, ~0ULL);
    if (!range || range->bytes == 0) return put(reply_, kBadArgument);
    point.address = VirtAddr(range->at);
    point.bytes = range->bytes;
    put_result(command == 'Z' ? target_.add_point(core_, point) : target_.remove_point(point));
}

void Session::answer_supported(std::string_view packet) {
    knows_break_ = packet.find("swbreak+") != packet.npos;
    physical_ = false;
    print(reply_, "PacketSize=");
    put_number(reply_, kPacketBytes);
    print(reply_, ";qXfer:features:read+;vContSupported+;swbreak+;hwbreak+;binary-upload+;twain+");
}

void Session::answer_features(Arguments arguments) {
    if (!arguments.skip("target.xml:")) return put(reply_, "E00");
    const auto range = take_range(arguments, ~0ULL);
    if (!range) return put(reply_, kBadArgument);
    // The mark before the part says whether it is the last one.
    const u64 bytes = std::min<u64>(range->bytes, kPacketBytes - 1);
    NoSink nowhere;
    WindowSink measure(nowhere, range->at, bytes);
    put_target_description(measure);
    put(reply_, measure.was_cut() ? 'm' : 'l');
    WindowSink window(reply_, range->at, bytes);
    put_target_description(window);
}

/// `Qqemu.PhyMemMode:1` makes m, M and X mean physical memory; spelled as QEMU spells it.
void Session::answer_memory_mode(std::string_view packet) {
    if (packet == "qqemu.PhyMemMode") return put(reply_, physical_ ? '1' : '0');
    if (packet == "Qqemu.PhyMemMode:1" || packet == "Qqemu.PhyMemMode:0") {
        physical_ = packet.back() == '1';
        put(reply_, kOk);
    }
}

/// gdb's `monitor`: hexadecimal both ways.
void Session::answer_monitor(Arguments arguments) {
    constexpr std::string_view kHelp =
        "monitor phys       memory commands mean physical addresses\n"
        "monitor virt       they mean virtual addresses of the core looked at\n";
    char command[16] = {};
    const std::span bytes(reinterpret_cast<u8*>(command), std::min(arguments.rest().size() / 2, sizeof(command)));
    if (!arguments.bytes(bytes)) return put(reply_, kBadArgument);
    const std::string_view word(command, bytes.size());
    if (word == "phys" || word == "virt") {
        physical_ = word == "phys";
        return put(reply_, kOk);
    }
    put_bytes(reply_, {reinterpret_cast<const u8*>(kHelp.data()), kHelp.size()});
}

void Session::answer_query(std::string_view packet) {
    Arguments arguments(packet);
    if (arguments.skip("qSupported")) return answer_supported(packet);
    if (arguments.skip("qXfer:features:read:")) return answer_features(arguments);
    if (arguments.skip("qRcmd,")) return answer_monitor(arguments);
    if (arguments.skip("qAttached")) return put(reply_, '1');
    if (packet == "qC") {
        print(reply_, "QC");
        return put_number(reply_, core_ + 1);
    }
    if (packet == "qfThreadInfo") {
        for (unsigned core = 0; core < target_.cores(); ++core) {
            put(reply_, core == 0 ? 'm' : ',');
            put_number(reply_, core + 1);
        }
        return;
    }
    if (packet == "qsThreadInfo") return put(reply_, 'l');
    if (arguments.skip("qThreadExtraInfo,")) {
        const auto thread = arguments.number();
        if (!thread || *thread == 0 || *thread > target_.cores()) return put(reply_, kBadArgument);
        char text[80];
        BufferSink sink(text);
        target_.describe(static_cast<unsigned>(*thread - 1), sink);
        return put_bytes(reply_, {reinterpret_cast<const u8*>(text), sink.view().size()});
    }
    answer_memory_mode(packet);
}

}  // namespace stub
