// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading of target descriptions, as much of XML as they use.
/// @chapter observability
#include "debugger-ui/rsp/target_description.h"

#include <algorithm>
#include <charconv>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

std::string without_comments(const std::string& xml) {
    std::string text;
    for (std::size_t at = 0; at < xml.size();) {
        const std::size_t begin = std::min(xml.find("<!--", at), xml.size());
        text += xml.substr(at, begin - at);
        const std::size_t end = xml.find("-->", begin);
        at = end == std::string::npos ? xml.size() : end + 3;
    }
    return text;
}

/// The value of an attribute of a tag; empty where it has none.
std::string attribute(std::string_view tag, const std::string& name) {
    const std::string key = " " + name + "=\"";
    const std::size_t begin = tag.find(key);
    if (begin == std::string_view::npos) return {};
    const std::size_t value = begin + key.size();
    return std::string(tag.substr(value, tag.find('"', value) - value));
}

/// Whether the tag `<name …` is this one, and not one whose name begins alike.
bool is_tag(std::string_view tag, std::string_view name) {
    return tag.starts_with(name) && tag.size() > name.size() &&
           std::isspace(static_cast<unsigned char>(tag[name.size()]));
}

/// How deep descriptions include others at most: one that includes itself has no end.
constexpr int kMostDepth = 4;
/// Bits of the widest register there is.
constexpr std::size_t kMostBits = 1 << 16;

}  // namespace

TargetDescription TargetDescription::parse(const std::function<std::string(const std::string&)>& fetch) {
    TargetDescription description;
    description.add(fetch("target.xml"), fetch, 0);
    if (description.registers_.empty()) throw Error("the target describes no registers");
    return description;
}

void TargetDescription::add(const std::string& xml, const std::function<std::string(const std::string&)>& fetch,
                            int depth) {
    if (depth > kMostDepth) throw Error("the target's description includes itself");
    std::string text = without_comments(xml);
    std::replace(text.begin(), text.end(), '\n', ' ');
    for (std::size_t begin = text.find('<'); begin != std::string::npos; begin = text.find('<', begin + 1)) {
        const std::string tag = text.substr(begin + 1, text.find('>', begin) - begin - 1);
        if (is_tag(tag, "xi:include")) add(fetch(attribute(tag, "href")), fetch, depth + 1);
        if (!is_tag(tag, "reg")) continue;
        const std::string size = attribute(tag, "bitsize");
        std::size_t bits = 0;
        std::from_chars(size.data(), size.data() + size.size(), bits);
        if (bits == 0 || bits > kMostBits) throw Error("the target describes a register of \"" + size + "\" bits");
        const std::size_t offset = registers_.empty() ? 0 : registers_.back().offset + registers_.back().bytes;
        registers_.push_back({attribute(tag, "name"), offset, bits / 8});
    }
}

const RegisterPlace* TargetDescription::find(std::string_view name) const {
    const auto found =
        std::find_if(registers_.begin(), registers_.end(), [&](auto& place) { return place.name == name; });
    return found == registers_.end() ? nullptr : &*found;
}

std::uint64_t Registers::operator[](std::string_view name) const {
    const RegisterPlace* place = description_->find(name);
    if (!place || place->offset + place->bytes > content_.size()) throw Error("no register " + std::string(name));
    return number_from_bytes(std::span(content_).subspan(place->offset, std::min<std::size_t>(place->bytes, 8)));
}

}  // namespace machine
