// What is known of each block, kept beside the heap: blocks keep their addresses and sizes.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace heaplings::detail {

enum class block_state : std::uint64_t {
    unknown, // never put, or put by no hook
    live,
    freed, // and its address not given out again
};

// One record for each granule of the address space, 16 bytes. glibc, musl and the sanitizers align
// every block to that, so no two blocks share a record, and a block's record is found from its
// address alone. (Allocators that pack blocks of 8 bytes are not counted right.)
struct block_record
{
    std::uint64_t size : 48 = 0;         // in bytes, as requested
    std::uint64_t state : 2 = 0;         // block_state
    std::uint64_t kind : 2 = 0;          // allocation_kind
    std::uint64_t alignment_bit : 6 = 0; // log2 of what operator new was asked for; 0: no alignment
    std::uint64_t counted : 1 = 0;       // 0: allocated where a not_counted was open
    std::uint64_t unused : 5 = 0;
    std::uint64_t epoch : 32 = 0;  // when it was allocated, counted in scopes opened
    std::uint64_t stack : 20 = 0;  // call_stacks: who allocated it; once freed, who freed it
    std::uint64_t thread : 12 = 0; // number of the thread_counter that counted it; 0: none has it

    [[nodiscard]] bool is(block_state wanted) const noexcept
    {
        return state == static_cast<std::uint64_t>(wanted);
    }
    [[nodiscard]] allocation_kind kind_of_allocation() const noexcept
    {
        return static_cast<allocation_kind>(kind);
    }
};
static_assert(sizeof(block_record) == 16);

// A table of two levels, as the page tables of the processor have four. Each leaf covers 64 MiB of
// addresses and takes as much itself, but is only reserved: the kernel gives it pages where records
// are written. No locks: a leaf is published once and never removed.
class shadow
{
public:
    static constexpr std::uintptr_t granule = 16;

    // Puts the record of a block that was just allocated, or freed. False if it can't be kept: no
    // memory for a leaf, or an address outside of the table.
    [[nodiscard]] static bool put(const void* block, block_record record) noexcept
    {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        if (address >> address_bits != 0) return false;

        leaf* in = leaf_at(address);
        if (in == nullptr) [[unlikely]] {
            in = add_leaf(address);
            if (in == nullptr) return false;
        }
        const std::size_t index = index_in_leaf(address);
        const std::atomic_ref written{in->is_written[index / records_in_page]};
        if (!written.load(std::memory_order_relaxed)) {
            written.store(true, std::memory_order_relaxed);
        }
        in->records[index].store(record);
        return true;
    }

    // The record of the block at this address; that of an unknown block if there is none.
    [[nodiscard]] static block_record at(const void* block) noexcept
    {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        if (address >> address_bits != 0 || address % granule != 0) return {};
        const leaf* in = leaf_at(address);
        return in == nullptr ? block_record{} : in->records[index_in_leaf(address)].load();
    }

    struct found_block
    {
        const void* address;
        block_record record;
    };

    // Calls `visit` with each live block, in no order. Sees what other threads do meanwhile or not.
    template <typename Visit>
    static void for_each_live(Visit visit)
    {
        for (const leaf* in = newest_.load(std::memory_order_acquire); in != nullptr;
             in = in->older) {
            for (std::size_t page = 0; page < pages_in_leaf; ++page) {
                if (!std::atomic_ref{in->is_written[page]}.load(std::memory_order_relaxed)) {
                    continue;
                }
                for (std::size_t index = page * records_in_page;
                     index < (page + 1) * records_in_page; ++index) {
                    const block_record record = in->records[index].load();
                    if (record.is(block_state::live)) visit(found_block{in->at(index), record});
                }
            }
        }
    }

    // The live block that begins at or before this address, no further away than 1 GiB: whether it
    // reaches as far as the address is for the caller to see. Its address is nullptr without one.
    [[nodiscard]] static found_block live_block_before(const void* address) noexcept
    {
        const auto end = reinterpret_cast<std::uintptr_t>(address);
        constexpr std::uintptr_t farthest = std::uintptr_t{1} << 30;
        if (end >> address_bits != 0) return {};
        const std::uintptr_t first = end < farthest ? 0 : end - farthest;
        std::uintptr_t at = end / granule * granule;
        while (at > first && at <= end) { // below 0 it becomes very large
            const leaf* in = leaf_at(at);
            const std::size_t index = index_in_leaf(at);
            if (in == nullptr) {
                at = (at >> leaf_bits << leaf_bits) - granule; // the leaf before has the next one
            } else if (!std::atomic_ref{in->is_written[index / records_in_page]}.load(
                           std::memory_order_relaxed)) {
                at -= (index % records_in_page + 1) * granule;
            } else if (const block_record record = in->records[index].load();
                       record.is(block_state::live)) {
                return {in->at(index), record};
            } else {
                at -= granule;
            }
        }
        return {};
    }

private:
    static constexpr unsigned address_bits = 48;
    static constexpr unsigned leaf_bits = 26;
    static constexpr std::size_t records_in_leaf = (std::size_t{1} << leaf_bits) / granule;
    static constexpr std::size_t records_in_page = 4096 / sizeof(block_record);
    static constexpr std::size_t pages_in_leaf = records_in_leaf / records_in_page;
    static_assert(granule <= alignof(std::max_align_t));

    // Two words, as no processor writes both in one go without a price. A block's record is read
    // and written by who owns the block, so halves of two records are only met by a scan.
    struct stored_record
    {
        mutable std::uint64_t words[2];

        [[nodiscard]] block_record load() const noexcept
        {
            struct both
            {
                std::uint64_t words[2];
            };
            return std::bit_cast<block_record>(
                both{{std::atomic_ref{words[0]}.load(std::memory_order_relaxed),
                      std::atomic_ref{words[1]}.load(std::memory_order_relaxed)}});
        }

        void store(block_record record) noexcept
        {
            struct both
            {
                std::uint64_t words[2];
            };
            const auto as_words = std::bit_cast<both>(record);
            std::atomic_ref{words[1]}.store(as_words.words[1], std::memory_order_relaxed);
            std::atomic_ref{words[0]}.store(as_words.words[0], std::memory_order_relaxed);
        }
    };

    struct leaf
    {
        stored_record records[records_in_leaf];
        mutable bool is_written[pages_in_leaf]; // so that a scan leaves the other pages untouched
        std::uintptr_t base;
        leaf* older;

        [[nodiscard]] const void* at(std::size_t index) const noexcept
        {
            return reinterpret_cast<const void*>(base + index * granule); // NOLINT
        }
    };

    [[nodiscard]] static leaf* leaf_at(std::uintptr_t address) noexcept
    {
        return std::atomic_ref{leaves_[address >> leaf_bits]}.load(std::memory_order_acquire);
    }

    [[nodiscard]] static std::size_t index_in_leaf(std::uintptr_t address) noexcept
    {
        return address / granule % records_in_leaf;
    }

    [[nodiscard, gnu::noinline, gnu::cold]] static leaf* add_leaf(std::uintptr_t address) noexcept
    {
        void* memory = mmap(nullptr, sizeof(leaf), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return nullptr;

        auto* added = static_cast<leaf*>(memory);
        added->base = address >> leaf_bits << leaf_bits;
        leaf* expected = nullptr;
        if (!std::atomic_ref{leaves_[address >> leaf_bits]}.compare_exchange_strong(
                expected, added, std::memory_order_acq_rel, std::memory_order_acquire)) {
            munmap(memory, sizeof(leaf)); // another thread was faster
            return expected;
        }
        added->older = newest_.load(std::memory_order_relaxed);
        while (!newest_.compare_exchange_weak(added->older, added, std::memory_order_release,
                                              std::memory_order_relaxed)) {
        }
        return added;
    }

    inline static constinit std::atomic<leaf*> newest_{nullptr};

    // Plain pointers, as Clang does not initialise millions of atomics at compile time. 32 MiB of
    // zeros, of which the kernel gives the pages that are used.
    inline static constinit leaf* leaves_[std::size_t{1} << (address_bits - leaf_bits)] = {};
};

} // namespace heaplings::detail
