// SPDX-License-Identifier: MIT
/// @file
/// @brief Gathering pages.
/// @chapter observability
#include "debugger-ui/model/pages.h"

#include <algorithm>

namespace debugger {
namespace {

/// A walk over a hostile table could otherwise ask for all memory there is.
constexpr usize kMostPages = 100'000;

}  // namespace

bool PageSet::operator==(const PageSet& other) const {
    return std::equal(pages_.begin(), pages_.end(), other.pages_.begin(), other.pages_.end(),
                      [](const auto& a, const auto& b) {
                          return a.first == b.first && (a.second == b.second || *a.second == *b.second);
                      });
}

const Page* PageCollector::page(PhysAddr place) {
    if (const Page* known = pages_.find(place)) return known;
    Page content;
    const std::span<u8> bytes(reinterpret_cast<u8*>(content.data()), sizeof(content));
    if (pages_.all().size() >= kMostPages || !read_(place.page(), bytes)) return nullptr;
    pages_.put(place, content);
    return pages_.find(place);
}

}  // namespace debugger
