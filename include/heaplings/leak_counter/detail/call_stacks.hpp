// The call stacks that allocated and freed blocks, each kept once, under a number of 18 bits.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace heaplings::detail {

inline constexpr std::size_t most_frames = 16;

// One frame of a call stack that is being captured.
struct captured_frame
{
    const void* return_address;
    // Where on the stack the address was, counted from the place next to the innermost one;
    // negative if that is not known.
    std::int32_t distance;
};

// Return addresses, the innermost first. Never changes and never goes.
struct alignas(64) call_stack_entry
{
    std::atomic<bool> is_complete{false};
    bool has_distances = false;
    std::uint32_t depth = 0;
    std::uint32_t number = 0;
    std::int32_t last_distance = 0; // of the outermost

    // Beyond `depth` the innermost frame is repeated, with the distance of its address, so that a
    // comparison may look at this many callers at once.
    static constexpr std::size_t frames_at_once = 3;
    static_assert((most_frames - 1) % frames_at_once == 0);
    const void* frames[most_frames] = {};
    std::int32_t distances[most_frames] = {};
};

// A hash table of fixed size, 66 MiB of addresses, of which the kernel gives the pages in use.
// Lock-free. Two stacks of equal hash, one in 2^64, would be taken for one.
class call_stacks
{
public:
    // The number of a stack; 0 if there is no memory for it, or the table is full.
    [[nodiscard]] static std::uint32_t number_of(std::span<const captured_frame> frames) noexcept
    {
        if (!can_be_kept()) return 0;
        table& all = *table_.load(std::memory_order_relaxed);
        const std::uint64_t key = hash(frames);
        for (std::uint64_t probe = 0; probe < most_probes; ++probe) {
            const std::uint64_t index = (first_index(key) + probe) % entry_count;
            if (index == 0) continue; // 0 is no number
            std::uint64_t present = all.keys[index].load(std::memory_order_relaxed);
            if (present == 0 &&
                all.keys[index].compare_exchange_strong(present, key, std::memory_order_relaxed)) {
                const auto number = static_cast<std::uint32_t>(index);
                fill(all.entries[index], number, frames);
                return number;
            }
            if (present == key) return static_cast<std::uint32_t>(index);
        }
        return 0;
    }

    // That of a stack of one frame. Mostly it is where its hash says. Only if stacks can be kept.
    [[nodiscard, gnu::always_inline]] static std::uint32_t
    number_of_caller(const void* return_address) noexcept
    {
        const captured_frame frame{return_address, 0};
        const table& all = *table_.load(std::memory_order_relaxed);
        const std::uint64_t key = hash({&frame, 1});
        const std::uint64_t index = first_index(key);
        if (all.keys[index].load(std::memory_order_relaxed) == key) [[likely]]
            return static_cast<std::uint32_t>(index);
        return number_of_new_caller(return_address);
    }

    // Whether there is memory to keep stacks in; takes it.
    [[nodiscard]] static bool can_be_kept() noexcept
    {
        return table_.load(std::memory_order_acquire) != nullptr || make_table();
    }

    // nullptr for number 0, and for an entry that another thread is filling at this moment.
    [[nodiscard]] static const call_stack_entry* at(std::uint32_t number) noexcept
    {
        const table* all = table_.load(std::memory_order_acquire);
        if (number == 0 || all == nullptr) return nullptr;
        const call_stack_entry& entry = all->entries[number];
        return entry.is_complete.load(std::memory_order_acquire) ? &entry : nullptr;
    }

private:
    static constexpr unsigned entry_bits = 18;
    static constexpr std::uint64_t entry_count = std::uint64_t{1} << entry_bits;
    static constexpr std::uint64_t most_probes = 256;

    struct table
    {
        std::atomic<std::uint64_t> keys[entry_count]; // hash of the frames; 0: not taken
        call_stack_entry entries[entry_count];
    };

    static void fill(call_stack_entry& entry, std::uint32_t number,
                     std::span<const captured_frame> frames) noexcept
    {
        entry.number = number;
        entry.has_distances = true;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            entry.frames[i] = frames[i].return_address;
            entry.distances[i] = frames[i].distance;
            entry.has_distances = entry.has_distances && frames[i].distance >= 0;
        }
        for (std::size_t i = frames.size(); i < most_frames; ++i) {
            entry.frames[i] = frames[0].return_address;
            entry.distances[i] = -static_cast<std::int32_t>(sizeof(void*));
        }
        entry.depth = static_cast<std::uint32_t>(frames.size());
        entry.last_distance = frames.back().distance;
        entry.is_complete.store(true, std::memory_order_release);
    }

    [[nodiscard, gnu::noinline]] static std::uint32_t
    number_of_new_caller(const void* return_address) noexcept
    {
        const captured_frame frame{return_address, 0};
        return number_of({&frame, 1});
    }

    // Not 0, as no return address is.
    [[nodiscard, gnu::always_inline]] static std::uint64_t
    hash(std::span<const captured_frame> frames) noexcept
    {
        std::uint64_t mixed = 0;
        for (const captured_frame& frame : frames) {
            mixed ^= mixed >> 32U;
            mixed ^= reinterpret_cast<std::uintptr_t>(frame.return_address);
            mixed *= 0x9e3779b97f4a7c15U;
        }
        return mixed;
    }
    [[nodiscard]] static constexpr std::uint64_t first_index(std::uint64_t key) noexcept
    {
        return key >> (64U - entry_bits);
    }

    [[nodiscard, gnu::noinline, gnu::cold]] static bool make_table() noexcept
    {
        void* memory = mmap(nullptr, sizeof(table), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return false;
        auto* made = static_cast<table*>(memory); // zeros: entries that are not taken
        table* expected = nullptr;
        if (!table_.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) {
            munmap(memory, sizeof(table)); // another thread was faster
        }
        return true;
    }

    inline static constinit std::atomic<table*> table_{nullptr};
};

} // namespace heaplings::detail
