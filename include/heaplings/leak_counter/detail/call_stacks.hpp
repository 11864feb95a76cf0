// The call stacks that allocated and freed blocks, each kept once, under a number of 20 bits.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace heaplings::detail {

inline constexpr std::size_t most_frames = 16;

// Return addresses, the innermost first. Never changes and never goes.
struct call_stack_entry
{
    std::atomic<std::uint64_t> key{0}; // hash of what follows; 0: not taken
    std::atomic<bool> is_complete{false};
    std::uint32_t depth = 0;
    std::uint32_t allocated_by = 0; // in the stack of a free: the number of the block's allocation
    const void* frames[most_frames] = {};
};

// A hash table of fixed size, 36 MiB of addresses, of which the kernel gives the pages in use.
// Lock-free. Two stacks of equal hash, one in 2^64, would be taken for one.
class call_stacks
{
public:
    // The number of a stack; 0 if there is no memory for it, or the table is full.
    [[nodiscard]] static std::uint32_t number_of(std::span<const void* const> frames,
                                                 std::uint32_t allocated_by) noexcept
    {
        call_stack_entry* entries = table();
        if (entries == nullptr) return 0;

        const std::uint64_t key = hash(frames, allocated_by);
        for (std::uint64_t probe = 0; probe < most_probes; ++probe) {
            const std::uint64_t index = (key + probe) % entry_count;
            call_stack_entry& entry = entries[index];
            std::uint64_t present = entry.key.load(std::memory_order_relaxed);
            if (present == 0 &&
                entry.key.compare_exchange_strong(present, key, std::memory_order_relaxed)) {
                fill(entry, frames, allocated_by);
                return static_cast<std::uint32_t>(index + 1);
            }
            if (present == key) return static_cast<std::uint32_t>(index + 1);
        }
        return 0;
    }

    // nullptr for number 0, and for an entry that another thread is filling at this moment.
    [[nodiscard]] static const call_stack_entry* at(std::uint64_t number) noexcept
    {
        const call_stack_entry* entries = table_.load(std::memory_order_acquire);
        if (number == 0 || entries == nullptr) return nullptr;
        const call_stack_entry& entry = entries[number - 1];
        return entry.is_complete.load(std::memory_order_acquire) ? &entry : nullptr;
    }

private:
    static constexpr std::uint64_t entry_count = std::uint64_t{1} << 18; // below the 20 bits
    static constexpr std::uint64_t most_probes = 256;

    static void fill(call_stack_entry& entry, std::span<const void* const> frames,
                     std::uint32_t allocated_by) noexcept
    {
        for (std::size_t i = 0; i < frames.size(); ++i) entry.frames[i] = frames[i];
        entry.depth = static_cast<std::uint32_t>(frames.size());
        entry.allocated_by = allocated_by;
        entry.is_complete.store(true, std::memory_order_release);
    }

    [[nodiscard]] static std::uint64_t hash(std::span<const void* const> frames,
                                            std::uint64_t seed) noexcept
    {
        std::uint64_t mixed = seed ^ 0x9e3779b97f4a7c15U;
        for (const void* frame : frames) {
            mixed = (mixed ^ reinterpret_cast<std::uintptr_t>(frame)) * 0xff51afd7ed558ccdU;
            mixed ^= mixed >> 32U;
        }
        return mixed | 1U; // never 0
    }

    [[nodiscard]] static call_stack_entry* table() noexcept
    {
        call_stack_entry* entries = table_.load(std::memory_order_acquire);
        return entries != nullptr ? entries : make_table();
    }

    [[nodiscard, gnu::noinline, gnu::cold]] static call_stack_entry* make_table() noexcept
    {
        constexpr std::size_t length = entry_count * sizeof(call_stack_entry);
        void* memory = mmap(nullptr, length, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return nullptr;
        call_stack_entry* expected = nullptr;
        auto* made = static_cast<call_stack_entry*>(memory); // zeros: entries that are not taken
        if (!table_.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) {
            munmap(memory, length); // another thread was faster
            return expected;
        }
        return made;
    }

    inline static constinit std::atomic<call_stack_entry*> table_{nullptr};
};

} // namespace heaplings::detail
