// Whether a call leaves the heap as it was.
#pragma once

#include <heaplings/heap_probe/malloc_snapshot.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <thread>

// Checks that `call` takes no block from the heap. It runs in a new thread, where each size has yet
// to be obtained: even a block freed at once shows.
template <typename Call>
void check_allocates_nothing(Call call)
{
    std::optional<heaplings::malloc_snapshot> before;
    std::optional<heaplings::malloc_snapshot> after;
    std::thread{[&] {
        before = heaplings::take_malloc_snapshot();
        call();
        after = heaplings::take_malloc_snapshot();
    }}.join();
    if (before) {
        CHECK(*after - *before == heaplings::malloc_snapshot{});
    } else {
        MESSAGE("not checked: malloc is replaced here");
    }
}
