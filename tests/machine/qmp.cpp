// SPDX-License-Identifier: MIT
/// @file
/// @brief As much of QMP as driving a machine takes: one line out, one line back.
/// @chapter testing
#include "tests/machine/qmp.h"

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// The text of a JSON string that begins right after its opening quote.
std::string json_text(std::string_view json) {
    std::string text;
    for (std::size_t at = 0; at < json.size() && json[at] != '"'; ++at) {
        if (json[at] != '\\') {
            text += json[at];
            continue;
        }
        switch (json[++at]) {
        case 'n': text += '\n'; break;
        case 'r': break;
        case 't': text += '\t'; break;
        default: text += json[at];
        }
    }
    return text;
}

}  // namespace

Qmp::Qmp(Stream stream, Seconds answer) : stream_(std::move(stream)), answer_(answer) {
    read_line();  // the greeting
    execute("qmp_capabilities");
}

std::string Qmp::execute(std::string_view command, std::string_view arguments) {
    std::string request = "{\"execute\": \"" + std::string(command) + "\"";
    if (!arguments.empty()) request += ", \"arguments\": " + std::string(arguments);
    stream_.send(request + "}\n");
    for (;;) {
        std::string line = read_line();
        if (line.starts_with("{\"return\"")) return line;
        if (line.starts_with("{\"error\"")) throw Error("QEMU refuses " + std::string(command) + ": " + line);
    }
}

std::string Qmp::monitor(std::string_view command) {
    const std::string reply = execute("human-monitor-command", "{\"command-line\": \"" + std::string(command) + "\"}");
    const std::string_view key = "{\"return\": \"";
    return json_text(std::string_view(reply).substr(key.size()));
}

std::string Qmp::read_line() {
    const Deadline deadline(answer_);
    std::size_t end;
    while ((end = unread_.find('\n')) == std::string::npos) unread_ += stream_.receive(deadline);
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

}  // namespace machine
