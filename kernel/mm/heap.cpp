// SPDX-License-Identifier: MIT
/// @file
/// @brief The heap behind `new`: slabs of equal small objects, whole blocks of frames for large ones.
/// @chapter frames
///
/// A slab is one frame cut into objects of one size class. Its first 64 bytes are the Slab header, so the owner of an object
/// is found by rounding its address down to a page. An object of more than half a frame gets frames of its own, and starts
/// 64 bytes into them behind the same header.
#include <bit>
#include <new>

#include "lib/list.h"
#include "mm/frames.h"
#include "sync/spin_lock.h"

namespace {

constexpr usize kClassBytes[] = {32, 64, 128, 192, 256, 320, 448, 576, 768, 1024, 1344, 1984};
constexpr usize kClasses = sizeof(kClassBytes) / sizeof(kClassBytes[0]);
constexpr u8 kLarge = 0xff;

struct FreeObject {
    FreeObject* next;
};

/// The head of a slab or of a large block.
struct alignas(64) Slab {
    ListNode link;  ///< among the slabs of its class with a free object
    FreeObject* free = nullptr;
    u16 used = 0;
    u8 size_class = kLarge;
    u8 order = 0;  ///< of a large block
};
static_assert(sizeof(Slab) == 64);

struct SizeClass {
    List<Slab, &Slab::link> partial;
};

struct Heap {
    SizeClass classes[kClasses];
};
constinit SpinLocked<Heap> heap(LockRank::Heap);

Slab* slab_of(void* object) { return reinterpret_cast<Slab*>(align_down(reinterpret_cast<u64>(object), kPageBytes)); }

/// A frame cut into objects of a class; null when there is no frame.
Slab* new_slab(usize size_class) {
    auto frame = frames::allocate(0, Fill::Nothing);
    if (!frame.ok()) return nullptr;
    auto* slab = new (frames::virt_from_phys(frame.value())) Slab();
    slab->size_class = static_cast<u8>(size_class);
    const usize bytes = kClassBytes[size_class];
    auto* first = reinterpret_cast<std::byte*>(slab + 1);
    for (usize n = (kPageBytes - sizeof(Slab)) / bytes; n-- > 0;) {
        auto* object = reinterpret_cast<FreeObject*>(first + n * bytes);
        object->next = slab->free;
        slab->free = object;
    }
    return slab;
}

void* allocate_large(usize bytes) {
    const auto order = static_cast<unsigned>(std::bit_width((bytes + sizeof(Slab) - 1) >> kPageShift));
    if (order > kMaxOrder) return nullptr;
    auto block = frames::allocate(order, Fill::Nothing);
    if (!block.ok()) return nullptr;
    auto* slab = new (frames::virt_from_phys(block.value())) Slab();
    slab->order = static_cast<u8>(order);
    return slab + 1;
}

void* allocate(usize bytes) {
    usize size_class = 0;
    while (size_class < kClasses && kClassBytes[size_class] < bytes) ++size_class;
    if (size_class == kClasses) return allocate_large(bytes);
    auto locked = heap.lock();
    auto& partial = locked->classes[size_class].partial;
    Slab* slab = partial.front();
    if (!slab) {
        slab = new_slab(size_class);
        if (!slab) return nullptr;
        partial.push_front(*slab);
    }
    FreeObject* object = slab->free;
    slab->free = object->next;
    slab->used++;
    if (!slab->free) partial.remove(*slab);
    return object;
}

void release(void* object) {
    if (!object) return;
    Slab* slab = slab_of(object);
    const PhysAddr block = frames::phys_from_virt(slab);
    if (slab->size_class == kLarge) return frames::free(block, slab->order);
    auto locked = heap.lock();
    auto& partial = locked->classes[slab->size_class].partial;
    auto* freed = static_cast<FreeObject*>(object);
    if (!slab->free) partial.push_front(*slab);
    freed->next = slab->free;
    slab->free = freed;
    if (--slab->used > 0) return;
    partial.remove(*slab);
    frames::free(block, 0);
}

}  // namespace

// 64-byte classes are aligned to 64, every class to 32; large blocks to 64. Wider alignment is refused.
void* operator new(usize bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new(usize bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    CHECK(static_cast<usize>(alignment) <= 64, static_cast<usize>(alignment));
    return allocate(align_up(bytes, 64));
}
void operator delete(void* object) noexcept { release(object); }
void operator delete(void* object, usize) noexcept { release(object); }
void operator delete(void* object, std::align_val_t) noexcept { release(object); }
void operator delete(void* object, usize, std::align_val_t) noexcept { release(object); }
