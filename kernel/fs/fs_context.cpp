// SPDX-License-Identifier: MIT
/// @file
/// @brief Changing a process's root, working directory and mask.
/// @chapter files
#include "fs/fs_context.h"

Result<Ref<FsContext>> FsContext::clone() {
    Ref<FsContext> copy = TRY(make_ref<FsContext>(root(), cwd()));
    copy->set_umask(umask());
    return copy;
}

// The old place dies after the lock is let go: it may be the last reference to a whole tree.

void FsContext::set_root(Place place) {
    auto state = state_.lock();
    std::swap(state->root, place);
}

void FsContext::set_cwd(Place place) {
    auto state = state_.lock();
    std::swap(state->cwd, place);
}

u32 FsContext::set_umask(u32 mask) {
    auto state = state_.lock();
    return std::exchange(state->umask, mask & 0777);
}
