// The frees that were wrong, as the hooks note them: without the heap, and without symbols.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/block_record.hpp>
#include <heaplings/leak_counter/detail/call_stacks.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace heaplings {

// What was wrong with a free.
enum class bad_free_kind {
    mismatch,        // of another family than the allocation; the block was freed
    wrong_size,      // a sized delete with another size; the block was freed
    wrong_alignment, // an aligned delete of another alignment, or only one aligned; freed
    double_free,     // freed before; nothing was done
    interior,        // not the beginning of the block that it lies in; nothing was done
    foreign,         // in no block of the allocator; nothing was done
};

namespace detail {

// How a block is freed: by which family, and what the call says of the block.
struct free_request
{
    allocation_kind kind;
    bool is_sized = false;
    std::size_t size = 0;
    unsigned alignment_bit = 0; // as in block_record
};

struct noted_bad_free
{
    bad_free_kind what{};
    const void* address = nullptr;
    const void* block = nullptr; // where the block begins; nullptr: unknown
    block_record allocated{};    // that block
    free_request freed_as{};     //
    std::uint32_t freed_at = 0;  // number of the call stack
    const thread_counter* thread = nullptr;
};

struct bad_free_slot
{
    std::atomic<std::uint64_t> holds{0}; // index + 1 of the bad free
    noted_bad_free noted;
};

// The last bad frees of the process. Lock-free; of more than its capacity, the newest are kept.
class bad_free_log
{
public:
    static constexpr std::uint64_t capacity = 256;

    static void add(const noted_bad_free& noted) noexcept
    {
        const std::uint64_t index = count_.fetch_add(1, std::memory_order_relaxed);
        bad_free_slot& place = slots_[index % capacity];
        place.holds.store(0, std::memory_order_relaxed);
        place.noted = noted;
        place.holds.store(index + 1, std::memory_order_release);
    }

    [[nodiscard]] static std::uint64_t count() noexcept
    {
        return count_.load(std::memory_order_relaxed);
    }

    // Calls `visit` with each that was added from the first-th on and is still there.
    template <typename Visit>
    static void for_each_from(std::uint64_t first, Visit visit)
    {
        const std::uint64_t end = count();
        if (end - first > capacity) first = end - capacity;
        for (std::uint64_t index = first; index < end; ++index) {
            const bad_free_slot& place = slots_[index % capacity];
            if (place.holds.load(std::memory_order_acquire) == index + 1) visit(place.noted);
        }
    }

private:
    inline static constinit std::atomic<std::uint64_t> count_{0};
    inline static constinit bad_free_slot slots_[capacity]{};
};

// Those of a thread, or of all with nullptr, from the first-th on.
[[nodiscard]] inline std::int64_t count_bad_frees(std::uint64_t first,
                                                  const thread_counter* thread) noexcept
{
    if (bad_free_log::count() == first) return 0;
    std::int64_t count = 0;
    bad_free_log::for_each_from(first, [&](const noted_bad_free& noted) {
        if (thread == nullptr || noted.thread == thread) ++count;
    });
    return count;
}

} // namespace detail
} // namespace heaplings
