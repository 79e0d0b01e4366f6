// SPDX-License-Identifier: MIT
/// @file
/// @brief The client's side of the remote serial protocol, as QEMU 7.2's stub wants it.
/// @chapter observability
#include "debugger-ui/rsp/rsp.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// QEMU's packets are at most 4096 characters: two digits a byte.
constexpr usize kMemoryBytes = 1024;
/// Requests that may be under way at once, so that their bytes always fit into the socket's buffers.
constexpr usize kPipelined = 16;
/// How much of one kind an honest stub says at most: bytes of a description, packets of a monitor's output, or unasked
/// reports in a row.
constexpr usize kMostDescription = 1 << 20;
constexpr unsigned kMostOutput = 100'000;
constexpr unsigned kMostReports = 100;

constexpr const char* kGreeting = "qSupported:xmlRegisters=i386";
bool is_greeting_answer(std::string_view reply) { return reply.starts_with("PacketSize="); }

/// The hexadecimal number that `text` begins with, 0 where there is none.
template <class T = unsigned>
T leading_number(std::string_view text) {
    T number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return number;
}

}  // namespace

Rsp::Rsp(Stream stream, Seconds answer, Seconds patience) : stream_(std::move(stream)), answer_(answer) {
    const std::string able = greet(std::max(answer, patience));
    binary_ = able.find("binary-upload+") != std::string::npos;
    kernels_own_ = able.find(";twain+") != std::string::npos;
    description_ = TargetDescription::parse([this](const std::string& name) { return fetch_feature(name); });
    note_stop(exchange("?"));
}

Rsp::~Rsp() {
    try {
        if (attached_ && running_) interrupt();
        if (attached_) detach();
    } catch (const Error&) {
        // The machine is gone, or will be; there is nobody to tell.
    }
}

/// Any byte stops a running machine, and the stop is reported unasked. Whether there was one to report shows only in the order
/// of the answers: stop replies begin with T, ours does not.
std::string Rsp::greet(Seconds patience) {
    constexpr std::chrono::seconds kAgain(1);
    const Deadline end(patience);
    unsigned reports = 0;
    do {
        send_packet(kGreeting);
        for (const Deadline again(Clock::now() + kAgain); !again.has_passed() && !end.has_passed();) {
            const std::optional<std::string> reply = receive_packet(again);
            if (reply && !reply->starts_with("T")) return *reply;
            if (reply && ++reports > kMostReports) throw Error("the stub reports stops without end");
        }
    } while (!end.has_passed());
    throw Timeout("the stub does not answer");
}

void Rsp::resume() {
    if (breakpoint_here() != breakpoints_.end()) step();
    registers_.reset();
    send_packet("vCont;c");
    running_ = true;
}

std::optional<Stop> Rsp::wait_for_stop(Seconds within) {
    if (!running_) throw Error("the machine does not run");
    const Deadline deadline(within);
    std::optional<std::string> reply = receive_packet(deadline);
    // Text for the person at the debugger may come before the stop.
    while (reply && reply->starts_with("O")) reply = receive_packet(deadline);
    if (!reply) return std::nullopt;
    running_ = false;
    return note_stop(*reply);
}

Stop Rsp::interrupt() {
    if (running_) stream_.send("\x03");
    if (const auto stop = wait_for_stop(answer_)) return *stop;
    throw Timeout("the machine does not stop");
}

Stop Rsp::step(unsigned core) {
    const auto here = core ? breakpoints_.end() : breakpoint_here();
    if (here != breakpoints_.end()) {
        change_breakpoint('z', VirtAddr(here->first), here->second);
        left_out_ = *here;
    }
    registers_.reset();
    send_packet(core ? "vCont;s:" + hex_from_number(core) : "vCont;s");
    running_ = true;
    if (const auto stop = wait_for_stop(answer_)) return *stop;
    throw Timeout("the machine does not come back from one instruction");
}

std::map<u64, Breakpoint>::const_iterator Rsp::breakpoint_here() {
    return breakpoints_.empty() ? breakpoints_.end() : breakpoints_.find(registers()["rip"]);
}

void Rsp::detach() {
    choose_memory(Memory::Virtual);
    require_ok("D");
    attached_ = false;
}

void Rsp::look_at_core(unsigned core) { require_ok("Hg" + hex_from_number(core)); }

Registers Rsp::registers() {
    if (registers_) return *registers_;
    std::optional<Bytes> content = bytes_from_hex(exchange("g"));
    if (!content) throw Error("the stub does not give its registers");
    return registers_.emplace(description_, std::move(*content));
}

void Rsp::write_register(std::string_view name, u64 value) {
    const RegisterPlace* place = description_.find(name);
    if (!place || place->bytes > 8) throw Error("no register to set is called " + std::string(name));
    Bytes content = registers().content();
    for (usize at = 0; at < place->bytes; ++at) content[place->offset + at] = static_cast<u8>(value >> (8 * at));
    require_ok("G" + hex_from_bytes(content));
}

Bytes Rsp::read(VirtAddr from, usize bytes) {
    choose_memory(Memory::Virtual);
    return read_chosen(from.raw, bytes);
}

Bytes Rsp::read_physical(PhysAddr from, usize bytes) {
    choose_memory(Memory::Physical);
    return read_chosen(from.raw, bytes);
}

void Rsp::write(VirtAddr to, std::span<const u8> content) {
    choose_memory(Memory::Virtual);
    write_chosen(to.raw, content);
}

void Rsp::write_physical(PhysAddr to, std::span<const u8> content) {
    choose_memory(Memory::Physical);
    write_chosen(to.raw, content);
}

void Rsp::set_breakpoint(VirtAddr address, Breakpoint kind) {
    change_breakpoint('Z', address, kind);
    breakpoints_[address.raw] = kind;
}

void Rsp::clear_breakpoint(VirtAddr address, Breakpoint kind) {
    change_breakpoint('z', address, kind);
    breakpoints_.erase(address.raw);
}

void Rsp::change_breakpoint(char command, VirtAddr address, Breakpoint kind) {
    require_ok(command + std::to_string(static_cast<int>(kind)) + "," + hex_from_number(address.raw) + ",1");
}

void Rsp::set_watchpoint(VirtAddr address, usize bytes) {
    require_ok("Z2," + hex_from_number(address.raw) + "," + hex_from_number(bytes));
}

void Rsp::clear_watchpoint(VirtAddr address, usize bytes) {
    require_ok("z2," + hex_from_number(address.raw) + "," + hex_from_number(bytes));
}

std::string Rsp::monitor(std::string_view command) {
    const auto begin = reinterpret_cast<const u8*>(command.data());
    std::string printed;
    unsigned pieces = 0;
    for (std::string reply = exchange("qRcmd," + hex_from_bytes({begin, command.size()})); reply != "OK";
         reply = require_packet()) {
        if (++pieces > kMostOutput) throw Error("the monitor does not stop talking");
        // Output comes in packets of its own that begin with O.
        const std::optional<Bytes> text = reply.starts_with("O") ? bytes_from_hex(reply.substr(1)) : std::nullopt;
        if (!text) throw Error("the monitor refused: " + std::string(command));
        printed.append(text->begin(), text->end());
    }
    return printed;
}

void Rsp::send_packet(std::string_view payload) {
    if (listener_) listener_('>', payload);
    stream_.send(encode_packet(payload));
}

std::string Rsp::exchange(std::string_view request) {
    if (running_) throw Error("the machine runs; interrupt it before asking " + std::string(request));
    registers_.reset();
    send_packet(request);
    std::string reply = require_packet();
    // The unasked report of the stop that connecting caused, and answers to a greeting that was said again.
    for (unsigned reports = 0; (reply.starts_with("T") && request != "?") || is_greeting_answer(reply); ++reports) {
        if (reports == kMostReports) throw Error("the stub reports stops without end");
        reply = require_packet();
    }
    return reply;
}

void Rsp::choose_memory(Memory memory) {
    if (memory == memory_) return;
    require_ok(memory == Memory::Physical ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0");
    memory_ = memory;
}

Bytes Rsp::read_chosen(u64 from, usize bytes) {
    Bytes content;
    usize asked = 0;
    while (content.size() < bytes) {
        // Several requests are under way at a time; the answers come in their order.
        for (; asked < bytes && asked < content.size() + kPipelined * kMemoryBytes;) {
            const usize now = std::min(kMemoryBytes, bytes - asked);
            send_packet((binary_ ? "x" : "m") + hex_from_number(from + asked) + "," + hex_from_number(now));
            asked += now;
        }
        const std::string reply = require_packet();
        const std::optional<Bytes> piece = !binary_ ? bytes_from_hex(reply)
                                           : reply.starts_with('b')
                                               ? std::optional(Bytes(reply.begin() + 1, reply.end()))
                                               : std::nullopt;
        if (!piece || piece->size() != std::min(kMemoryBytes, bytes - content.size())) {
            throw Error("memory cannot be read at 0x" + hex_from_number(from + content.size()));
        }
        content.insert(content.end(), piece->begin(), piece->end());
    }
    return content;
}

void Rsp::write_chosen(u64 to, std::span<const u8> content) {
    while (!content.empty()) {
        const usize now = std::min(kMemoryBytes, content.size());
        require_ok("M" + hex_from_number(to) + "," + hex_from_number(now) + ":" + hex_from_bytes(content.first(now)));
        to += now;
        content = content.subspan(now);
    }
}

std::string Rsp::fetch_feature(const std::string& name) {
    std::string text;
    for (;;) {
        const std::string reply = exchange("qXfer:features:read:" + name + ":" + hex_from_number(text.size()) + ",7fc");
        if (!reply.starts_with("m") && !reply.starts_with("l")) throw Error("the stub has no " + name);
        text += reply.substr(1);
        if (reply.size() == 1 && reply == "m") throw Error("the stub's " + name + " does not go on");
        if (text.size() > kMostDescription) throw Error("the stub's " + name + " has no end");
        if (reply.starts_with("l")) return text;
    }
}

std::optional<std::string> Rsp::receive_packet(const Deadline& deadline) {
    for (;;) {
        while (const std::optional<RspEvent> event = reader_.next()) {
            switch (event->kind) {
            case RspEventKind::Acknowledged: break;
            case RspEventKind::Refused: throw Error("the stub received a damaged packet");
            case RspEventKind::Damaged: stream_.send("-"); break;
            case RspEventKind::Oversized: throw Error("the other side sends packets without end; it is no stub");
            case RspEventKind::Packet:
                // At once, before anything lets the machine run: a late '+' would stop it.
                stream_.send("+");
                if (listener_) listener_('<', event->payload);
                return event->payload;
            }
        }
        try {
            reader_.feed(stream_.receive(deadline));
        } catch (const Timeout&) { return std::nullopt; }
    }
}

std::string Rsp::require_packet() {
    if (std::optional<std::string> packet = receive_packet(Deadline(answer_))) return *packet;
    throw Timeout("the stub does not answer");
}

void Rsp::require_ok(std::string_view request) {
    const std::string reply = exchange(request);
    if (reply != "OK") throw Error("the stub answers \"" + reply + "\" to " + std::string(request));
}

Stop Rsp::note_stop(std::string_view reply) {
    if (!reply.starts_with("T") && !reply.starts_with("S")) {
        throw Error("no stop, but \"" + std::string(reply) + "\"");
    }
    Stop stop{leading_number(reply.substr(1, 2)), 0, {}};
    const usize watch = reply.find("watch:");
    if (watch != std::string_view::npos) stop.watched = leading_number<u64>(reply.substr(watch + 6));
    const usize thread = reply.find("thread:");
    if (thread != std::string_view::npos) {
        stop.core = leading_number(reply.substr(thread + 7));
        look_at_core(stop.core);
    }
    // What a step left out comes back however the machine stops: it may be long after the step.
    if (const auto left_out = std::exchange(left_out_, std::nullopt))
        change_breakpoint('Z', VirtAddr(left_out->first), left_out->second);
    return stop;
}

}  // namespace machine
