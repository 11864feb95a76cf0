// Nodes that are never freed, only handed on: lock-free, and without the heap that they watch over.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <new>

namespace heaplings::detail {

// A list of nodes that only grows, up to the largest number ever in use at once.
//
// A released node keeps its contents and its place in the list; acquire() hands it to the next who
// asks. So a walk over all nodes needs no lock, and what a thread has counted outlives the thread.
template <typename Node>
class recycled_nodes
{
public:
    // A node that no one else holds, with the contents that its last holder left; nullptr if there
    // is no memory for more.
    [[nodiscard]] Node* acquire() noexcept
    {
        for (slot* s = first_.load(std::memory_order_acquire); s != nullptr; s = s->next) {
            if (!s->taken.load(std::memory_order_relaxed) &&
                !s->taken.exchange(true, std::memory_order_acquire)) {
                return s;
            }
        }
        return grow();
    }

    static void release(Node& node) noexcept
    {
        static_cast<slot&>(node).taken.store(false, std::memory_order_release);
    }

    // Calls `visit` with every node, in use or not.
    template <typename Visit>
    void for_each(Visit visit) noexcept
    {
        for (slot* s = first_.load(std::memory_order_acquire); s != nullptr; s = s->next) visit(*s);
    }

private:
    // A cache line of its own: threads that count at the same time don't slow each other down.
    struct alignas(64) slot : Node
    {
        std::atomic<bool> taken{false};
        slot* next = nullptr; // written before the slot is published
    };

    // Maps a batch of slots, takes the first and publishes the rest.
    [[nodiscard]] Node* grow() noexcept
    {
        constexpr std::size_t batch = 64;
        void* memory = mmap(nullptr, batch * sizeof(slot), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return nullptr;

        auto* slots = static_cast<slot*>(memory);
        for (std::size_t i = 0; i < batch; ++i) new (slots + i) slot;
        for (std::size_t i = 0; i + 1 < batch; ++i) slots[i].next = slots + i + 1;
        slots[0].taken.store(true, std::memory_order_relaxed);

        slot*& last_next = slots[batch - 1].next;
        last_next = first_.load(std::memory_order_relaxed);
        while (!first_.compare_exchange_weak(last_next, slots, std::memory_order_release,
                                             std::memory_order_relaxed)) {
        }
        return slots;
    }

    std::atomic<slot*> first_{nullptr};
};

} // namespace heaplings::detail
