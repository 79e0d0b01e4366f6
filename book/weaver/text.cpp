// SPDX-License-Identifier: MIT
/// @file
/// @brief Lines and words, files and commands.
/// @chapter testing
#include "book/weaver/text.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace weaver {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (file && file.peek() == std::ifstream::traits_type::eof()) return "";
    if (!file || !(text << file.rdbuf())) throw std::runtime_error("cannot read " + path.string());
    return std::move(text).str();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::error_code ignored;
    if (std::filesystem::file_size(path, ignored) == text.size() && !ignored && read_file(path) == text) return;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    if (!(file << text).flush()) throw std::runtime_error("cannot write " + path.string());
}

Lines split_lines(std::string_view text) {
    Lines lines = split(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string join(const Lines& lines, std::string_view separator) {
    std::string text;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        if (at > 0) text += separator;
        text += lines[at];
    }
    return text;
}

std::string trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

std::size_t indent_of(std::string_view line) {
    std::size_t columns = 0;
    for (const char c : line) {
        if (c == '\t') {
            columns += 8 - columns % 8;
        } else if (c == ' ') {
            ++columns;
        } else {
            break;
        }
    }
    return columns;
}

Lines dedent(Lines lines) {
    std::size_t common = std::string::npos;
    for (const std::string& line : lines) {
        if (is_blank(line)) continue;
        if (line.front() == '\t') return lines;
        common = std::min(common, indent_of(line));
    }
    for (std::string& line : lines) { line = is_blank(line) ? "" : line.substr(std::min(common, line.size())); }
    return lines;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string html(std::string_view text) {
    std::string result;
    result.reserve(text.size() + text.size() / 8);
    for (const char c : text) {
        switch (c) {
        case '<': result += "&lt;"; break;
        case '>': result += "&gt;"; break;
        case '&': result += "&amp;"; break;
        case '"': result += "&quot;"; break;
        default: result += c;
        }
    }
    return result;
}

std::string slug(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) && byte < 0x80) {
            result += static_cast<char>(std::tolower(byte));
        } else if (!result.empty() && result.back() != '-' && c != '\'') {
            result += '-';
        }
    }
    while (!result.empty() && result.back() == '-') result.pop_back();
    return result;
}

std::string output_of(const std::vector<std::string>& command, std::string_view input) {
    // The input goes through a file of its own, so that neither side can wait for the other.
    char name[] = "/tmp/weaver-XXXXXX";
    const int file = mkstemp(name);
    unlink(name);
    int results[2];
    if (file < 0 || pipe(results) != 0) throw std::runtime_error("no pipe for " + command.front());
    for (std::string_view rest = input; !rest.empty();) {
        const ssize_t written = write(file, rest.data(), rest.size());
        if (written <= 0) throw std::runtime_error("no room in /tmp");
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    lseek(file, 0, SEEK_SET);
    const pid_t child = fork();
    if (child == 0) {
        dup2(file, 0);
        dup2(results[1], 1);
        close(results[0]);
        std::vector<char*> arguments;
        for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    close(file);
    close(results[1]);
    std::string output;
    char buffer[65536];
    for (ssize_t got; (got = read(results[0], buffer, sizeof buffer)) > 0;) {
        output.append(buffer, static_cast<std::size_t>(got));
    }
    close(results[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error(command.front() + " failed: " + join(command, " "));
    return output;
}

}  // namespace weaver
