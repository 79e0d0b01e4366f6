// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading the site's pages, and running Chromium without a window.
/// @chapter testing
#include "tests/book/site.h"

#include "book/weaver/text.h"
#include "debugger-ui/rsp/file.h"

namespace proof {
namespace fs = std::filesystem;
namespace {

/// The values of an attribute, wherever it stands.
std::vector<std::string> values(const std::string& text, const std::string& attribute) {
    std::vector<std::string> result;
    const std::string opening = " " + attribute + "=\"";
    for (std::size_t at = text.find(opening); at != std::string::npos; at = text.find(opening, at + 1)) {
        const std::size_t begin = at + opening.size();
        result.push_back(weaver::replace_all(text.substr(begin, text.find('"', begin) - begin), "&amp;", "&"));
    }
    return result;
}

}  // namespace

Site::Site(fs::path folder) : folder_(std::move(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
        if (entry.path().extension() != ".html") continue;
        SitePage page;
        page.text = weaver::read_file(entry.path());
        for (const char* attribute : {"id", "name"}) {
            for (std::string& id : values(page.text, attribute)) page.ids.insert(std::move(id));
        }
        for (const char* attribute : {"href", "src"}) {
            for (std::string& link : values(page.text, attribute)) page.links.push_back(std::move(link));
        }
        pages_[fs::relative(entry.path(), folder_)] = std::move(page);
    }
}

std::string Site::fault_of(const std::string& page, const std::string& link) const {
    for (const char* outside : {"http://", "https://", "mailto:", "data:", "javascript:"}) {
        if (link.starts_with(outside)) return "";
    }
    const std::size_t hash = link.find('#');
    const std::string file = link.substr(0, hash), anchor = hash == std::string::npos ? "" : link.substr(hash + 1);
    const std::string target = file.empty() ? page : (fs::path(page).parent_path() / file).lexically_normal().string();
    if (!fs::exists(folder_ / target)) return "there is no " + target;
    const auto found = pages_.find(target);
    if (anchor.empty() || found == pages_.end() || found->second.ids.contains(anchor)) return "";
    return target + " has no #" + anchor;
}

std::string Site::step(const std::string& page, const std::string& relation) const {
    const std::string& text = pages_.at(page).text;
    const std::size_t end = text.find("\" rel=\"" + relation + "\"");
    if (end == std::string::npos) return "";
    const std::size_t begin = text.rfind('"', end - 1) + 1;
    return text.substr(begin, end - begin);
}

std::string rendered(const fs::path& page, const std::string& query) {
    const machine::TemporaryDirectory profile;
    return weaver::output_of(
        {"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--allow-file-access-from-files", "--user-data-dir=" + profile.path().string(), "--virtual-time-budget=120000",
         "--window-size=1920,1080", "--log-level=3", "--dump-dom", "file://" + fs::absolute(page).string() + query});
}

}  // namespace proof
