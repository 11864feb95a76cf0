#include <heaplings/leak_counter/detail/recycled_nodes.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <set>
#include <thread>

namespace {

struct node
{
    int content = 0;
};

using nodes = heaplings::detail::recycled_nodes<node>;

std::size_t size_of(nodes& list)
{
    std::size_t n = 0;
    list.for_each([&](const node&) { ++n; });
    return n;
}

} // namespace

TEST_CASE("a released node is handed on with its contents")
{
    nodes list;
    node* first = list.acquire();
    REQUIRE(first != nullptr);
    first->content = 7;
    nodes::release(*first);
    node* second = list.acquire();
    CHECK(second == first);
    CHECK(second->content == 7);
}

TEST_CASE("a walk meets every node, held or released")
{
    nodes list;
    std::set<const node*> acquired;
    for (int i = 0; i < 200; ++i) acquired.insert(list.acquire());
    nodes::release(*list.acquire());
    REQUIRE(acquired.size() == 200);

    std::set<const node*> met;
    list.for_each([&](const node& n) { met.insert(&n); });
    CHECK(std::includes(met.begin(), met.end(), acquired.begin(), acquired.end()));
}

TEST_CASE("a node has one holder at a time, whoever asks")
{
    nodes list;
    constexpr std::size_t threads = 3;
    constexpr int rounds = 300'000;
    std::atomic<std::size_t> ready{0};
    std::array<std::thread, threads> workers;
    for (std::thread& worker : workers) {
        worker = std::thread{[&] {
            ++ready;
            while (ready != threads) std::this_thread::yield();
            for (int round = 0; round < rounds; ++round) {
                node* mine = list.acquire();
                ++mine->content; // not atomic: lost counts tell of a second holder
                nodes::release(*mine);
            }
        }};
    }
    for (std::thread& worker : workers) worker.join();

    std::size_t sum = 0;
    list.for_each([&](const node& n) { sum += static_cast<std::size_t>(n.content); });
    CHECK(sum == threads * rounds);
    // Threads that find the list empty at the same time each add a batch, and no more is needed.
    CHECK(size_of(list) <= threads * 64);
}
