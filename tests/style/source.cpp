// SPDX-License-Identifier: MIT
/// @file
/// @brief Takes C++ apart as far as counting lines and finding functions needs it.
/// @chapter testing
#include "tests/style/source.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace style {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// `text` with blanks for comments and for the insides of literals; line breaks stay.
class Blanker {
   public:
    explicit Blanker(std::string_view text) : text_(text) {}

    std::string run() {
        while (at_ < text_.size()) {
            if (follows("//")) {
                blank_until("\n", 0);
            } else if (follows("/*")) {
                blank_until("*/", 2);
            } else if (follows("R\"")) {
                blank_raw_string();
            } else if (text_[at_] == '"' || (text_[at_] == '\'' && !in_number())) {
                blank_literal(text_[at_]);
            } else {
                out_ += text_[at_++];
            }
        }
        return out_;
    }

   private:
    bool follows(std::string_view what) const { return text_.substr(at_).starts_with(what); }

    /// Whether we stand in a number, where an apostrophe separates digits.
    bool in_number() const {
        std::size_t begin = at_;
        while (begin > 0 && (is_word(text_[begin - 1]) || text_[begin - 1] == '\'')) --begin;
        return begin < at_ && std::isdigit(static_cast<unsigned char>(text_[begin]));
    }

    void blank_to(std::size_t end) {
        for (; at_ < std::min(end, text_.size()); ++at_) out_ += text_[at_] == '\n' ? '\n' : ' ';
    }

    void blank_until(std::string_view end, std::size_t taken_along) {
        const std::size_t found = text_.find(end, at_ + 2);
        blank_to(found == std::string_view::npos ? text_.size() : found + taken_along);
    }

    void blank_raw_string() {
        const std::size_t open = std::min(text_.find('(', at_), text_.size());
        const std::string end = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
        out_ += "\"";
        ++at_;
        blank_until(end, end.size() - 1);
        if (at_ < text_.size()) out_ += text_[at_++];
    }

    void blank_literal(char quote) {
        out_ += text_[at_++];
        while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
            blank_to(at_ + (text_[at_] == '\\' ? 2 : 1));
        }
        if (at_ < text_.size()) out_ += text_[at_++];
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string out_;
};

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

enum class Brace { Scope, Function, Other };

/// What the brace behind `head` opens, where `around` is what it stands in.
Brace classify(const std::string& head, Brace around) {
    static const std::regex kScope(
        R"(^\s*(template\s*<.*>\s*)?((inline|static|constexpr|typedef|const)\s+)*(namespace|class|struct|union|enum|extern)\b)");
    // Uses of macros may stand before it, with parentheses and without a semicolon.
    static const std::regex kNamespace(R"(\bnamespace\b[^()]*$)");
    if (around != Brace::Scope) return Brace::Other;
    if (std::regex_search(head, kNamespace)) return Brace::Scope;
    if (std::regex_search(head, kScope)) return Brace::Scope;
    if (head.find('(') == std::string::npos) return Brace::Other;
    // A `=` outside of parentheses makes it an initializer, unless it is an operator's name.
    int depth = 0;
    for (std::size_t at = 0; at < head.size(); ++at) {
        if (head.compare(at, 8, "operator") == 0) at = std::min(head.find('(', at + 8), head.size() - 1);
        if (head[at] == '(') ++depth;
        if (head[at] == ')') --depth;
        if (head[at] == '=' && depth == 0) return Brace::Other;
    }
    return Brace::Function;
}

}  // namespace

Source Source::read(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return Source(path, std::string(std::istreambuf_iterator<char>(file), {}));
}

Source::Source(std::filesystem::path path, std::string_view text)
    : path_(std::move(path)), lines_(split_lines(text)), code_(split_lines(Blanker(text).run())) {}

int Source::code_lines() const {
    const auto is_code = [](const std::string& line) { return line.find_first_not_of(" \t\r") != std::string::npos; };
    return static_cast<int>(std::count_if(code_.begin(), code_.end(), is_code));
}

std::vector<std::string> Source::includes() const {
    static const std::regex kInclude(R"re(^\s*#\s*include\s+"([^"]+)")re");
    std::vector<std::string> names;
    std::smatch match;
    for (const std::string& line : lines_) {
        if (std::regex_search(line, match, kInclude)) names.push_back(match[1]);
    }
    return names;
}

std::vector<Function> Source::functions() const {
    struct Open {
        Brace kind;
        Function function;
    };
    std::vector<Open> open{{Brace::Scope, {}}};
    std::vector<Function> functions;
    std::string head;
    int head_line = 1;
    bool in_directive = false;
    for (int number = 1; const std::string& line : code_) {
        // Preprocessor lines are no part of the braces' structure; those of a macro need not even balance.
        const std::size_t first = line.find_first_not_of(" \t");
        in_directive = in_directive || (first != std::string::npos && line[first] == '#');
        for (const char c : in_directive ? std::string_view() : std::string_view(line)) {
            if (head.find_first_not_of(' ') == std::string::npos) head_line = number;
            if (c == '{') {
                open.push_back({classify(head, open.back().kind), {head, head_line, 0}});
            } else if (c == '}' && open.size() > 1) {
                open.back().function.last_line = number;
                if (open.back().kind == Brace::Function) functions.push_back(open.back().function);
                open.pop_back();
            }
            if (c == '{' || c == '}' || c == ';') {
                head.clear();
            } else if (c != ' ' || !head.ends_with(' ')) {
                head += c;
            }
        }
        head += ' ';
        in_directive = in_directive && line.ends_with('\\');
        ++number;
    }
    return functions;
}

std::vector<Source> project_sources() {
    std::vector<std::filesystem::path> paths;
    for (const char* part : {"kernel", "vmm", "debugger-ui", "labs", "book", "tests"}) {
        if (!std::filesystem::exists(part)) continue;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(part)) {
            const std::string extension = entry.path().extension();
            if (extension == ".h" || extension == ".cpp" || extension == ".S") paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Source> sources;
    for (const auto& path : paths) sources.push_back(Source::read(path));
    return sources;
}

}  // namespace style
