// SPDX-License-Identifier: MIT
/// @file
/// @brief From a path to a place and back.
/// @chapter files
#pragma once

#include "fs/mount.h"

/// The longest path and the longest name in it, as Linux has them (the path with its closing zero).
inline constexpr usize kMaxPath = 4096;
inline constexpr usize kMaxName = 255;
/// Symbolic links followed in one walk before ELOOP.
inline constexpr unsigned kMaxLinks = 40;

/// Where walks start: "/" at `root`, anything else at `start`. ".." stops at `root`.
struct WalkFrom {
    Place root;
    Place start;
};

/// Whether a symbolic link at the end of a path is followed.
enum class LastLink : u8 { Follow, Keep };

/// What `path` names. ENOENT (also for an empty path), ENOTDIR, ELOOP, ENAMETOOLONG, ENOMEM.
Result<Place> walk(const WalkFrom& from, std::string_view path, LastLink last);

/// The directory that a path's last name is in, and that name: what creating, removing and renaming need.
struct LastName {
    Place directory;
    String name;                     ///< "." or ".." or empty (the path was "/") as well: the caller refuses
    bool must_be_directory = false;  ///< the path ended in a slash
};
Result<LastName> walk_to_parent(const WalkFrom& from, std::string_view path);

/// A path to be opened, perhaps created: the last link is followed even where it points at nothing yet.
struct OpenWalk {
    Place place;    ///< null when nothing has that name
    LastName last;  ///< behind a link of /proc that led directly to a place: no directory, and the whole path as name
};
Result<OpenWalk> walk_to_open(const WalkFrom& from, std::string_view path, LastLink last);

/// The directory above; `place` itself at `root`.
Place parent_of(const Place& place, const Place& root);

/// The absolute path of a directory as seen from `root`. ENOENT: it was removed; ENOMEM. "(unreachable)…" where it lies outside.
Result<String> path_of_directory(const Place& directory, const Place& root);
/// The absolute path of what is called `name` in `directory`.
Result<String> path_of(const Place& directory, std::string_view name, const Place& root);
