// SPDX-License-Identifier: MIT
/// @file
/// @brief The path walk: one name at a time, links replaced by what they say.
/// @chapter files
#include "fs/path.h"

namespace {

/// A walk in progress: where it stands, and what of the path lies ahead. A link's text is spliced in place of its name.
class Walker {
   public:
    static Result<Walker> start(const WalkFrom& from, std::string_view path) {
        if (path.empty()) return Error{ENOENT};
        if (path.size() >= kMaxPath) return Error{ENAMETOOLONG};
        Walker walker(from.root);
        TRY(walker.ahead_.append(path));
        walker.at_ = path.front() == '/' ? from.root : from.start;
        return walker;
    }

    /// Goes to the directory that the last name is in. `name()` is then that name; it is empty for a path of slashes only.
    Result<void> go_to_last() {
        for (;;) {
            TRY(next_name());
            if (is_last()) break;
            Place next = TRY(look());
            if (next.inode->type() != FileType::Symlink) {
                at_ = std::move(next);
            } else {
                TRY(follow(next));
            }
        }
        if (!at_.inode->is_directory()) return Error{ENOTDIR};
        return {};
    }

    /// What `name()` is in the directory where the walk stands. ENOENT, ENOTDIR.
    Result<Place> look() const {
        if (!at_.inode->is_directory()) return Error{ENOTDIR};
        if (name().empty() || name() == ".") return at_;
        if (name() == "..") return parent_of(at_, root_);
        Ref<Inode> inode = TRY(at_.inode->lookup(name()));
        return mounts::covering(Place(at_.mount, std::move(inode)));
    }

    /// Whether a link led directly to a place: then the walk stands there, and `name()` is done with.
    enum class Jumped : bool { No, Yes };
    /// Follows the link that `look` found: its text now lies ahead, or the walk stands where it points.
    Result<Jumped> follow(const Place& link) {
        if (++links_ > kMaxLinks) return Error{ELOOP};
        LinkTarget target = TRY(link.inode->read_link());
        if (target.place) {
            at_ = std::move(target.place);
            jumped_to_ = std::move(target.text);
            return Jumped::Yes;
        }
        TRY(splice(target.text.view()));
        return Jumped::No;
    }

    std::string_view name() const { return ahead_.view().substr(begin_, end_ - begin_); }
    bool ends_in_slash() const { return end_ < ahead_.size(); }
    const Place& at() const { return at_; }
    /// What the last link that led directly to a place says that it is called.
    String& jumped_to() { return jumped_to_; }

    Result<LastName> last_name() const {
        LastName last{at_, {}, ends_in_slash()};
        TRY(last.name.append(name()));
        return last;
    }

   private:
    explicit Walker(const Place& root) : root_(root) {}

    /// Whether nothing but slashes lies behind the name.
    bool is_last() const { return ahead_.view().find_first_not_of('/', end_) == std::string_view::npos; }

    Result<void> next_name() {
        const std::string_view path = ahead_.view();
        const usize begin = path.find_first_not_of('/', end_);
        begin_ = begin == std::string_view::npos ? path.size() : begin;
        const usize end = path.find('/', begin_);
        end_ = end == std::string_view::npos ? path.size() : end;
        if (end_ - begin_ > kMaxName) return Error{ENAMETOOLONG};
        return {};
    }

    /// Replaces the name by a link's text. The slash behind the name stays, so "link/" still asks for a directory.
    Result<void> splice(std::string_view text) {
        if (text.empty()) return Error{ENOENT};
        const std::string_view rest = ahead_.view().substr(end_);
        if (text.size() + rest.size() >= kMaxPath) return Error{ENAMETOOLONG};
        String path = TRY(String::from(text));
        TRY(path.append(rest));
        ahead_ = std::move(path);
        begin_ = end_ = 0;
        if (text.front() == '/') at_ = root_;
        return {};
    }

    Place root_;
    Place at_;
    String ahead_;
    usize begin_ = 0, end_ = 0;  ///< the current name, in ahead_
    unsigned links_ = 0;
    String jumped_to_;
};

}  // namespace

/// A place that a path with a closing slash may name only when it is a directory.
static Result<Place> check_directory(Place place, const Walker& walker) {
    if (walker.ends_in_slash() && !place.inode->is_directory()) return Error{ENOTDIR};
    return place;
}

Result<OpenWalk> walk_to_open(const WalkFrom& from, std::string_view path, LastLink link) {
    Walker walker = TRY(Walker::start(from, path));
    for (;;) {
        TRY(walker.go_to_last());
        OpenWalk result;
        result.last = TRY(walker.last_name());
        Result<Place> next = walker.look();
        if (!next.ok()) {
            if (next.error() == Error{ENOENT}) return result;
            return next.error();
        }
        const bool is_link = next->inode->type() == FileType::Symlink;
        if (!is_link || (link == LastLink::Keep && !walker.ends_in_slash())) {
            result.place = TRY(check_directory(std::move(next).value(), walker));
            return result;
        }
        if (TRY(walker.follow(*next)) == Walker::Jumped::Yes) {
            result.place = TRY(check_directory(walker.at(), walker));
            result.last = {Place(), std::move(walker.jumped_to()), walker.ends_in_slash()};
            return result;
        }
    }
}

Result<Place> walk(const WalkFrom& from, std::string_view path, LastLink last) {
    OpenWalk found = TRY(walk_to_open(from, path, last));
    if (!found.place) return Error{ENOENT};
    return std::move(found.place);
}

Result<LastName> walk_to_parent(const WalkFrom& from, std::string_view path) {
    Walker walker = TRY(Walker::start(from, path));
    TRY(walker.go_to_last());
    return walker.last_name();
}

/// Where a mount's root was put: the directory that it covers, perhaps the root of a mount below. Others stay.
static Place uncover(Place place, const Place& root) {
    while (place != root && place.mount && place.inode == place.mount->root() && place.mount->mount_point()) {
        place = Place(place.mount->mount_point());
    }
    return place;
}

Place parent_of(const Place& place, const Place& root) {
    if (place == root) return place;
    const Place lower = uncover(place, root);
    if (lower == root) return lower;
    return mounts::covering(Place(lower.mount, lower.inode->parent()));
}

/// Puts "/name" in front of a path.
static Result<void> prepend(String& path, std::string_view name) {
    String longer = TRY(String::from("/"));
    TRY(longer.append(name));
    TRY(longer.append(path.view()));
    path = std::move(longer);
    return {};
}

Result<String> path_of_directory(const Place& directory, const Place& root) {
    String path;
    for (Place at = directory; at != root;) {
        const Place lower = uncover(at, root);
        if (lower == root) break;
        const Place parent(lower.mount, lower.inode->parent());
        if (parent == lower) {  // the root of everything, and not the caller's root: it lies outside
            String outside = TRY(String::from("(unreachable)"));
            TRY(outside.append(path.empty() ? std::string_view("/") : path.view()));
            return outside;
        }
        const String name = TRY(lower.inode->own_name());
        TRY(prepend(path, name.view()));
        at = parent;
    }
    if (path.empty()) TRY(path.append("/"));
    return path;
}

Result<String> path_of(const Place& directory, std::string_view name, const Place& root) {
    String path = TRY(path_of_directory(directory, root));
    if (path.view() != "/") TRY(path.append("/"));
    TRY(path.append(name));
    return path;
}
