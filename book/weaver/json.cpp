// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading flat JSON objects and writing strings.
/// @chapter testing
#include "book/weaver/json.h"

#include <cstdio>
#include <stdexcept>

namespace weaver {
namespace {

class Reader {
   public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool take(char wanted) {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
        if (at_ >= text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }

    void demand(char wanted) {
        if (!take(wanted)) throw std::runtime_error("no JSON object: " + std::string(text_.substr(0, 80)));
    }

    std::string value() {
        if (take('"')) return rest_of_string();
        std::string word;
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}') word += text_[at_++];
        return word;
    }

    std::string rest_of_string() {
        std::string result;
        for (;; ++at_) {
            if (at_ >= text_.size()) demand('"');
            if (text_[at_] == '"') break;
            result += text_[at_] == '\\' ? escaped() : text_[at_];
        }
        ++at_;
        return result;
    }

   private:
    /// Only what ctags escapes in names and paths matters; a character beyond ASCII stays as it is.
    char escaped() {
        ++at_;
        switch (at_ < text_.size() ? text_[at_] : '\0') {
        case 'n': return '\n';
        case 't': return '\t';
        case 'u': at_ += 4; return '?';
        default: return text_[at_];
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::map<std::string, std::string> read_json_object(std::string_view line) {
    std::map<std::string, std::string> members;
    Reader reader(line);
    reader.demand('{');
    if (reader.take('}')) return members;
    do {
        reader.demand('"');
        const std::string key = reader.rest_of_string();
        reader.demand(':');
        reader.take(' ');
        members[key] = reader.value();
    } while (reader.take(','));
    reader.demand('}');
    return members;
}

std::string json_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
            result += code;
        } else {
            result += c;
        }
    }
    return result + "\"";
}

}  // namespace weaver
