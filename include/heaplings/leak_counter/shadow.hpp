// What is known of each live block, kept beside the heap: blocks keep their addresses and sizes.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace heaplings::detail {

// One record for each granule of the address space, 16 bytes. glibc, musl and the sanitizers align
// every block to that, so no two blocks share a record, and a block's record is found from its
// address alone. (Allocators that pack blocks of 8 bytes are not counted right.)
struct block_record
{
    std::uint64_t epoch; // when the block was allocated, counted in scopes opened; 0: no live block
    std::uint64_t size;  // in bytes, as requested
};

// A table of two levels, as the page tables of the processor have four. Each leaf covers 64 MiB of
// addresses and takes as much itself, but is only reserved: the kernel gives it pages where records
// are written. No locks: a leaf is published once and never removed.
class shadow
{
public:
    // Puts the record of a block that was just allocated. False if it can't be kept: no memory for
    // a leaf, or an address outside of the table.
    [[nodiscard]] static bool put(const void* block, block_record record) noexcept
    {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        if (address >> address_bits != 0) return false;

        block_record* leaf = leaf_at(address);
        if (leaf == nullptr) [[unlikely]] {
            leaf = add_leaf(address);
            if (leaf == nullptr) return false;
        }
        block_record& place = leaf[index_in_leaf(address)];
        std::atomic_ref{place.size}.store(record.size, std::memory_order_relaxed);
        std::atomic_ref{place.epoch}.store(record.epoch, std::memory_order_relaxed);
        return true;
    }

    // Takes the record of a block that is about to be freed: from then on its address may come back
    // in any thread. Empty if the block was allocated where no hook saw it, and for nullptr.
    [[nodiscard]] static std::optional<block_record> take(const void* block) noexcept
    {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        if (address >> address_bits != 0) return std::nullopt;

        block_record* leaf = leaf_at(address);
        if (leaf == nullptr) return std::nullopt;

        block_record& place = leaf[index_in_leaf(address)];
        const std::atomic_ref epoch{place.epoch};
        const block_record record{epoch.load(std::memory_order_relaxed),
                                  std::atomic_ref{place.size}.load(std::memory_order_relaxed)};
        if (record.epoch == 0) return std::nullopt;
        epoch.store(0, std::memory_order_relaxed);
        return record;
    }

private:
    static constexpr unsigned address_bits = 48;
    static constexpr unsigned leaf_bits = 26;
    static constexpr unsigned granule_bits = 4;
    static constexpr std::size_t records_in_leaf = std::size_t{1} << (leaf_bits - granule_bits);
    static_assert(std::size_t{1} << granule_bits <= alignof(std::max_align_t));

    [[nodiscard]] static block_record* leaf_at(std::uintptr_t address) noexcept
    {
        return std::atomic_ref{leaves_[address >> leaf_bits]}.load(std::memory_order_acquire);
    }

    [[nodiscard]] static std::size_t index_in_leaf(std::uintptr_t address) noexcept
    {
        return address >> granule_bits & (records_in_leaf - 1);
    }

    [[nodiscard, gnu::noinline, gnu::cold]] static block_record*
    add_leaf(std::uintptr_t address) noexcept
    {
        constexpr std::size_t length = records_in_leaf * sizeof(block_record);
        void* memory = mmap(nullptr, length, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return nullptr;

        auto* leaf = static_cast<block_record*>(memory);
        block_record* expected = nullptr;
        if (!std::atomic_ref{leaves_[address >> leaf_bits]}.compare_exchange_strong(
                expected, leaf, std::memory_order_acq_rel, std::memory_order_acquire)) {
            munmap(memory, length); // another thread was faster
            return expected;
        }
        return leaf;
    }

    // Plain pointers, as Clang does not initialise millions of atomics at compile time. 32 MiB of
    // zeros, of which the kernel gives the pages that are used.
    inline static constinit block_record* leaves_[std::size_t{1} << (address_bits - leaf_bits)] =
        {};
};

} // namespace heaplings::detail
