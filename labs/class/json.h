// SPDX-License-Identifier: MIT
/// @file
/// @brief Values of JSON, as far as grades have them.
/// @chapter testing
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace grading {

/// A value read from a text. Asking for a member that is not there, or for another type, is an error: grades have one form.
class Json {
   public:
    using List = std::vector<Json>;
    using Object = std::map<std::string, Json>;

    /// @throws machine::Error with the place where `text` is no JSON
    static Json parse(std::string_view text);

    /// @throws machine::Error where this is no object, or has no such member
    const Json& operator[](const std::string& member) const;
    /// @throws machine::Error where this is something else
    const std::string& text() const { return as<std::string>("text"); }
    double number() const { return as<double>("number"); }
    bool truth() const { return as<bool>("true or false"); }
    const List& list() const { return as<List>("list"); }

   private:
    friend class JsonReader;
    template <class T>
    const T& as(const char* what) const;
    std::variant<std::nullptr_t, bool, double, std::string, List, Object> value_;
};

}  // namespace grading
