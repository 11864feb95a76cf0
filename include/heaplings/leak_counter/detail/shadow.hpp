// The records of all blocks, kept beside the heap: blocks keep their addresses and sizes.
#pragma once

#include <heaplings/leak_counter/detail/block_record.hpp>
#include <heaplings/leak_counter/detail/underlying_malloc.hpp>

#include <malloc.h>
#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace heaplings::detail {

// Where a record is stored. Two words, as no processor writes both in one go without a price. A
// block's record is read and written by who owns the block, so halves of two records are only met
// by a scan.
struct stored_record
{
    mutable std::uint64_t words[2];

    [[nodiscard]] block_record load() const noexcept
    {
        return {std::atomic_ref{words[0]}.load(std::memory_order_relaxed),
                std::atomic_ref{words[1]}.load(std::memory_order_relaxed)};
    }

    void store(block_record record) const noexcept
    {
        std::atomic_ref{words[1]}.store(record.who, std::memory_order_relaxed);
        store_what(record.what);
    }
    void store_what(std::uint64_t what) const noexcept
    {
        std::atomic_ref{words[0]}.store(what, std::memory_order_relaxed);
    }
};

// A table of two levels, as the page tables of the processor have four. The words of a record
// begin at a place that is found from the block's address alone. With glibc, whose smallest blocks
// are 32 bytes apart, a word lies beside each 16 bytes of the heap; with other allocators, one
// beside each 8 or 4. Each leaf covers 64 MiB of addresses and is only reserved: the kernel gives
// it pages where records are written. No locks: a leaf is published once and never removed.
class shadow
{
public:
    // Finds out how far apart the program's allocator lays blocks, before the first is put. To be
    // called where blocks of the underlying malloc are not listened to.
    static void choose_granule() noexcept
    {
        if (granule_bits_.load(std::memory_order_relaxed) != 0) return;
        const std::size_t size = malloc_is_hooked() ? 24 : size_of_smallest_block();
        const unsigned bits = size > 16 ? 4 : size > 8 ? 3 : 2;
        const std::uintptr_t alignment = size > 8 ? 16 : 8;
        misaligned_bits_.store(alignment - 1, std::memory_order_relaxed);
        unsigned expected = 0;
        granule_bits_.compare_exchange_strong(expected, bits, std::memory_order_relaxed);
    }

    // How far apart blocks must be for each to have a record of its own, in bytes.
    [[nodiscard]] static std::size_t smallest_distance() noexcept
    {
        return std::size_t{2} << granule_bits_.load(std::memory_order_relaxed);
    }

    // Where the record of a block at this address is; nullptr if no block can be there, or none was
    // ever put near it.
    [[nodiscard]] static const stored_record* find(const void* block) noexcept
    {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        if (address >> leaf_bits >= leaf_count || !is_aligned(block)) [[unlikely]]
            return nullptr;
        const leaf* in = leaf_at(address);
        return in == nullptr ? nullptr : in->record_at(index_in_leaf(address));
    }

    // Whether a block may be at this address, as malloc aligns all blocks.
    [[nodiscard]] static bool is_aligned(const void* block) noexcept
    {
        return (reinterpret_cast<std::uintptr_t>(block) &
                misaligned_bits_.load(std::memory_order_relaxed)) == 0;
    }

    // The same, of a block that was just allocated: nullptr as well if this is the first record on
    // its page, which put() then notes.
    [[nodiscard, gnu::always_inline]] static const stored_record*
    find_on_written_page(const void* block) noexcept
    {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        if (address >> leaf_bits >= leaf_count) [[unlikely]]
            return nullptr;
        const leaf* in = leaf_at(address);
        if (in == nullptr) [[unlikely]]
            return nullptr;
        const std::size_t index = index_in_leaf(address);
        return in->has_records_in(index / words_in_page) ? in->record_at(index) : nullptr;
    }

    // Puts the record of a block that was just allocated, or freed. False if it can't be kept: no
    // memory for a leaf, or an address outside of the table.
    [[nodiscard]] static bool put(const void* block, block_record record) noexcept
    {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        if (address >> leaf_bits >= leaf_count) return false;
        leaf* in = leaf_at(address);
        if (in == nullptr) in = add_leaf(address);
        if (in == nullptr) return false;
        const std::size_t index = index_in_leaf(address);
        const std::atomic_ref written{in->is_written[index / words_in_page]};
        if (!written.load(std::memory_order_relaxed)) {
            written.store(true, std::memory_order_relaxed);
        }
        in->record_at(index)->store(record);
        return true;
    }

    // The record of the block at this address; that of an unknown block if there is none.
    [[nodiscard]] static block_record at(const void* block) noexcept
    {
        const stored_record* place = find(block);
        if (place == nullptr) return {};
        const block_record record = place->load();
        return record.is_whole() ? record : block_record{};
    }

    struct found_block
    {
        const void* address;
        block_record record;
    };

    // Calls `visit` with each live block, by address. Sees what other threads do meanwhile or not.
    template <typename Visit>
    static void for_each_live(Visit visit)
    {
        const std::size_t pages = pages_in_leaf();
        for (const leaf* in = first_leaf_from(0); in != nullptr;
             in = first_leaf_from(in->base + 1)) {
            for (std::size_t page = 0; page < pages; ++page) {
                if (!in->has_records_in(page)) continue;
                for (std::size_t index = page * words_in_page; index < (page + 1) * words_in_page;
                     ++index) {
                    const block_record record = in->record_at(index)->load();
                    if (record.is(block_state::live) && record.is_whole()) {
                        visit(found_block{in->block_at(index), record});
                    }
                }
            }
        }
    }

    // The live block that begins at or before this address, no further away than 1 GiB: whether it
    // reaches as far as the address is for the caller to see. Its address is nullptr without one.
    [[nodiscard]] static found_block live_block_before(const void* address) noexcept
    {
        const auto end = reinterpret_cast<std::uintptr_t>(address);
        const std::uintptr_t granule = std::uintptr_t{1} << granule_bits_.load();
        constexpr std::uintptr_t farthest = std::uintptr_t{1} << 30;
        if (end >> leaf_bits >= leaf_count) return {};
        const std::uintptr_t first = end < farthest ? 0 : end - farthest;
        std::uintptr_t at = end / granule * granule;
        while (at > first && at <= end) { // below 0 it becomes very large
            const leaf* in = leaf_at(at);
            const std::size_t index = index_in_leaf(at);
            if (in == nullptr) {
                at = (at >> leaf_bits << leaf_bits) - granule; // the leaf before has the next one
                continue;
            }
            if (!in->has_records_in(index / words_in_page)) {
                at -= (index % words_in_page + 1) * granule;
                continue;
            }
            const block_record record = in->record_at(index)->load();
            if (record.is(block_state::live) && record.is_whole()) {
                return {in->block_at(index), record};
            }
            at -= granule;
        }
        return {};
    }

    // Forgets all records, and gives their memory back if it is more than is worth keeping. To be
    // called while no block is put.
    static void clear_if_large() noexcept
    {
        constexpr std::size_t worth_keeping = (4U << 20U) / 4096; // pages
        if (written_pages() <= worth_keeping) return;
        const std::size_t pages = pages_in_leaf();
        for (leaf* in = newest_.load(std::memory_order_acquire); in != nullptr; in = in->older) {
            madvise(in->words(), pages * 4096, MADV_DONTNEED);
            for (std::size_t page = 0; page < pages; ++page) {
                const std::atomic_ref written{in->is_written[page]};
                if (written.load(std::memory_order_relaxed)) {
                    written.store(false, std::memory_order_relaxed);
                }
            }
        }
    }

private:
    static constexpr unsigned address_bits = 48;
    static constexpr unsigned leaf_bits = 26;
    static constexpr std::size_t leaf_count = std::size_t{1} << (address_bits - leaf_bits);
    static constexpr unsigned least_granule_bits = 2;
    static constexpr std::size_t words_in_page = 4096 / sizeof(std::uint64_t);
    static constexpr std::size_t most_pages =
        (std::size_t{1} << (leaf_bits - least_granule_bits)) / words_in_page;

    // The words follow it, and one page for the second word of the last.
    struct alignas(4096) leaf
    {
        mutable bool is_written[most_pages]; // so that a scan leaves the other pages untouched
        std::uintptr_t base;
        leaf* older;

        [[nodiscard]] std::uint64_t* words() noexcept
        {
            return reinterpret_cast<std::uint64_t*>(this + 1); // NOLINT
        }
        [[nodiscard]] const stored_record* record_at(std::size_t index) const noexcept
        {
            const auto* words = reinterpret_cast<const std::uint64_t*>(this + 1); // NOLINT
            return reinterpret_cast<const stored_record*>(words + index);         // NOLINT
        }
        [[nodiscard]] const void* block_at(std::size_t index) const noexcept
        {
            const std::uintptr_t granule_bits = granule_bits_.load(std::memory_order_relaxed);
            return reinterpret_cast<const void*>(base + (index << granule_bits)); // NOLINT
        }
        [[nodiscard]] bool has_records_in(std::size_t page) const noexcept
        {
            return std::atomic_ref{is_written[page]}.load(std::memory_order_relaxed);
        }
    };

    [[nodiscard]] static std::size_t size_of_smallest_block() noexcept
    {
        void* smallest = std::malloc(1);
        const std::size_t size = malloc_usable_size(smallest);
        std::free(smallest);
        return size;
    }

    // Of the leaves whose addresses do not begin below this one, the lowest; nullptr without one.
    [[nodiscard]] static const leaf* first_leaf_from(std::uintptr_t address) noexcept
    {
        const leaf* first = nullptr;
        for (const leaf* in = newest_.load(std::memory_order_acquire); in != nullptr;
             in = in->older) {
            if (in->base >= address && (first == nullptr || in->base < first->base)) first = in;
        }
        return first;
    }

    [[nodiscard]] static std::size_t pages_in_leaf() noexcept
    {
        return (std::size_t{1} << (leaf_bits - granule_bits_.load())) / words_in_page;
    }

    [[nodiscard]] static std::size_t written_pages() noexcept
    {
        const std::size_t pages = pages_in_leaf();
        std::size_t count = 0;
        for (const leaf* in = newest_.load(std::memory_order_acquire); in != nullptr;
             in = in->older) {
            for (std::size_t page = 0; page < pages; ++page) {
                if (in->has_records_in(page)) ++count;
            }
        }
        return count;
    }

    [[nodiscard]] static leaf* leaf_at(std::uintptr_t address) noexcept
    {
        return std::atomic_ref{leaves_[address >> leaf_bits]}.load(std::memory_order_acquire);
    }

    [[nodiscard]] static std::size_t index_in_leaf(std::uintptr_t address) noexcept
    {
        return (address & ((std::uintptr_t{1} << leaf_bits) - 1)) >>
               granule_bits_.load(std::memory_order_relaxed);
    }

    [[nodiscard, gnu::noinline, gnu::cold]] static leaf* add_leaf(std::uintptr_t address) noexcept
    {
        const std::size_t length = sizeof(leaf) + (pages_in_leaf() + 1) * 4096;
        void* memory = mmap(nullptr, length, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return nullptr;

        auto* added = static_cast<leaf*>(memory);
        added->base = address >> leaf_bits << leaf_bits;
        leaf* expected = nullptr;
        if (!std::atomic_ref{leaves_[address >> leaf_bits]}.compare_exchange_strong(
                expected, added, std::memory_order_acq_rel, std::memory_order_acquire)) {
            munmap(memory, length); // another thread was faster
            return expected;
        }
        added->older = newest_.load(std::memory_order_relaxed);
        while (!newest_.compare_exchange_weak(added->older, added, std::memory_order_release,
                                              std::memory_order_relaxed)) {
        }
        return added;
    }

    inline static constinit std::atomic<unsigned> granule_bits_{0}; // 0: not chosen yet
    inline static constinit std::atomic<std::uintptr_t> misaligned_bits_{7};
    inline static constinit std::atomic<leaf*> newest_{nullptr};

    // Plain pointers, as Clang does not initialise millions of atomics at compile time. 32 MiB of
    // zeros, of which the kernel gives the pages that are used.
    inline static constinit leaf* leaves_[leaf_count] = {};
};

} // namespace heaplings::detail
