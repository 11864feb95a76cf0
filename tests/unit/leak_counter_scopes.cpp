// Scopes, threads and processes: what belongs to whom.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using heaplings::allocation_counts;
using heaplings::bytes;
using heaplings::leak_scope;
using heaplings::scope_extent;
using namespace leak_counter_support;

} // namespace

TEST_CASE("nested scopes each count what happens while they exist")
{
    const leak_scope outer;
    char* of_outer = escape(new char[10]);
    char* of_inner = nullptr;
    const auto in_inner = counts_of([&] {
        of_inner = escape(new char[20]);
        delete[] of_outer;
    });
    delete[] of_inner;
    const auto in_outer = outer.counts();

    CHECK(in_inner == allocation_counts{1, 1, bytes{20}, bytes{10}, 1, bytes{20}, 0});
    CHECK(in_outer == allocated_and_freed(2, bytes{30}));
}

TEST_CASE("scopes may end in any order")
{
    std::optional<leak_scope> first{std::in_place};
    char* between = escape(new char[10]);
    const leak_scope second{scope_extent::process};
    const auto in_first = first->counts();
    first.reset();
    const leak_scope third;
    delete[] between;
    const auto in_second = second.counts();
    const auto in_third = third.counts();

    CHECK(in_first == allocated(1, bytes{10}));
    CHECK(in_second == freed(1, bytes{10}));
    CHECK(in_third == in_second);
}

TEST_CASE("opening, reading and closing a scope allocates nothing")
{
    const auto counts = counts_of([] {
        const leak_scope of_thread;
        const leak_scope of_process{scope_extent::process};
        static_cast<void>(of_thread.counts());
        static_cast<void>(of_process.counts());
    });
    CHECK(counts == allocation_counts{});
}

TEST_CASE("a scope of this thread does not count what other threads do")
{
    std::atomic<bool> go{false};
    std::atomic<bool> done{false};
    std::atomic<bool> leave{false};
    std::thread other{[&] {
        while (!go) std::this_thread::yield();
        delete escape(new int);
        done = true;
        while (!leave) std::this_thread::yield();
    }};
    const leak_scope of_process{scope_extent::process};
    const leak_scope of_thread;
    go = true;
    while (!done) std::this_thread::yield();
    const auto in_thread = of_thread.counts();
    const auto in_process = of_process.counts();
    leave = true;
    other.join();

    CHECK(in_thread == allocation_counts{});
    CHECK(in_process == allocated_and_freed(1, bytes{sizeof(int)}));
}

TEST_CASE("a scope of the process counts threads that have ended")
{
    char* leaked = nullptr;
    const leak_scope scope{scope_extent::process};
    std::thread{[&] { leaked = escape(new char[1000]); }}.join();
    const auto counts = scope.counts();
    CHECK(counts.live_blocks == 1);
    CHECK(counts.live_bytes == bytes{1000});
    delete[] leaked;
}

TEST_CASE("a block may be freed by another thread")
{
    char* older = escape(new char[500]);
    const leak_scope of_process{scope_extent::process};
    const leak_scope of_thread;
    char* block = escape(new char[1000]);
    std::thread{[&] {
        delete[] block;
        delete[] older;
    }}.join();
    const auto in_thread = of_thread.counts();
    const auto in_process = of_process.counts();

    CHECK(in_process.live_blocks == 0);
    CHECK(in_process.live_bytes == bytes{0});
    CHECK(in_process.freed == in_process.allocated + bytes{500});
    // To this thread, what the other one freed is not freed.
    CHECK(in_thread.live_blocks == in_thread.allocations - in_thread.frees);
    CHECK(in_thread.live_bytes >= bytes{1000});
}

TEST_CASE("counts are exact under threads that free each other's blocks")
{
    // One arena, so that a freed address soon comes back in another thread.
    mallopt(M_ARENA_MAX, 1);
    constexpr std::size_t threads = 4;
    constexpr std::size_t rounds = 20'000;
    std::array<std::atomic<char*>, 64> exchange{};
    std::array<std::int64_t, threads> requested{};

    std::array<std::thread, threads> workers;
    std::atomic<std::size_t> ready{0};
    std::atomic<bool> go{false};
    std::atomic<bool> leave{false};
    std::atomic<std::size_t> finished{0};
    for (std::size_t id = 0; id < threads; ++id) {
        workers[id] = std::thread{[&, id] {
            ++ready;
            while (!go) std::this_thread::yield();
            for (std::size_t round = 0; round < rounds; ++round) {
                const std::size_t size = 1 + (round * 37 + id) % 5000;
                requested[id] += static_cast<std::int64_t>(size);
                delete[] exchange[(round * 7 + id) % exchange.size()].exchange(
                    escape(new char[size]));
            }
            ++finished;
            while (!leave) std::this_thread::yield();
        }};
    }
    while (ready != threads) std::this_thread::yield();

    const leak_scope scope{scope_extent::process};
    go = true;
    while (finished != threads) std::this_thread::yield();
    const auto running = scope.counts();
    for (std::atomic<char*>& block : exchange) delete[] block.exchange(nullptr);
    const auto all = scope.counts();
    leave = true;
    for (std::thread& worker : workers) worker.join();

    const bytes sum{requested[0] + requested[1] + requested[2] + requested[3]};
    CHECK(running.allocations == threads * rounds);
    CHECK(running.allocated == sum);
    CHECK(running.live_blocks == exchange.size());
    CHECK(all == allocated_and_freed(threads * rounds, sum));
}

TEST_CASE("counters of ended threads are handed on")
{
    const auto counters = [] {
        std::size_t n = 0;
        heaplings::detail::thread_counters.for_each([&](const auto&) { ++n; });
        return n;
    };
    const auto allocate_in_a_thread = [] { std::thread{[] { delete escape(new int); }}.join(); };
    allocate_in_a_thread();
    const std::size_t before = counters();
    const leak_scope scope{scope_extent::process};
    for (int n = 0; n < 300; ++n) allocate_in_a_thread();
    const auto counts = scope.counts();
    CHECK(counters() == before);
    CHECK(counts.allocations >= 300);
    CHECK(counts == allocated_and_freed(counts.allocations, counts.allocated));
}

TEST_CASE("a dying thread's last blocks are counted: thread_local objects and pthread keys")
{
    // Destroyed after the thread_local objects, and after the hooks' own key, as it is newer.
    pthread_key_t key{};
    REQUIRE(pthread_key_create(&key, [](void* block) {
                delete[] static_cast<char*>(block);
                delete escape(new int);
            }) == 0);

    const leak_scope scope{scope_extent::process};
    std::thread{[&] {
        thread_local const std::vector<int> of_thread(100);
        escape(of_thread.data());
        pthread_setspecific(key, escape(new char[50]));
    }}.join();
    const auto counts = scope.counts();
    pthread_key_delete(key);

    CHECK(counts.allocated >= bytes{100 * sizeof(int) + 50 + sizeof(int)});
    CHECK(counts == allocated_and_freed(counts.allocations, counts.allocated));
}

TEST_CASE("a thread that is about to end has no counts of its own to open a scope on")
{
    static bool refused;
    refused = false;
    pthread_key_t key{};
    REQUIRE(pthread_key_create(&key, [](void*) {
                try {
                    const leak_scope scope;
                } catch (const std::runtime_error&) {
                    refused = true;
                }
            }) == 0);
    std::thread{[&] {
        delete escape(new int);
        pthread_setspecific(key, &key);
    }}.join();
    pthread_key_delete(key);
    CHECK(refused);
}

TEST_CASE("a forked child counts on, apart from its parent")
{
    char* older = escape(new char[10]);
    const leak_scope scope{scope_extent::process};
    char* before_fork = escape(new char[20]);
    const int status = status_of_child([&] {
        const leak_scope in_child;
        delete[] before_fork;
        delete[] older;
        escape(new char[40]);
        return scope.counts() == allocation_counts{2, 2, bytes{60}, bytes{30}, 1, bytes{40}, 0} &&
               in_child.counts() == allocation_counts{1, 2, bytes{40}, bytes{30}, 1, bytes{40}, 0};
    });
    const auto counts = scope.counts();
    CHECK(status == 0);
    CHECK(counts == allocated(1, bytes{20}));
    delete[] before_fork;
    delete[] older;
}

TEST_CASE("static destructors are counted")
{
    const int status = status_of_child([] {
        static std::optional<leak_scope> scope;
        static char* block;
        scope.emplace(scope_extent::process);
        std::atexit([] {
            delete[] block;
            const auto counts = scope->counts();
            _exit(counts.live_blocks == 0 && counts.freed >= bytes{77} ? 0 : 1);
        });
        block = escape(new char[77]);
        std::exit(2);
        return false;
    });
    CHECK(status == 0);
}
