// SPDX-License-Identifier: MIT
/// @file
/// @brief Reads JSON.
/// @chapter testing
#include "labs/class/json.h"

#include <cstdlib>

#include "debugger-ui/rsp/error.h"

namespace grading {

using machine::Error;

/// One pass over the text, one function for each kind of value.
class JsonReader {
   public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    Json whole() {
        Json value = any(0);
        skip_blanks();
        if (at_ != text_.size()) fail("the end");
        return value;
    }

   private:
    /// Deeper than grades go; whoever nests more wants to use up our stack.
    static constexpr int kDeepest = 20;

    [[noreturn]] void fail(const std::string& expected) const {
        throw Error("no JSON: " + expected + " is missing at byte " + std::to_string(at_));
    }
    void skip_blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }
    bool take(std::string_view word) {
        skip_blanks();
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    void expect(std::string_view word) {
        if (!take(word)) fail(std::string(word));
    }

    Json any(int depth) {
        if (depth > kDeepest) fail("an end of nesting");
        Json value;
        if (take("{")) {
            value.value_ = object(depth);
        } else if (take("[")) {
            value.value_ = list(depth);
        } else if (take("\"")) {
            value.value_ = string();
        } else if (take("true")) {
            value.value_ = true;
        } else if (take("false")) {
            value.value_ = false;
        } else if (!take("null")) {
            value.value_ = number();
        }
        return value;
    }

    Json::Object object(int depth) {
        Json::Object members;
        if (take("}")) return members;
        do {
            expect("\"");
            const std::string name = string();
            expect(":");
            members.insert_or_assign(name, any(depth + 1));
        } while (take(","));
        expect("}");
        return members;
    }

    Json::List list(int depth) {
        Json::List values;
        if (take("]")) return values;
        do values.push_back(any(depth + 1));
        while (take(","));
        expect("]");
        return values;
    }

    double number() {
        const std::string digits(text_.substr(at_, text_.find_first_not_of("+-.eE0123456789", at_) - at_));
        char* end = nullptr;
        const double value = std::strtod(digits.c_str(), &end);
        if (digits.empty() || *end != '\0') fail("a value");
        at_ += digits.size();
        return value;
    }

    /// What stands up to the closing quote.
    std::string string() {
        std::string out;
        for (;;) {
            if (at_ >= text_.size()) fail("a quote");
            const char c = text_[at_++];
            if (c == '"') return out;
            if (c != '\\') {
                out += c;
                continue;
            }
            if (at_ >= text_.size()) fail("an escape");
            const char escape = text_[at_++];
            constexpr std::string_view kLetters = "bfnrt", kBytes = "\b\f\n\r\t";
            if (escape == 'u') {
                append_character(out);
            } else if (const std::size_t letter = kLetters.find(escape); letter != std::string_view::npos) {
                out += kBytes[letter];
            } else {
                out += escape;
            }
        }
    }

    /// Four hexadecimal digits, as UTF-8.
    void append_character(std::string& out) {
        const std::string digits(text_.substr(at_, 4));
        if (digits.size() != 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
            fail("four digits");
        at_ += 4;
        const unsigned code = static_cast<unsigned>(std::stoul(digits, nullptr, 16));
        const auto byte = [&](unsigned value) { out += static_cast<char>(value); };
        if (code < 0x80) return byte(code);
        if (code < 0x800) {
            byte(0xc0 | code >> 6);
        } else {
            byte(0xe0 | code >> 12);
            byte(0x80 | (code >> 6 & 0x3f));
        }
        byte(0x80 | (code & 0x3f));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

Json Json::parse(std::string_view text) { return JsonReader(text).whole(); }

template <class T>
const T& Json::as(const char* what) const {
    const T* value = std::get_if<T>(&value_);
    if (!value) throw Error(std::string("JSON has no ") + what + " where one should be");
    return *value;
}
template const std::string& Json::as(const char*) const;
template const double& Json::as(const char*) const;
template const bool& Json::as(const char*) const;
template const Json::List& Json::as(const char*) const;

const Json& Json::operator[](const std::string& member) const {
    const Object& members = as<Object>("object");
    const auto found = members.find(member);
    if (found == members.end()) throw Error("JSON has no member " + member);
    return found->second;
}

}  // namespace grading
