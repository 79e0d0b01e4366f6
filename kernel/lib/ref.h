// SPDX-License-Identifier: MIT
/// @file
/// @brief Ref<T>: a counted reference to an object that dies with its last reference.
/// @chapter frames
#pragma once

#include <atomic>

#include "lib/result.h"

/// The count of an object reached through Ref. Born with a count of zero; the first Ref makes it one.
class RefCounted {
   public:
    RefCounted() = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;

    void take_reference() const { count_.fetch_add(1, std::memory_order_relaxed); }
    /// True when this was the last one: the caller destroys the object. The release makes every earlier use by another
    /// holder visible to the destructor.
    bool drop_reference() const { return count_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
    unsigned reference_count() const { return count_.load(std::memory_order_acquire); }

   protected:
    virtual ~RefCounted() = default;
    template <class T>
    friend class Ref;

   private:
    mutable std::atomic<unsigned> count_{0};
};

/// One counted reference, or none.
template <class T>
class Ref {
   public:
    Ref() = default;
    explicit Ref(T* pointer) : pointer_(pointer) { take(); }
    Ref(const Ref& other) : pointer_(other.pointer_) { take(); }
    Ref(Ref&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
    template <class U>
    requires std::is_convertible_v<U*, T*> Ref(const Ref<U>& other) : pointer_(other.get()) {
        take();
    }  // NOLINT: implicit by design
    Ref& operator=(Ref other) noexcept {
        std::swap(pointer_, other.pointer_);
        return *this;
    }
    ~Ref() {
        if (pointer_ && pointer_->drop_reference()) delete pointer_;
    }

    T* get() const { return pointer_; }
    T& operator*() const { return *pointer_; }
    T* operator->() const { return pointer_; }
    explicit operator bool() const { return pointer_ != nullptr; }
    bool operator==(const Ref& other) const { return pointer_ == other.pointer_; }

   private:
    void take() {
        if (pointer_) pointer_->take_reference();
    }
    T* pointer_ = nullptr;
};

/// A new `T` with one reference. ENOMEM: nothing was made.
template <class T, class... Args>
Result<Ref<T>> make_ref(Args&&... args) {
    T* pointer = new (std::nothrow) T(std::forward<Args>(args)...);
    if (!pointer) return Error{ENOMEM};
    return Ref<T>(pointer);
}
