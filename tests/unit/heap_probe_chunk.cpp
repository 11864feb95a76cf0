#include <heaplings/heap_probe/chunk.hpp>
#include <heaplings/heap_probe/malloc_snapshot.hpp>
#include <heaplings/heap_probe/region.hpp>
#include <heaplings/heap_probe/resident.hpp>

#include "probed_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <malloc.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

using heaplings::address_of;
using heaplings::chunk_of;
using heaplings::chunk_origin;
using heaplings::count_pages;
using heaplings::page_counts;
using heaplings::region;
using heaplings::region_of;

namespace {

bool layout_is_known()
{
    return heaplings::detail::malloc_layout_is_known();
}

// Whether this block's chunk is described as malloc itself describes it; where the layout is not
// known, whether nothing is said.
bool described_rightly(const block& b)
{
    const auto c = chunk_of(b.get());
    if (!layout_is_known()) return !c;
    return c && c->usable == bytes{malloc_usable_size(b.get())} &&
           c->begin == address_of(b.get()) - 16;
}

} // namespace

TEST_CASE("the chunk of a block of any size is described as malloc does")
{
    std::vector<block> blocks;
    for (std::size_t size = 0; size <= 4200; size += size < 1100 ? 1 : 97) {
        blocks.push_back(allocate(size));
    }
    for (const std::size_t size : {100'000U, 131'000U, 200'000U, 1'000'000U, 100'000'000U}) {
        blocks.push_back(allocate(size));
    }
    for (const block& b : blocks) {
        CAPTURE(malloc_usable_size(b.get()));
        CHECK(described_rightly(b));
    }
}

TEST_CASE("the chunk of an aligned block is described as malloc does, mmapped ones with their lead")
{
    for (std::size_t alignment = 16; alignment <= 65'536; alignment *= 2) {
        for (const std::size_t size : {1U, 100U, 5000U, 64U << 20}) {
            CAPTURE(alignment);
            CAPTURE(size);
            const block b = allocate_aligned(alignment, size);
            CHECK(described_rightly(b));
            const auto c = chunk_of(b.get());
            if (!c || c->origin != chunk_origin::mmapped) continue;
            const bytes mapped = c->lead + c->size;
            CHECK(mapped % page_size() == 0_B);
            CHECK((c->begin - static_cast<std::uintptr_t>(c->lead.count())) % 4096 == 0);
            CHECK(mapped >= bytes{size});
        }
    }
}

TEST_CASE("a block grown by realloc is described as malloc does")
{
    block b = allocate(100);
    for (const std::size_t size : {1000U, 100'000U, 64U << 20, 65U << 20, 10U}) {
        b.reset(static_cast<char*>(std::realloc(b.release(), size)));
        CAPTURE(size);
        CHECK(described_rightly(b));
    }
}

TEST_CASE("a chunk has a header and is a multiple of 16 bytes, at least 32")
{
    for (const std::size_t size : {0U, 24U, 25U, 1000U}) {
        const block b = allocate(size);
        const auto c = chunk_of(b.get());
        if (!c) return;
        CAPTURE(size);
        CHECK(c->size == bytes{std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16)});
        CHECK(c->usable == c->size - 8_B);
        CHECK(c->lead == 0_B);
    }
}

TEST_CASE("a chunk comes from the main arena, from a thread's arena or from a mapping of its own")
{
    if (!layout_is_known()) {
        CHECK_FALSE(chunk_of(allocate(24).get()));
        return;
    }
    const block small = allocate(24);
    const block large = allocate(64U << 20);
    REQUIRE(chunk_of(small.get()));
    REQUIRE(chunk_of(large.get()));
    CHECK(chunk_of(small.get())->origin == chunk_origin::main_arena);
    CHECK(chunk_of(small.get())->arena == 0);
    CHECK(chunk_of(large.get())->origin == chunk_origin::mmapped);
    CHECK(chunk_of(large.get())->usable == chunk_of(large.get())->size - 16_B);

    // Two threads at once: the second gets an arena of its own.
    std::array<block, 2> of_threads;
    std::latch both{2};
    const auto work = [&](std::size_t i) {
        of_threads[i] = allocate(24);
        both.arrive_and_wait();
    };
    std::thread first{work, 0};
    std::thread second{work, 1};
    first.join();
    second.join();
    for (const block& b : of_threads) {
        CHECK(described_rightly(b));
        CHECK(region_of(b.get()) == region::mmap);
        REQUIRE(chunk_of(b.get()));
        CHECK(chunk_of(b.get())->origin == chunk_origin::thread_arena);
    }
    CHECK(chunk_of(of_threads[0].get())->arena != chunk_of(of_threads[1].get())->arena);
}

TEST_CASE("a thread's arena of several heaps is one arena")
{
    std::vector<block> blocks(900);
    std::thread{[&] {
        for (block& b : blocks) b = allocate(100'000);
        blocks.push_back(allocate_aligned(4096, 100));
    }}.join();
    int wrong = 0;
    for (const block& b : blocks) wrong += described_rightly(b) ? 0 : 1;
    CHECK(wrong == 0);
    if (!layout_is_known()) return;
    const auto first = chunk_of(blocks.front().get());
    const auto last = chunk_of(blocks.back().get());
    REQUIRE(first);
    REQUIRE(last);
    CHECK(first->arena == last->arena);
    // From the first chunk of the first heap, and of the last, a chain leads to the end.
    for (const std::uintptr_t in_heap : {first->arena, last->begin}) {
        const auto heap = heaplings::detail::find_arena_heap(in_heap);
        REQUIRE(heap);
        CHECK(heap->arena == first->arena);
        CHECK(heaplings::detail::run_leaves_out(heap->run, heap->run.first + 16));
        CHECK_FALSE(heaplings::detail::run_leaves_out(heap->run, heap->run.first));
    }
    constexpr std::uintptr_t heap_size = 64U << 20;
    CHECK(address_of(blocks.front().get()) / heap_size !=
          address_of(blocks.back().get()) / heap_size);
}

TEST_CASE("what malloc did not return has no chunk")
{
    int local = 0;
    const fresh_pages pages{4};
    const fresh_pages forbidden{4};
    mprotect(forbidden.begin(), 4096, PROT_NONE);
    alignas(16) char on_stack[64] = {};
    alignas(16) static char in_bss[64];
    static int in_data = 42;
    CHECK_FALSE(chunk_of(nullptr));
    CHECK_FALSE(chunk_of(&local));
    CHECK_FALSE(chunk_of(on_stack + 32));
    CHECK_FALSE(chunk_of(in_bss + 32));
    CHECK_FALSE(chunk_of(&in_data));
    CHECK_FALSE(chunk_of("a literal"));
    CHECK_FALSE(chunk_of(pages.begin()));
    CHECK_FALSE(chunk_of(pages.begin() + 16));
    CHECK_FALSE(chunk_of(forbidden.begin()));
    CHECK_FALSE(chunk_of(forbidden.begin() + 16));
    CHECK_FALSE(chunk_of(at(heaplings::program_break())));
    CHECK_FALSE(chunk_of(at(16)));
    CHECK_FALSE(chunk_of(at(0x1234'5678'9ab0)));
    CHECK_FALSE(chunk_of(at(~std::uintptr_t{15})));
}

TEST_CASE("a file that ends within its mapping is not read behind its end")
{
    const int file = memfd_create("empty", MFD_CLOEXEC);
    REQUIRE(file >= 0);
    void* const mapped = mmap(nullptr, 8192, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    REQUIRE(mapped != MAP_FAILED);
    CHECK_FALSE(chunk_of(static_cast<char*>(mapped) + 16));
    munmap(mapped, 8192);
}

TEST_CASE("an address inside a block has no chunk, even where it looks like one")
{
    for (const std::size_t size : {100U, 3000U, 50'000U}) {
        const block b = allocate(size);
        volatile char* const bytes_of = b.get();
        for (std::size_t i = 0; i < size; ++i) bytes_of[i] = i % 16 == 8 ? 0x21 : 0;
        int found = 0;
        for (std::size_t i = 1; i < size; ++i) found += chunk_of(b.get() + i) ? 1 : 0;
        CAPTURE(size);
        CHECK(found == 0);
        if (size > 3000) break;
    }
    std::thread{[] {
        const block b = allocate(1000);
        volatile char* const bytes_of = b.get();
        for (std::size_t i = 0; i < 1000; ++i) bytes_of[i] = i % 16 == 8 ? 0x25 : 0;
        int found = 0;
        for (std::size_t i = 16; i < 1000; i += 16) found += chunk_of(b.get() + i) ? 1 : 0;
        CHECK(found == 0);
    }}.join();
}

TEST_CASE("what looks like an mmapped chunk must be whole pages within one mapping")
{
    const fresh_pages pages{16};
    const auto fake = [&](std::uintptr_t at, std::uintptr_t lead, std::uintptr_t size) {
        auto* const header = reinterpret_cast<volatile std::uintptr_t*>(pages.begin() + at);
        header[0] = lead;
        header[1] = size | 2;
        return chunk_of(pages.begin() + at + 16);
    };
    CHECK_FALSE(fake(16, 0, 4096));        // begins within a page
    CHECK_FALSE(fake(16, 0, 4080));        // ends with one, begins within it
    CHECK_FALSE(fake(16, 16, 4096));       // ends within a page
    CHECK_FALSE(fake(16, 0, 0));           // no block
    CHECK_FALSE(fake(16, 4112, 1U << 20)); // of more than is mapped
    CHECK_FALSE(fake(16, ~std::uintptr_t{0}, 4080));
    CHECK_FALSE(fake(0, 0, std::uintptr_t{1} << 40));
    CHECK_FALSE(fake(0, 0, ~std::uintptr_t{4095}));
}

TEST_CASE("a block that was given back has no chunk")
{
    const void* merged = nullptr;
    const void* unmapped = nullptr;
    {
        const block large = allocate(64U << 20);
        const block b = allocate(5000); // too large for the tcache
        merged = b.get();
        unmapped = large.get();
    }
    CHECK_FALSE(chunk_of(merged));
    CHECK_FALSE(chunk_of(unmapped));
}

TEST_CASE("chunks are told while other threads allocate from the same arena")
{
    std::vector<block> blocks;
    std::latch filled{1};
    std::thread other{[&] {
        for (int i = 0; i < 2000; ++i)
            blocks.push_back(allocate(static_cast<std::size_t>(i % 700)));
        filled.count_down();
        // Blocks come and go in the arena that is looked at.
        for (int i = 0; i < 20'000; ++i) {
            const block come_and_go = allocate(static_cast<std::size_t>(i % 5000));
        }
    }};
    filled.wait();
    int wrong = 0;
    for (std::size_t i = 0; i < blocks.size(); i += 20)
        wrong += described_rightly(blocks[i]) ? 0 : 1;
    other.join();
    CHECK(wrong == 0);
}

TEST_CASE("looking at a chunk allocates nothing and touches no page")
{
    const block b = allocate(300'000);
    const block neighbour = allocate(24);
    const auto before = heaplings::take_malloc_snapshot();
    const page_counts pages = count_pages(b.get(), 300'000_B);
    static_cast<void>(chunk_of(neighbour.get()));
    static_cast<void>(chunk_of(b.get()));
    CHECK(count_pages(b.get(), 300'000_B) == pages);
    if (before) CHECK(*heaplings::take_malloc_snapshot() == *before);
}
