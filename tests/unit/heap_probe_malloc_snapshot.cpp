#include <heaplings/heap_probe/malloc_snapshot.hpp>

#include "probed_memory.hpp"

#include <doctest/doctest.h>

#include <malloc.h>

TEST_CASE("a snapshot tells what one block changes")
{
    const auto before = heaplings::take_malloc_snapshot();
    if (!before) {
        CHECK(heaplings::detail::malloc_is_replaced());
        return;
    }
    const block b = allocate(64U << 20);
    const auto mapped = heaplings::take_malloc_snapshot();
    REQUIRE(mapped);
    CHECK((*mapped - *before).mmapped_blocks == 1);
    CHECK((*mapped - *before).mmapped >= 64_MiB);
    CHECK((*mapped - *before).mmapped < 65_MiB);
    CHECK((*mapped - *before).in_use == 0_B);
    CHECK((*before - *mapped).mmapped <= -64_MiB);

    const block small = allocate(5000);
    const auto after = heaplings::take_malloc_snapshot();
    REQUIRE(after);
    CHECK((*after - *mapped).in_use == bytes{malloc_usable_size(small.get()) + 8});
    CHECK((*after - *mapped).mmapped_blocks == 0);
    CHECK(after->arenas == after->in_use + after->free);
    CHECK((*after - *after) == heaplings::malloc_snapshot{});
}
