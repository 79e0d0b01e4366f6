// SPDX-License-Identifier: MIT
/// @file
/// @brief The mount table.
/// @chapter files
#include "fs/mount.h"

#include "fs/path.h"
#include "sync/mutex.h"

static constinit std::atomic<u32> next_device{1};

Filesystem::Filesystem() : device_(DeviceNumber{0, next_device.fetch_add(1, std::memory_order_relaxed)}.encoded()) {}

namespace mounts {

/// All mounts, in the order of mounting, each with one reference from the table. The first is the root of everything.
struct Table {
    constexpr Table() {}
    Mutex lock{LockRank::Mount};
    List<Mount, &Mount::link> list;
};

static constinit Table mount_table;

static Result<Place> add(const Request& request, const Place& directory) {
    Ref<Mount> mount = TRY(make_ref<Mount>(request.tree, directory));
    TRY(mount->source.append(request.source));
    TRY(mount->options.append(request.options));
    MutexGuard guard(mount_table.lock);
    mount->take_reference();
    mount_table.list.push_back(*mount);
    if (directory) directory.inode->mounts_here.fetch_add(1, std::memory_order_release);
    return Place(mount, request.tree);
}

Result<Place> mount_root(const Request& request) { return add(request, Place()); }

Result<Place> mount(const Request& request, const Place& directory) {
    if (!directory.inode->is_directory()) return Error{ENOTDIR};
    return add(request, directory);
}

static bool has_mount_below(const Mount& mount) {
    for (Mount& other : mount_table.list) {
        if (other.mount_point().mount.get() == &mount) return true;
    }
    return false;
}

static bool is_mounted(const Filesystem& filesystem) {
    for (Mount& other : mount_table.list) {
        if (&other.filesystem() == &filesystem) return true;
    }
    return false;
}

Result<void> unmount(Place place) {
    Ref<Mount> mount = place.mount;
    if (!mount || place.inode != mount->root()) return Error{EINVAL};
    if (!mount->mount_point()) return Error{EBUSY};
    bool last = false;
    {
        MutexGuard guard(mount_table.lock);
        if (!mount->link.is_linked()) return Error{EINVAL};
        // The table holds one reference, this function two. Any other is an open file's or a process's place in the tree.
        if (has_mount_below(*mount) || mount->reference_count() > 3) return Error{EBUSY};
        mount_table.list.remove(*mount);
        mount->drop_reference();
        mount->mount_point().inode->mounts_here.fetch_sub(1, std::memory_order_release);
        last = !is_mounted(mount->filesystem());
    }
    if (last) mount->filesystem().unmounted(*mount->root());
    return {};
}

/// The latest mount on exactly this place, or none.
static Ref<Mount> mounted_on(const Place& place) {
    MutexGuard guard(mount_table.lock);
    Mount* found = nullptr;
    for (Mount& mount : mount_table.list) {
        if (mount.mount_point() == place) found = &mount;
    }
    return Ref<Mount>(found);
}

Place covering(Place place) {
    while (place.inode->mounts_here.load(std::memory_order_acquire) != 0) {
        Ref<Mount> mount = mounted_on(place);
        if (!mount) break;
        place = Place(mount, mount->root());
    }
    return place;
}

Place root() {
    Ref<Mount> first;
    {
        MutexGuard guard(mount_table.lock);
        first = Ref<Mount>(mount_table.list.front());
    }
    CHECK(first);
    return covering(Place(first, first->root()));
}

/// A path in a line of /proc/mounts: blanks as octal numbers.
static void print_escaped(Sink& sink, std::string_view path) {
    for (char c : path) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
            const auto byte = static_cast<unsigned char>(c);
            ::print(sink, '\\', char('0' + (byte >> 6)), char('0' + ((byte >> 3) & 7)), char('0' + (byte & 7)));
        } else {
            put(sink, c);
        }
    }
}

static void print_mount(Sink& sink, const Ref<Mount>& mount, const Place& from) {
    const Result<String> path = path_of_directory(Place(mount, mount->root()), from);
    if (!path.ok()) return;
    print_escaped(sink, mount->source.view());
    put(sink, ' ');
    print_escaped(sink, path.value().view());
    ::print(sink, ' ', mount->filesystem().type_name(), ' ', mount->options.view(), " 0 0\n");
}

void print(Sink& sink, const Place& from) {
    // The paths are found without the table's lock, because finding them takes the locks of directories.
    for (u64 index = 0;; ++index) {
        Ref<Mount> mount;
        {
            MutexGuard guard(mount_table.lock);
            u64 at = 0;
            for (Mount& each : mount_table.list) {
                if (at++ == index) mount = Ref<Mount>(&each);
            }
        }
        if (!mount) return;
        print_mount(sink, mount, from);
    }
}

}  // namespace mounts
