// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading the pinned manuals and finding what a citation means.
/// @chapter testing
#include "book/weaver/manuals.h"

#include <set>

#include "book/weaver/pattern.h"

namespace weaver {

Manuals::Manuals(const std::string& text, Problems& problems) : blocks_(parse_markdown(text)) {
    static const Pattern heading(R"(^(sdm|apm|spec)\s+(.*)$)");
    static const Pattern entry(R"(^\*\*(.+?)\*\*\s*([^]*)$)");
    std::string manual;
    std::set<std::string> anchors;
    for (const Block& block : blocks_) {
        Pattern::Match match;
        if (block.kind == Block::Kind::Heading && heading.matches(block.text, match)) {
            manual = match[1];
            names_[manual] = match[2];
        }
        if (block.kind != Block::Kind::List || manual.empty()) continue;
        for (const auto& item : block.items) {
            if (item.empty()) continue;
            if (!entry.matches(item[0].text, match)) {
                problems.add({kPath, item[0].line}, "an entry is `- **Title** where it stands`");
                continue;
            }
            const std::string anchor = manual + "-" + slug(match[1]);
            if (!anchors.insert(anchor).second) problems.add({kPath, item[0].line}, match[1] + " stands there twice");
            entries_.push_back({manual, match[1], match[2], anchor});
        }
    }
}

const ManualEntry* Manuals::find(const std::string& manual, const std::string& citation) const {
    const ManualEntry* best = nullptr;
    for (const ManualEntry& entry : entries_) {
        if (entry.manual != manual || !citation.starts_with(entry.title)) continue;
        const std::string rest = citation.substr(entry.title.size());
        const bool whole = rest.empty() || rest[0] == ',' || rest[0] == ':' || rest[0] == ';';
        if (whole && (!best || best->title.size() < entry.title.size())) best = &entry;
    }
    return best;
}

std::string Manuals::name_of(const std::string& manual) const {
    const auto found = names_.find(manual);
    return found == names_.end() ? manual : found->second;
}

}  // namespace weaver
