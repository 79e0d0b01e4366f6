// SPDX-License-Identifier: MIT
/// @file
/// @brief Which answer each packet gets: going on, registers, threads.
/// @chapter observability
#include "debug/stub_session.h"

#include "lib/string.h"

namespace stub {
namespace {

/// What the client's answers mean; an empty answer says that a packet is not known.
constexpr std::string_view kOk = "OK", kBadAddress = "E14", kBadArgument = "E22";

}  // namespace

Resume Session::take(u8 byte) {
    switch (reader_.take(byte)) {
    case LineEvent::Nothing:
    case LineEvent::Acknowledged:
    case LineEvent::Interrupt: return Resume::Stay;
    case LineEvent::Refused:
        if (has_sent_) line_.write(reply_.whole());
        return Resume::Stay;
    case LineEvent::Damaged: line_.write("-"); return Resume::Stay;
    case LineEvent::TooLong:
        line_.write("+");
        reply_.begin();
        put(reply_, kBadArgument);
        send();
        return Resume::Stay;
    case LineEvent::Packet: break;
    }
    line_.write("+");
    attached_ = true;
    reply_.begin();
    const Resume resume = answer(reader_.payload());
    if (resume == Resume::Stay || resume == Resume::Detach) send();
    return resume;
}

bool Session::take_while_running(u8 byte) {
    const bool interrupt = reader_.take(byte) == LineEvent::Interrupt;
    if (!interrupt && !reader_.is_inside()) return false;
    // Whoever begins with a packet was not there when the machine was let go, and waits for no stop.
    awaits_stop_ = interrupt;
    return true;
}

void Session::note_stop(const StopReason& reason) {
    reason_ = reason;
    core_ = stepping_core_ = reason.core;
    if (!awaits_stop_) return;
    awaits_stop_ = false;
    reply_.begin();
    put_stop();
    send();
}

void Session::show(std::string_view text) {
    reply_.begin();
    put(reply_, 'O');
    put_bytes(reply_, {reinterpret_cast<const u8*>(text.data()), text.size()});
    send();
}

void Session::send() {
    reply_.end();
    line_.write(reply_.whole());
    has_sent_ = true;
}

void Session::put_result(bool success) { put(reply_, success ? kOk : kBadAddress); }

void Session::put_stop() {
    const u8 signal = reason_.signal;
    put(reply_, 'T');
    put_bytes(reply_, {&signal, 1});
    print(reply_, "thread:");
    put_number(reply_, reason_.core + 1);
    put(reply_, ';');
    if (!reason_.point) return;
    switch (reason_.point->kind) {
    case PointKind::Software:
        if (knows_break_) print(reply_, "swbreak:;");
        return;
    case PointKind::Hardware:
        if (knows_break_) print(reply_, "hwbreak:;");
        return;
    case PointKind::Write: print(reply_, "watch:"); break;
    case PointKind::Access: print(reply_, "awatch:"); break;
    }
    put_number(reply_, reason_.point->address.raw);
    put(reply_, ';');
}

Resume Session::answer(std::string_view packet) {
    if (packet.empty()) return Resume::Stay;
    Arguments arguments(packet.substr(1));
    switch (packet[0]) {
    case '?': put_stop(); break;
    case 'g':
    case 'G': answer_registers(packet); break;
    case 'p':
    case 'P': answer_one_register(packet); break;
    case 'm':
    case 'x': answer_read(packet[0], arguments); break;
    case 'M': answer_write(arguments); break;
    case 'X': answer_write_binary(arguments); break;
    case 'z':
    case 'Z': answer_point(packet[0], arguments); break;
    case 'H':
    case 'T': answer_choice(Arguments(packet)); break;
    case 'c':
    case 'C': return go(Resume::Continue);
    case 's':
    case 'S': others_wait_ = true; return go(Resume::Step);
    case 'D': return answer_detach();
    case 'k': return Resume::Kill;
    case 'q':
    case 'Q': answer_query(packet); break;
    case 'v':
        if (packet == "vCont?") print(reply_, "vCont;c;C;s;S");
        if (packet.starts_with("vCont;")) return answer_vcont(Arguments(packet.substr(5)));
        if (packet.starts_with("vKill")) return Resume::Kill;
        break;
    default: break;
    }
    return Resume::Stay;
}

Resume Session::go(Resume how) {
    awaits_stop_ = true;
    return how;
}

/// `;action[:thread]` once or more. Where one core is to step, the others wait unless some are to continue; else all run.
Resume Session::answer_vcont(Arguments arguments) {
    std::optional<unsigned> stepping;
    bool continues = false;
    while (arguments.skip(";")) {
        const bool steps = arguments.skip("s") || arguments.skip("S");
        if (!steps && !arguments.skip("c") && !arguments.skip("C")) break;
        // A signal to deliver means nothing to a kernel.
        static_cast<void>(arguments.number());
        unsigned core = reason_.core;
        if (arguments.skip(":") && !arguments.skip("-1")) {
            const auto thread = arguments.number();
            if (!thread || *thread > target_.cores()) break;
            if (*thread > 0) core = static_cast<unsigned>(*thread - 1);
        }
        if (steps && !stepping) stepping = core;
        continues = continues || !steps;
    }
    if (!arguments.at_end() || (!stepping && !continues)) {
        put(reply_, kBadArgument);
        return Resume::Stay;
    }
    if (!stepping) return go(Resume::Continue);
    stepping_core_ = *stepping;
    others_wait_ = !continues;
    return go(Resume::Step);
}

Resume Session::answer_detach() {
    target_.clear_points();
    physical_ = attached_ = awaits_stop_ = false;
    put(reply_, kOk);
    return Resume::Detach;
}

void Session::answer_registers(std::string_view packet) {
    target_.read_registers(core_, registers_);
    if (packet[0] == 'g') return put_bytes(reply_, registers_.bytes());
    Arguments arguments(packet.substr(1));
    if (!arguments.bytes(registers_.bytes()) || !arguments.at_end()) return put(reply_, kBadArgument);
    put_result(target_.write_registers(core_, registers_));
}

void Session::answer_one_register(std::string_view packet) {
    Arguments arguments(packet.substr(1));
    const auto number = arguments.number();
    if (!number || *number >= kRegisters) return put(reply_, kBadArgument);
    target_.read_registers(core_, registers_);
    const auto place = registers_.place(static_cast<unsigned>(*number));
    if (packet[0] == 'p') return put_bytes(reply_, place);
    if (!arguments.skip("=") || !arguments.bytes(place) || !arguments.at_end()) return put(reply_, kBadArgument);
    put_result(target_.write_registers(core_, registers_));
}

/// Hg and Hc choose a core, T asks whether there is one. 0 and -1 leave the choice to the stub.
void Session::answer_choice(Arguments arguments) {
    const bool asks = arguments.skip("T");
    const bool looks = arguments.skip("Hg");
    if (!asks && !looks && !arguments.skip("Hc")) return;
    if (arguments.skip("-1")) return put(reply_, kOk);
    const auto thread = arguments.number();
    if (!thread || !arguments.at_end() || *thread > target_.cores()) return put(reply_, kBadArgument);
    if (!asks && *thread > 0) (looks ? core_ : stepping_core_) = static_cast<unsigned>(*thread - 1);
    put(reply_, kOk);
}

}  // namespace stub
