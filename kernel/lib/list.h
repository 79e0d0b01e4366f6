// SPDX-License-Identifier: MIT
/// @file
/// @brief List<T>: a doubly linked list whose links live in the elements, so that adding never fails.
/// @chapter frames
#pragma once

#include "lib/check.h"

/// The links of one element in one list. An element that is in no list points at itself.
struct ListNode {
    ListNode* next = this;
    ListNode* prev = this;

    ListNode() = default;
    ListNode(const ListNode&) = delete;
    ListNode& operator=(const ListNode&) = delete;

    bool is_linked() const { return next != this; }
    /// Takes the element out of its list; nothing happens when it is in none.
    void unlink() {
        next->prev = prev;
        prev->next = next;
        next = prev = this;
    }
    void insert_before(ListNode& place) {
        CHECK(!is_linked());
        next = &place;
        prev = place.prev;
        prev->next = this;
        place.prev = this;
    }
};

/// A list of `T`s linked through their member `Link`. It owns nothing. The lock that guards the list guards the links.
template <class T, ListNode T::*Link>
class List {
   public:
    class Iterator {
       public:
        explicit Iterator(ListNode* node) : node_(node) {}
        T& operator*() const { return *element(node_); }
        T* operator->() const { return element(node_); }
        Iterator& operator++() { return node_ = node_->next, *this; }
        bool operator==(const Iterator&) const = default;

       private:
        ListNode* node_;
    };

    bool empty() const { return !head_.is_linked(); }
    T* front() const { return empty() ? nullptr : element(head_.next); }
    T* back() const { return empty() ? nullptr : element(head_.prev); }
    void push_back(T& item) { (item.*Link).insert_before(head_); }
    void push_front(T& item) { (item.*Link).insert_before(*head_.next); }
    void insert_before(T& place, T& item) { (item.*Link).insert_before(place.*Link); }
    /// The first element, taken out, or null.
    T* pop_front() {
        T* item = front();
        if (item) remove(*item);
        return item;
    }
    void remove(T& item) { (item.*Link).unlink(); }
    /// The element after `item`, or null at the end.
    T* next(T& item) const { return (item.*Link).next == &head_ ? nullptr : element((item.*Link).next); }
    T* prev(T& item) const { return (item.*Link).prev == &head_ ? nullptr : element((item.*Link).prev); }

    Iterator begin() { return Iterator(head_.next); }
    Iterator end() { return Iterator(&head_); }

   private:
    /// The element around a node: the member's offset, taken at a place that no object needs to be at.
    static T* element(ListNode* node) {
        alignas(T) static char place[sizeof(T)];
        const auto* anchor = reinterpret_cast<T*>(place);
        const usize offset = static_cast<usize>(reinterpret_cast<const char*>(&(anchor->*Link)) - place);
        return reinterpret_cast<T*>(reinterpret_cast<char*>(node) - offset);
    }
    mutable ListNode head_;
};
