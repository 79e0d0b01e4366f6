// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading an expression from left to right, one function for each strength of operator.
/// @chapter observability
#include "debugger-ui/model/expression.h"

#include <cctype>
#include <charconv>

#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

/// Deeper nesting than this is no condition that anybody means.
constexpr int kDeepest = 64;

class Evaluator {
   public:
    Evaluator(std::string_view text, const ExpressionScope& scope) : whole_(text), left_(text), scope_(scope) {}

    u64 run() {
        const u64 value = either();
        skip_spaces();
        if (!left_.empty()) fail("does not go on as an expression at \"" + std::string(left_) + "\"");
        return value;
    }

   private:
    [[noreturn]] void fail(const std::string& why) const {
        throw machine::Error("the condition " + std::string(whole_) + ": " + why);
    }
    void skip_spaces() {
        while (!left_.empty() && std::isspace(static_cast<unsigned char>(left_[0]))) left_.remove_prefix(1);
    }
    bool take(std::string_view text) {
        skip_spaces();
        if (!left_.starts_with(text)) return false;
        // `&` is not the beginning of `&&`, nor `<` that of `<=`.
        const char next = left_.size() > text.size() ? left_[text.size()] : ' ';
        if (text.size() == 1 && (text[0] == '&' ? next == '&' : (text[0] == '<' || text[0] == '>') && next == '='))
            return false;
        left_.remove_prefix(text.size());
        return true;
    }

    u64 either() {
        u64 value = both();
        while (take("||")) value = static_cast<u64>((both() != 0) | (value != 0));
        return value;
    }
    u64 both() {
        u64 value = comparison();
        while (take("&&")) value = static_cast<u64>((comparison() != 0) & (value != 0));
        return value;
    }
    u64 comparison() {
        const u64 value = masked();
        if (take("==")) return value == masked();
        if (take("!=")) return value != masked();
        if (take("<=")) return value <= masked();
        if (take(">=")) return value >= masked();
        if (take("<")) return value < masked();
        if (take(">")) return value > masked();
        return value;
    }
    u64 masked() {
        u64 value = sum();
        while (take("&")) value &= sum();
        return value;
    }
    u64 sum() {
        u64 value = operand();
        for (;;) {
            if (take("+")) {
                value += operand();
            } else if (take("-")) {
                value -= operand();
            } else {
                return value;
            }
        }
    }
    u64 enclosed(std::string_view end) {
        if (++depth_ > kDeepest) fail("is nested too deeply");
        const u64 value = either();
        if (!take(end)) fail("lacks a " + std::string(end));
        --depth_;
        return value;
    }
    u64 operand() {
        if (take("(")) return enclosed(")");
        if (take("[")) {
            const u64 address = enclosed("]");
            const std::optional<u64> value = scope_.word(address);
            if (!value) fail("memory cannot be read");
            return *value;
        }
        skip_spaces();
        usize length = 0;
        while (length < left_.size() && is_word(left_[length])) ++length;
        const std::string_view word = left_.substr(0, length);
        if (word.empty()) fail("lacks an operand");
        left_.remove_prefix(length);
        return std::isdigit(static_cast<unsigned char>(word[0])) ? number(word) : named(word);
    }
    static bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':'; }
    u64 number(std::string_view word) const {
        const bool hexadecimal = word.starts_with("0x");
        const std::string_view digits = word.substr(hexadecimal ? 2 : 0);
        u64 value = 0;
        const auto end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
        if (read.ec != std::errc() || read.ptr != end) fail(std::string(word) + " is no number");
        return value;
    }
    u64 named(std::string_view word) const {
        const std::optional<u64> value = scope_.name(word);
        if (!value) fail("nothing is called " + std::string(word));
        return *value;
    }

    std::string_view whole_, left_;
    const ExpressionScope& scope_;
    int depth_ = 0;
};

}  // namespace

u64 evaluate(std::string_view text, const ExpressionScope& scope) { return Evaluator(text, scope).run(); }

}  // namespace debugger
