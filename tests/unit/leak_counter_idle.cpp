// Hooks that do nothing while no scope is open: what scopes then know of older blocks.
#include "leak_counter_support.hpp"

#include <heaplings/leak_counter/hooks.hpp>
#include <heaplings/proc_reader.hpp>

#include <doctest/doctest.h>

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace {

using heaplings::allocation_counter;
using heaplings::allocation_counts;
using heaplings::bad_free_kind;
using heaplings::bytes;
using heaplings::leak_scope;
using heaplings::scope_extent;
using namespace leak_counter_support;

// Not freed by this test program: that hooks record nothing has to be so from the beginning.
char* const from_before_main = new char[100];

std::int64_t usable(void* block)
{
    return static_cast<std::int64_t>(malloc_usable_size(block));
}

} // namespace

TEST_CASE("the free of an older block is a free, and makes no leak good")
{
    char* older = escape(new char[40]);
    const std::int64_t size = usable(older);
    const leak_scope scope;
    char* leaked = escape(new char[7]);
    delete[] older;
    const auto counts = scope.counts();
    const auto report = scope.report();
    delete[] leaked;
    CHECK(counts == allocation_counts{1, 1, bytes{7}, bytes{size}, 1, bytes{7}, 0});
    CHECK(report.leaked_blocks() == 1);
    CHECK(report.bad_frees().empty());
}

TEST_CASE("of an older block a sized delete tells the size")
{
    auto* older = escape(new std::uint64_t[5]);
    const auto counts = counts_of([&] { ::operator delete[](older, 5 * sizeof(std::uint64_t)); });
    CHECK(counts == freed(1, bytes{40}));
}

TEST_CASE("a block from before main is an older one")
{
    escape(from_before_main);
    const leak_scope scope;
    delete[] from_before_main;
    const auto report = scope.report();
    CHECK(report == heaplings::no_leaks);
    CHECK(scope.counts().frees == 1);
}

TEST_CASE("an older block that is freed twice in a scope is told of")
{
    char* older = escape(new char[40]);
    const leak_scope scope;
    delete[] older;
    ::operator delete[](escape(older)); // NOLINT
    const auto report = scope.report();
    REQUIRE(report.bad_frees().size() == 1);
    CHECK(report.bad_frees()[0].kind() == bad_free_kind::double_free);
    CHECK(contains(text_of(report), "leak_counter_idle.cpp:"));
}

TEST_CASE("an address that is not the heap's is foreign, though older blocks are not known")
{
    static char fixed[64];
    char local[64];
    char* block = escape(new char[100]);
    const leak_scope scope;
    char* known = escape(new char[100]);
    ::operator delete(static_cast<void*>(escape(fixed)));
    ::operator delete(static_cast<void*>(escape(local)));
    ::operator delete(static_cast<void*>(escape(block + 3)));
    ::operator delete(static_cast<void*>(escape(known + 16)));
    const auto report = scope.report();
    delete[] block;
    delete[] known;
    REQUIRE(report.bad_frees().size() == 4);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(report.bad_frees()[i].kind() == bad_free_kind::foreign);
    }
    CHECK(report.bad_frees()[3].kind() == bad_free_kind::interior);
}

TEST_CASE("what an earlier scope knew is forgotten: blocks came and went since")
{
    void* block = nullptr;
    counts_of([&] { block = escape(::operator new(48)); });
    // Given back and out again, as another family, while no one looks.
    ::operator delete(block);
    std::vector<char*> again;
    do {
        again.push_back(escape(new char[48]));
    } while (again.back() != block && again.size() < 1000);
    REQUIRE(again.back() == block);

    const leak_scope scope;
    for (char* one : again) delete[] one;
    CHECK(scope.report() == heaplings::no_leaks);
    CHECK(scope.counts().frees == static_cast<std::int64_t>(again.size()));
}

TEST_CASE("a block of one scope that is freed in a later one is older there")
{
    char* block = nullptr;
    {
        const leak_scope first;
        block = escape(new char[48]);
        CHECK(first.counts().live_blocks == 1);
    }
    const leak_scope second;
    delete[] block;
    CHECK(second.report() == heaplings::no_leaks);
    CHECK(second.counts().live_blocks == 0);
    CHECK(second.counts().frees == 1);
}

TEST_CASE("while no scope is open nothing is looked at")
{
    void* block = escape(::operator new(10));
    ::operator delete[](escape(block)); // NOLINT: the wrong family
    const leak_scope scope;
    CHECK(scope.report() == heaplings::no_leaks);
    CHECK(scope.counts() == allocation_counts{});
}

#ifndef __SANITIZE_THREAD__ // whose own shadow is most of what is resident
TEST_CASE("the memory of the records is given back when the last scope ends")
{
    const auto resident = [] { return heaplings::read_statm()->resident; };
    std::vector<void*> blocks(1'000'000);
    for (void*& block : blocks) block = escape(::operator new(32));
    for (void* block : blocks) ::operator delete(block);
    const bytes before = resident();
    bytes within{0};
    {
        const leak_scope scope;
        for (void*& block : blocks) block = escape(::operator new(32));
        within = resident();
        for (void* block : blocks) ::operator delete(block);
    }
    const bytes after = resident();
    // 16 bytes for each 32 of the heap, whose blocks are 48 apart.
    CHECK(within - before > bytes{20'000'000});
    CHECK(within - before < bytes{27'000'000});
    CHECK(after - before < bytes{4'000'000});
}
#endif

TEST_CASE("an allocation counter counts, and nothing else")
{
    char* older = escape(new char[40]);
    const allocation_counter counter;
    CHECK(counter.allocations() == 0);
    char* block = escape(new char[7]);
    CHECK(counter.allocations() == 1);
    CHECK(counter.allocated() == bytes{7});
    CHECK(counter.frees() == 0);
    delete[] block;
    delete[] older;
    CHECK(counter.allocations() == 1);
    CHECK(counter.frees() == 2);
}

TEST_CASE("an allocation counter is of its thread or of the process, and leaves out not_counted")
{
    const allocation_counter of_process{scope_extent::process};
    const allocation_counter of_thread;
    std::int64_t in_thread = 0;
    std::thread{[&] {
        const allocation_counter own;
        for (int i = 0; i < 10; ++i) delete escape(new int);
        in_thread = own.allocations();
    }}.join();
    {
        const heaplings::not_counted cache;
        delete escape(new int);
    }
    CHECK(in_thread == 10);
    CHECK(of_thread.allocations() < 10); // those of std::thread
    CHECK(of_process.allocations() == of_thread.allocations() + 10);
}

TEST_CASE("a scope opened within an allocation counter knows its blocks")
{
    const allocation_counter counter;
    char* before = escape(new char[40]);
    const auto counts = counts_of([&] {
        delete[] before;
        delete escape(new char);
    });
    char* after = escape(new char[3]);
    delete[] after;
    CHECK(counts.allocations == 1);
    CHECK(counts.live_blocks == 0);
    CHECK(counts.frees == 2);
    CHECK(counter.allocations() == 3);
    CHECK(counter.frees() == 3);
    CHECK(counter.allocated() == bytes{44});
}
