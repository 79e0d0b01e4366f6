// SPDX-License-Identifier: MIT
/// @file
/// @brief The finished site as a reader's browser has it: its pages, their links and anchors, and Chromium to look at them.
/// @chapter testing
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace proof {

struct SitePage {
    std::string text;
    std::set<std::string> ids;
    std::vector<std::string> links;  ///< of href and src, as they are written
};

class Site {
   public:
    /// Reads every page below the folder.
    explicit Site(std::filesystem::path folder);

    const std::map<std::string, SitePage>& pages() const { return pages_; }
    const std::filesystem::path& folder() const { return folder_; }
    /// What is wrong with a link of a page; empty where it leads somewhere.
    std::string fault_of(const std::string& page, const std::string& link) const;
    /// Where `rel="next"` or `rel="prev"` of a page leads; empty where there is none.
    std::string step(const std::string& page, const std::string& relation) const;

   private:
    std::filesystem::path folder_;
    std::map<std::string, SitePage> pages_;
};

/// The document that Chromium makes of a page of this computer, once its scripts have run. @throws std::runtime_error
std::string rendered(const std::filesystem::path& page, const std::string& query);

}  // namespace proof
