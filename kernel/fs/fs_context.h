// SPDX-License-Identifier: MIT
/// @file
/// @brief FsContext: a process's root, working directory and file-creation mask.
/// @chapter files
#pragma once

#include "fs/path.h"

/// Shared by threads and by clones with CLONE_FS.
class FsContext : public RefCounted {
   public:
    FsContext(Place root, Place cwd) : state_(LockRank::Descriptors, State{std::move(root), std::move(cwd), 022}) {}
    /// A copy for fork. ENOMEM.
    Result<Ref<FsContext>> clone();

    Place root() { return state_.lock()->root; }
    Place cwd() { return state_.lock()->cwd; }
    /// Where a path without a directory descriptor starts.
    WalkFrom walk_from() {
        auto state = state_.lock();
        return {state->root, state->cwd};
    }
    void set_root(Place place);
    void set_cwd(Place place);
    u32 umask() { return state_.lock()->umask; }
    /// Sets the mask (its low nine bits) and answers the old one.
    u32 set_umask(u32 mask);

   private:
    struct State {
        Place root, cwd;
        u32 umask;
    };
    SpinLocked<State> state_;
};
