#include <heaplings/heap_probe/chunk.hpp>
#include <heaplings/heap_probe/heap_segment.hpp>
#include <heaplings/heap_probe/region.hpp>

#include "probed_memory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <latch>
#include <pthread.h>
#include <sstream>
#include <thread>

using heaplings::chunk_origin;
using heaplings::growth;
using heaplings::growth_of;
using heaplings::region;
using heaplings::region_of;

namespace {

int initialised = 42;
int zeroed;
const int constant = 7;
const char* const relocated[] = {"one", "two"};
std::array<char, 100'000> large_zeroed;
int function()
{
    return initialised + constant;
}

} // namespace

TEST_CASE("static data lies in data, bss and rodata, code in text")
{
    static int also_zeroed = 0;
    CHECK(region_of(&initialised) == region::data);
    CHECK(region_of(&zeroed) == region::bss);
    CHECK(region_of(&also_zeroed) == region::bss);
    CHECK(region_of(&large_zeroed.front()) == region::bss);
    CHECK(region_of(&large_zeroed.back()) == region::bss);
    CHECK(region_of(&constant) == region::rodata);
    CHECK(region_of("a literal") == region::rodata);
    CHECK(region_of(relocated) == region::rodata);
    CHECK(region_of(reinterpret_cast<const void*>(&function)) == region::text);
}

TEST_CASE("the code and the static data of the C library count as such")
{
    CHECK(region_of(reinterpret_cast<const void*>(&std::qsort)) == region::text);
    CHECK(region_of(stdout) == region::data);
}

TEST_CASE("local variables lie on the stack, of the main thread and of another")
{
    int local = 0;
    CHECK(region_of(&local) == region::stack);
    region own{};
    region of_main{};
    region mapped{};
    const fresh_pages pages{16};
    std::thread{[&] {
        int inner = 0;
        own = region_of(&inner);
        of_main = region_of(&local);
        mapped = region_of(pages.begin());
    }}.join();
    CHECK(own == region::stack);
    CHECK(of_main == region::stack);
    CHECK(mapped == region::mmap);
}

TEST_CASE("the stack of another thread is a mapping like others")
{
    std::latch ready{1};
    std::latch done{1};
    const void* local = nullptr;
    std::thread other{[&] {
        int inner = 0;
        local = &inner;
        ready.count_down();
        done.wait();
    }};
    ready.wait();
    const region seen = region_of(local);
    done.count_down();
    other.join();
    CHECK(seen == region::mmap);
}

TEST_CASE("what the kernel merged with a thread's stack is not taken for the stack")
{
    // The lower half of a mapping as the stack: above it, as with merged neighbours, other memory.
    const fresh_pages pages{1024};
    struct
    {
        const void* above;
        region local{};
        region other{};
    } seen{pages.begin() + pages.size().count() / 2};
    const auto look = [](void* data) -> void* {
        auto& s = *static_cast<decltype(seen)*>(data);
        int local = 0;
        s.local = region_of(&local);
        s.other = region_of(s.above);
        return nullptr;
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    const auto half = static_cast<std::size_t>((pages.size() / 2).count());
    REQUIRE(pthread_attr_setstack(&attributes, pages.begin(), half) == 0);
    pthread_t thread{};
    REQUIRE(pthread_create(&thread, &attributes, look, &seen) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    CHECK(seen.local == region::stack);
    CHECK(seen.other == region::mmap);
}

TEST_CASE("small blocks lie in the heap, large ones in mmap")
{
    // Too large for the tcache, where a block of another thread's arena may wait.
    const block small = allocate(2000);
    const block large = allocate(64U << 20);
    if (!heaplings::detail::malloc_is_replaced()) CHECK(region_of(small.get()) == region::heap);
    CHECK(region_of(large.get()) == region::mmap);
}

TEST_CASE("an address that is not mapped is unknown")
{
    const void* unmapped = nullptr;
    {
        const fresh_pages pages{64};
        unmapped = pages.begin();
        CHECK(region_of(unmapped) == region::mmap);
    }
    CHECK(region_of(unmapped) == region::unknown);
    CHECK(region_of(nullptr) == region::unknown);
    CHECK(region_of(at(8)) == region::unknown);
    CHECK(region_of(at(~std::uintptr_t{0})) == region::unknown);
}

TEST_CASE("regions print by name")
{
    std::ostringstream out;
    out << region::text << ' ' << region::mmap << ' ' << region::unknown << ' ' << growth::mixed
        << ' ' << chunk_origin::thread_arena;
    CHECK(out.str() == "text mmap unknown mixed thread arena");
}

TEST_CASE("the heap segment ends at the program break and moves with it")
{
    const auto before = heaplings::heap_segment();
    if (!before) return; // under Valgrind, or where nobody has called brk
    CHECK(before->end >= heaplings::program_break());
    CHECK(bytes{before->end - heaplings::program_break()} < page_size());
    CHECK(region_of(at(before->begin)) == region::heap);
    CHECK(before->contains(before->begin));
    CHECK_FALSE(before->contains(before->end));
}

TEST_CASE("growth is the direction of all steps")
{
    const auto of = [](std::initializer_list<std::uintptr_t> addresses) {
        return growth_of({addresses.begin(), addresses.size()});
    };
    CHECK(of({}) == growth::unknown);
    CHECK(of({100}) == growth::unknown);
    CHECK(of({100, 100}) == growth::unknown);
    CHECK(of({100, 132, 164}) == growth::up);
    CHECK(of({164, 132, 100}) == growth::down);
    CHECK(of({100, 132, 116}) == growth::mixed);
    CHECK(of({164, 100, 132}) == growth::mixed);
    CHECK(of({100, 132, 132, 164}) == growth::up);
    // Steps of 4 GiB, of which the low 32 bits are the same, and across the sign bit.
    CHECK(of({0x1'0000'0000, 0x2'0000'0000}) == growth::up);
    CHECK(of({0x7fff'ffff'ffff'ffff, 0x8000'0000'0000'0000}) == growth::up);
}
