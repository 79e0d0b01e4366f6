// SPDX-License-Identifier: MIT
/// @file
/// @brief A process's memory: its regions, its pairs, and `resolve`, the room behind the two doors.
/// @chapter nested-faults
#pragma once

#include "abi/debug.h"
#include "lib/list.h"
#include "lib/owned.h"
#include "mm/page_source.h"
#include "mm/page_tables.h"
#include "sync/mutex.h"

/// What a program may do with a region.
struct Protection {
    bool read = false, write = false, execute = false;
    constexpr bool operator==(const Protection&) const = default;
    constexpr bool none() const { return !read && !write && !execute; }
};

/// Whether writes are seen by others who map the same pages.
enum class Sharing : u8 { Private, Shared };

/// A mapped range [begin, end), page-aligned. Neighbours with equal properties are merged.
struct Region {
    /// A stack is touched at its end first and rarely used whole; a thread's stack (MAP_STACK) is one that is not `Stack`, the
    /// process's own.
    enum class Kind : u8 { Plain, Heap, Stack, ThreadStack };

    ListNode link;
    VirtAddr begin, end;
    Protection protection;
    Sharing sharing = Sharing::Private;
    Ref<PageSource> source;  ///< null: zero pages
    u64 source_page = 0;     ///< the source's page under `begin`
    Kind kind = Kind::Plain;

    Region() = default;
    /// The same range and properties, in no list.
    Region(const Region& other)
        : begin(other.begin),
          end(other.end),
          protection(other.protection),
          sharing(other.sharing),
          source(other.source),
          source_page(other.source_page),
          kind(other.kind) {}
    Region& operator=(const Region&) = delete;

    u64 bytes() const { return end - begin; }
    /// Whether the page of `size` around `address` would lie in this region as a whole.
    bool covers_page(VirtAddr address, PageSize size) const {
        const VirtAddr first{align_down(address.raw, bytes_of(size))};
        return first >= begin && first < end && end - first >= bytes_of(size);
    }
    /// The source's page under `address`, which lies in the region.
    u64 source_page_at(VirtAddr address) const { return source_page + ((address - begin) >> kPageShift); }
};

/// The rights that a page of `region` has when nothing is shared by copy on write.
Rights rights_of(const Region& region);

enum class Access : u8 { Read, Write, Execute };

/// Where a fault came from: the processor's host walk or its nested walk.
enum class Ring : u8 { Ring3, RingV, Kernel };

/// A fault of a process or of its guest: the same address, the same question.
struct Fault {
    VirtAddr address;
    Access access;
    Ring ring;
    /// What the guest walked to get here, 0 when unknown; for the trace only.
    u64 guest_virtual = 0;
};

/// How `resolve` settled a fault.
enum class Resolution : u8 {
    Mapped,     ///< an entry was written; try again
    Spurious,   ///< the entry already allows this (another core was first, or a stale translation)
    NotBacked,  ///< no region here
    Denied,     ///< a region is here and forbids this
    NoMemory,   ///< a frame or a pair was needed and there is none
    BeyondEnd,  ///< the region's source has no such page: SIGBUS
};

/// A process's memory. Every public method takes the lock itself.
class AddressSpace : public RefCounted {
   public:
    /// An empty space. ENOMEM.
    static Result<Ref<AddressSpace>> create();
    ~AddressSpace() override;

    /// A copy for fork: private pages become copy-on-write in both. ENOMEM: this space is unchanged (but for rights that the
    /// next write brings back).
    Result<Ref<AddressSpace>> fork();

    /// Finds the region, checks the right, gets the frame, maps it: the only way by which a page gets mapped. Writes a record
    /// into the trace ring.
    Resolution resolve(const Fault& fault);

    /// A new mapping of `bytes` (rounded up to pages). `Placement::Fixed` replaces what is there; `FixedNoReplace` fails with
    /// EEXIST; `Anywhere` chooses downwards from below the stack, far above the window. EINVAL: not page-aligned, zero or too
    /// long; ENOMEM: outside the user half, or no room.
    enum class Placement : u8 { Anywhere, Fixed, FixedNoReplace };
    struct Mapping {
        VirtAddr address = {};  ///< exact (Fixed*) or a hint (Anywhere)
        u64 bytes = 0;
        Placement placement = Placement::Anywhere;
        Protection protection;
        Sharing sharing = Sharing::Private;
        Ref<PageSource> source = {};
        u64 source_page = 0;
        Region::Kind kind = Region::Kind::Plain;
    };
    Result<VirtAddr> map(const Mapping& mapping);
    /// Unmaps [address, address+bytes); holes are fine. EINVAL: not aligned or outside the user half.
    Result<void> unmap(VirtAddr address, u64 bytes);
    /// ENOMEM: a hole in the range (what lies before it is changed).
    Result<void> protect(VirtAddr address, u64 bytes, Protection protection);
    /// Moves or resizes a mapping (mremap with MREMAP_MAYMOVE when `may_move`). EFAULT: not one region.
    enum class Move : u8 { Never, Allowed };
    Result<VirtAddr> remap(VirtAddr address, u64 old_bytes, u64 new_bytes, Move move);
    /// Drops the pages in the range; private ones read as zero or as their source afterwards (MADV_DONTNEED).
    Result<void> discard(VirtAddr address, u64 bytes);

    /// The program break: sets it where possible and answers what it is.
    VirtAddr set_break(VirtAddr wanted);
    /// Where the heap starts: after the program's image.
    void start_heap(VirtAddr begin);

    /// Calls `visit(region)` for every region in order, with the lock held (must not touch user memory).
    template <class Visit>
    void for_each_region(Visit&& visit) {
        MutexGuard guard(lock_);
        for (Region& region : regions_) visit(region);
    }

    /// Compares every pair of both halves with the regions: nested ⊆ host, equal in the window, empty outside. Answers null
    /// or a sentence that names the first violation.
    const char* check();

    /// Bytes that regions cover; bytes that leaves map, in all and by page size (4 KiB, 2 MiB, 1 GiB); bytes that pairs take.
    struct Usage {
        u64 virtual_bytes, resident_bytes, pair_bytes;
        u64 by_size[3];
    };
    Usage usage();

    /// Looks from `from` on for 4 KiB pages that could be one of 2 MiB, and makes the first such one, by copying where their
    /// frames are scattered. Answers where to go on, kUserEnd when there is nothing more.
    VirtAddr enlarge_next(VirtAddr from);

    const PageTables& tables() const { return tables_; }
    /// Counts every invalidation of nested translations: a vCPU that entered under an older number flushes before it enters.
    u64 nested_generation() const { return nested_generation_.load(std::memory_order_acquire); }

   private:
    friend class TlbFlush;
    friend class PairChecker;
    /// Holds the lock for a change of regions or pairs. When it ends, debug builds check all pairs, or the way
    /// to the one `page` that may have changed, and panic at the first violation.
    class Change {
       public:
        explicit Change(AddressSpace& space) : Change(space, kUserEnd) {}
        Change(AddressSpace& space, VirtAddr page) : guard_(space.lock_), space_(space), page_(page) {}
        ~Change() { space_.check_change(page_); }

       private:
        MutexGuard guard_;
        AddressSpace& space_;
        VirtAddr page_;
    };
#ifdef TWAIN_DEBUG
    void check_change(VirtAddr page);
#else
    void check_change(VirtAddr) {}
#endif
    explicit AddressSpace(PhysAddr root) : tables_(root) {}
    Region* find(VirtAddr address);
    /// A page that is to be mapped.
    struct NewPage {
        VirtAddr address;
        FrameRef frame;
        Rights rights;
    };
    Result<NewPage> page_for(const Region& region, const Fault& fault, unsigned level);
    Resolution resolve_mapped(const Region& region, const Fault& fault, const WalkResult& before, WalkResult& after);
    /// Makes `address` a border between regions where it lies inside one. ENOMEM: unchanged.
    Result<void> split_at(VirtAddr address);
    // Sizes of pages (large_pages.cpp).
    void map_around(const Region& region, VirtAddr address);
    Result<void> split_pages_at(VirtAddr border);
    void merge_if_last(VirtAddr address, WalkResult& mapped);
    void merge_pages_around(VirtAddr address, TlbFlush& flush);
    void merge_pages(VirtAddr begin, VirtAddr end, TlbFlush& flush);
    void gather_pages(const Region& region, VirtAddr address);
    // What is written into the trace ring.
    abi::TraceRecord record_of(VirtAddr address, const WalkResult& before, const WalkResult& after) const;
    void trace_fault(const Fault& fault, const WalkResult& before, const WalkResult& after, Resolution) const;
    void trace_size(VirtAddr address, const WalkResult& before, u8 what) const;
    Result<VirtAddr> choose_place(const Mapping& mapping, u64 bytes);
    /// A gap of `bytes`, as far above a border of the large pages that fit into it as `alike` is. None: address 0.
    VirtAddr find_room(u64 bytes, VirtAddr alike);
    bool is_free(VirtAddr begin, VirtAddr end);
    void insert(Owned<Region> region);
    void merge_with_neighbours(Region& region);
    Result<void> unmap_locked(VirtAddr begin, VirtAddr end);
    Result<void> protect_locked(VirtAddr begin, VirtAddr end, Protection protection);
    Result<VirtAddr> move(Region& region, VirtAddr address, u64 old_bytes, u64 new_bytes);

    Mutex lock_{LockRank::AddressSpace};
    List<Region, &Region::link> regions_;  ///< sorted by address, not overlapping
    PageTables tables_;
    VirtAddr heap_begin_, heap_end_;
    std::atomic<u64> nested_generation_{0};
    Region* last_found_ = nullptr;  ///< where the last `find` ended: faults come in runs
};
