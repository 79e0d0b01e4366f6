// SPDX-License-Identifier: MIT
/// @file
/// @brief Vec<T>: a growing array whose growth can fail without losing anything.
/// @chapter frames
#pragma once

#include <span>

#include "lib/result.h"

/// An array on the heap. Elements move when it grows.
template <class T>
class Vec {
   public:
    Vec() = default;
    Vec(Vec&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    Vec& operator=(Vec&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~Vec() {
        clear();
        ::operator delete(data_);
    }

    /// Room for `count` elements in all. ENOMEM: the array is unchanged.
    Result<void> reserve(usize count) {
        if (count <= capacity_) return {};
        T* bigger = static_cast<T*>(::operator new(count * sizeof(T), std::nothrow));
        if (!bigger) return Error{ENOMEM};
        for (usize i = 0; i < size_; ++i) {
            new (&bigger[i]) T(std::move(data_[i]));
            data_[i].~T();
        }
        ::operator delete(std::exchange(data_, bigger));
        capacity_ = count;
        return {};
    }
    /// Appends. ENOMEM: the array is unchanged.
    Result<void> push(T item) { return insert(size_, std::move(item)); }
    /// Inserts before index `at` (0 .. size). ENOMEM: the array is unchanged.
    Result<void> insert(usize at, T item) {
        CHECK(at <= size_, at, size_);
        if (size_ == capacity_) TRY(reserve(capacity_ ? 2 * capacity_ : 4));
        new (&data_[size_]) T(std::move(item));
        for (usize i = size_++; i > at; --i) std::swap(data_[i], data_[i - 1]);
        return {};
    }
    /// `count` default elements in all; shrinks or grows. ENOMEM: the array is unchanged.
    Result<void> resize(usize count) {
        TRY(reserve(count));
        while (size_ > count) pop();
        while (size_ < count) new (&data_[size_++]) T();
        return {};
    }
    void erase(usize at) {
        CHECK(at < size_, at, size_);
        for (usize i = at; i + 1 < size_; ++i) data_[i] = std::move(data_[i + 1]);
        pop();
    }
    void pop() { data_[--size_].~T(); }
    void clear() {
        while (size_) pop();
    }

    T& operator[](usize index) {
        CHECK(index < size_, index, size_);
        return data_[index];
    }
    const T& operator[](usize index) const {
        CHECK(index < size_, index, size_);
        return data_[index];
    }
    usize size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    std::span<T> span() { return {data_, size_}; }
    std::span<const T> span() const { return {data_, size_}; }

   private:
    T* data_ = nullptr;
    usize size_ = 0;
    usize capacity_ = 0;
};
