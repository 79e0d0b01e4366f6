// SPDX-License-Identifier: MIT
/// @file
/// @brief Owned<T>: the one owner of an object on the heap.
/// @chapter frames
#pragma once

#include "lib/result.h"

/// Owns one `T` from the heap and destroys it.
template <class T>
class Owned {
   public:
    Owned() = default;
    /// Takes over `pointer`, which came from `new`, or null.
    explicit Owned(T* pointer) : pointer_(pointer) {}
    Owned(Owned&& other) noexcept : pointer_(other.release()) {}
    template <class U>
    requires std::is_convertible_v<U*, T*> Owned(Owned<U>&& other)
    noexcept : pointer_(other.release()) {}  // NOLINT: implicit by design
    Owned& operator=(Owned&& other) noexcept {
        reset(other.release());
        return *this;
    }
    ~Owned() { reset(); }

    void reset(T* pointer = nullptr) {
        T* old = std::exchange(pointer_, pointer);
        delete old;
    }
    /// Gives the object away.
    T* release() { return std::exchange(pointer_, nullptr); }

    T* get() const { return pointer_; }
    T& operator*() const { return *pointer_; }
    T* operator->() const { return pointer_; }
    explicit operator bool() const { return pointer_ != nullptr; }

   private:
    T* pointer_ = nullptr;
};

/// A new `T`. ENOMEM: nothing was made.
template <class T, class... Args>
Result<Owned<T>> make_owned(Args&&... args) {
    T* pointer = new (std::nothrow) T(std::forward<Args>(args)...);
    if (!pointer) return Error{ENOMEM};
    return Owned<T>(pointer);
}
