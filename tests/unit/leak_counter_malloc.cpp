// For a program with the malloc hooks.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <thread>

extern "C" void* __libc_malloc(std::size_t) noexcept; // NOLINT
extern "C" void __libc_free(void*) noexcept;          // NOLINT

namespace {

using heaplings::allocation_counts;
using heaplings::bad_free_kind;
using heaplings::bytes;
using heaplings::hook;
using heaplings::hooks_active;
using heaplings::leak_scope;
using heaplings::scope_extent;
using namespace leak_counter_support;

// What `action` allocates and frees in this thread, by malloc too.
template <typename Action>
allocation_counts counts_with_malloc(Action action)
{
    return leak_counter_support::counts_of(action, hook::malloc);
}

void* const from_before_main = escape(std::malloc(33));

} // namespace

TEST_CASE("the hooks of malloc are active")
{
    CHECK(hooks_active(hook::malloc));
    CHECK(hooks_active(hook::operator_new));
}

TEST_CASE("each function of the malloc family counts one block of the requested bytes")
{
    const auto check_one = [](const char* name, std::int64_t size, auto allocate) {
        CAPTURE(name);
        void* block = nullptr;
        const auto on_allocation = counts_with_malloc([&] { block = escape(allocate()); });
        const auto on_free = counts_with_malloc([&] { std::free(block); });
        CHECK(block != nullptr);
        CHECK(on_allocation == allocated(1, bytes{size}));
        CHECK(on_free == freed(1, bytes{size}));
    };
    check_one("malloc", 10, [] { return std::malloc(10); });
    check_one("calloc", 15, [] { return std::calloc(3, 5); });
    check_one("realloc", 10, [] { return std::realloc(nullptr, 10); });
    check_one("reallocarray", 15, [] { return reallocarray(nullptr, 3, 5); });
    check_one("aligned_alloc", 128, [] { return std::aligned_alloc(64, 128); });
    check_one("memalign", 10, [] { return memalign(64, 10); });
    check_one("valloc", 10, [] { return valloc(10); });
    check_one("pvalloc", 10, [] { return pvalloc(10); });
    check_one("posix_memalign", 10, [] {
        void* block = nullptr;
        CHECK(posix_memalign(&block, 64, 10) == 0);
        return block;
    });
    check_one("a block that mmap provides", 1 << 20, [] { return std::malloc(1 << 20); });
}

TEST_CASE("a block of operator new counts once")
{
    const auto counts = counts_with_malloc([] { delete[] escape(new char[10]); });
    CHECK(counts == allocated_and_freed(1, bytes{10}));

    struct alignas(64) aligned
    {
        char text[64];
    };
    const auto counts_aligned = counts_with_malloc([] { delete escape(new aligned); });
    CHECK(counts_aligned == allocated_and_freed(1, bytes{64}));
}

TEST_CASE("what the C library allocates for its callers is counted")
{
    const auto duplicated = counts_with_malloc([] { std::free(escape(strdup("eleven char"))); });
    CHECK(duplicated == allocated_and_freed(1, bytes{12}));

    char* text = nullptr;
    const auto printed = counts_with_malloc([&] { CHECK(asprintf(&text, "%d", 12345) == 5); });
    CHECK(printed.live_blocks == 1);
    CHECK(std::string{text} == "12345");
    std::free(text);

    const auto with_file = counts_with_malloc([] {
        std::FILE* file = std::fopen("/proc/self/stat", "r");
        CHECK(std::fgetc(file) > 0);
        std::fclose(file);
    });
    CHECK(with_file.allocations >= 2); // the FILE and its buffer
    CHECK(with_file == allocated_and_freed(with_file.allocations, with_file.allocated));
}

TEST_CASE("calloc clears the block, and refuses a product that overflows")
{
    void* dirty = std::malloc(256);
    std::memset(dirty, 1, 256);
    std::free(escape(dirty));
    auto* clear = static_cast<unsigned char*>(std::calloc(8, 32));
    int sum = 0;
    for (int i = 0; i < 256; ++i) sum += clear[i];
    std::free(clear);
    CHECK(sum == 0);

    void* block = &dirty;
    int error = 0;
    const auto counts = counts_with_malloc([&] {
        errno = 0;
        block = std::calloc(opaque(impossible / 2), 3);
        error = errno;
    });
    CHECK(block == nullptr);
    CHECK(error == ENOMEM);
    CHECK(counts == allocation_counts{});
}

TEST_CASE("an impossible size gives null and ENOMEM, and counts nothing")
{
    const auto check_refused = [](const char* name, auto allocate) {
        CAPTURE(name);
        void* block = nullptr;
        int error = 0;
        const auto counts = counts_with_malloc([&] {
            errno = 0;
            block = escape(allocate(opaque(impossible)));
            error = errno;
        });
        CHECK(block == nullptr);
        CHECK(error == ENOMEM);
        CHECK(counts == allocation_counts{});
    };
    check_refused("malloc", [](std::size_t n) { return std::malloc(n); });
    check_refused("realloc", [](std::size_t n) { return std::realloc(nullptr, n); });
    check_refused("reallocarray", [](std::size_t n) { return reallocarray(nullptr, n, 2); });
    check_refused("aligned_alloc", [](std::size_t n) { return std::aligned_alloc(64, n - 63); });
    check_refused("memalign", [](std::size_t n) { return memalign(64, n); });
    check_refused("valloc", [](std::size_t n) { return valloc(n); });
    check_refused("pvalloc", [](std::size_t n) { return pvalloc(n); });
}

TEST_CASE("posix_memalign returns its error and leaves the pointer alone")
{
    const auto counts = counts_with_malloc([] {
        int here = 0;
        void* block = &here;
        CHECK(posix_memalign(&block, 24, 8) == EINVAL);
        CHECK(posix_memalign(&block, 4, 8) == EINVAL);
        CHECK(posix_memalign(&block, 0, 8) == EINVAL);
        CHECK(posix_memalign(&block, 64, opaque(impossible)) == ENOMEM);
        CHECK(block == &here);
    });
    CHECK(counts.live_blocks == 0);
}

TEST_CASE("aligned blocks are aligned")
{
    for (std::size_t alignment = sizeof(void*); alignment <= 65536; alignment *= 2) {
        CAPTURE(alignment);
        void* block = nullptr;
        REQUIRE(posix_memalign(&block, alignment, 100) == 0);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
        std::free(block);
    }
}

TEST_CASE("a realloc is a free of the old size and an allocation of the new one")
{
    for (const std::size_t size : {1UL, 24UL, 2000UL, 300'000UL, 3'000'000UL}) {
        CAPTURE(size);
        void* block = std::malloc(1000);
        std::memset(block, 7, 1000);
        const auto counts = counts_with_malloc([&] { block = escape(std::realloc(block, size)); });
        CHECK(counts == allocation_counts{1, 1, bytes{size}, bytes{1000}, 1, bytes{size}, 0});
        CHECK(*static_cast<char*>(block) == 7);
        std::free(block);
    }
}

TEST_CASE("a realloc that fails leaves the block as it was")
{
    void* block = std::malloc(100);
    void* resized = block;
    const auto failed =
        counts_with_malloc([&] { resized = std::realloc(escape(block), opaque(impossible)); });
    const auto freed = counts_with_malloc([&] { std::free(block); });
    CHECK(resized == nullptr);
    CHECK(failed == allocation_counts{});
    CHECK(freed.frees == 1);
    CHECK(freed.freed == bytes{100});
}

TEST_CASE("realloc to size 0 frees, as glibc does")
{
    const auto counts = counts_with_malloc([] {
        void* block = escape(std::malloc(100));
        CHECK(std::realloc(block, opaque(0)) == nullptr);
    });
    CHECK(counts == allocated_and_freed(1, bytes{100}));
}

TEST_CASE("free keeps errno, and a null pointer is nothing to it")
{
    const auto counts = counts_with_malloc([] {
        std::free(escape(static_cast<void*>(nullptr)));
        void* block = escape(std::malloc(10));
        errno = 4321;
        std::free(block);
        CHECK(errno == 4321);
    });
    CHECK(counts == allocated_and_freed(1, bytes{10}));
}

TEST_CASE("a block from before main is recognised")
{
    const auto counts = counts_with_malloc([] { std::free(from_before_main); });
    CHECK(counts == freed(1, bytes{33}));
}

TEST_CASE("a block that no hook saw is foreign: it is left alone, and told of")
{
    constexpr std::size_t fresh = 100 << 20; // a mapping where no block was before
    void* unseen = escape(__libc_malloc(fresh));
    const leak_scope scope{scope_extent::this_thread, hook::malloc};
    std::free(unseen);
    errno = 0;
    void* resized = std::realloc(unseen, 20);
    const int error = errno;
    const auto report = scope.report();
    __libc_free(unseen);

    CHECK(resized == nullptr);
    CHECK(error == ENOMEM);
    CHECK(report.leaked_blocks() == 0);
    REQUIRE(report.bad_frees().size() == 2);
    CHECK(report.bad_frees()[0].kind() == bad_free_kind::foreign);
    CHECK(report.bad_frees()[1].kind() == bad_free_kind::foreign);
    CHECK(report.bad_frees()[1].address() == unseen);
}

TEST_CASE("malloc, new and new[] each have their own way to free")
{
    const auto kind_of = [](auto action) {
        const leak_scope scope{scope_extent::this_thread, hook::malloc};
        action();
        const auto report = scope.report();
        CHECK(report.leaked_blocks() == 0); // the block is freed all the same
        return report.bad_frees().size() == 1 ? text_of(report.bad_frees()[0]) : "none";
    };
    const auto deleted = kind_of([] { ::operator delete(escape(std::malloc(10))); });
    CHECK(contains(deleted, "delete of a block that is from malloc"));
    const auto array_deleted = kind_of([] { ::operator delete[](escape(std::malloc(10))); });
    CHECK(contains(array_deleted, "delete[] of a block that is from malloc"));
    const auto freed = kind_of([] { std::free(escape(::operator new(10))); });
    CHECK(contains(freed, "free of a block that is from new\n"));
    const auto array_freed = kind_of([] { std::free(escape(::operator new[](10))); });
    CHECK(contains(array_freed, "free of a block that is from new[]"));
    const auto resized = kind_of([] { std::free(std::realloc(escape(::operator new(10)), 20)); });
    CHECK(contains(resized, "free of a block that is from new\n"));
}

TEST_CASE("realloc of a freed block does nothing and is a double free")
{
    void* block = escape(std::malloc(40));
    std::free(escape(block));
    const leak_scope scope{scope_extent::this_thread, hook::malloc};
    CHECK(std::realloc(escape(block), 80) == nullptr);
    const auto report = scope.report();
    REQUIRE(report.bad_frees().size() == 1);
    CHECK(report.bad_frees()[0].kind() == bad_free_kind::double_free);
}

TEST_CASE("an injected failure makes each function of the malloc family fail, and realloc keep")
{
    const auto fails = [](auto allocate) {
        const heaplings::allocation_failure failure{1, hook::malloc};
        errno = 0;
        void* block = escape(allocate());
        const bool failed = block == nullptr && failure.happened();
        std::free(block);
        return failed;
    };
    CHECK(fails([] { return std::malloc(10); }));
    CHECK(fails([] { return std::calloc(2, 5); }));
    CHECK(fails([] { return std::aligned_alloc(64, 64); }));
    CHECK(fails([] { return memalign(64, 10); }));
    CHECK(fails([] { return valloc(10); }));
    CHECK(fails([] { return pvalloc(10); }));
    CHECK(fails([] { return static_cast<void*>(strdup("text")); }));
    CHECK(fails([] { return std::realloc(nullptr, 10); }));

    void* out = nullptr;
    const bool memalign_fails = [&] {
        const heaplings::allocation_failure failure{1, hook::malloc};
        return posix_memalign(&out, 64, 10) == ENOMEM;
    }();
    CHECK(memalign_fails);

    char* block = static_cast<char*>(std::malloc(10));
    std::strcpy(block, "kept");
    const auto failed_and_kept = [&](auto resize) {
        const heaplings::allocation_failure failure{1, hook::malloc};
        errno = 0;
        return resize() == nullptr && errno == ENOMEM && std::strcmp(block, "kept") == 0;
    };
    CHECK(failed_and_kept([&] { return std::realloc(escape(block), 1000); }));
    CHECK(failed_and_kept([&] { return reallocarray(escape(block), 10, 100); }));
    std::free(block);
}

TEST_CASE("a realloc that loses its block when it fails is found by failing each allocation")
{
    const auto careless = [] {
        char* text = static_cast<char*>(std::malloc(10));
        if (text == nullptr) return;
        text = static_cast<char*>(std::realloc(text, 1000)); // the 10 bytes are lost if this fails
        std::free(text);
    };
    const auto careful = [] {
        char* text = static_cast<char*>(std::malloc(10));
        if (text == nullptr) return;
        char* longer = static_cast<char*>(std::realloc(text, 1000));
        std::free(longer != nullptr ? longer : text);
    };
    CHECK(heaplings::fail_each_allocation(careful, hook::malloc) == 2);
    CHECK_THROWS_AS(heaplings::fail_each_allocation(careless, hook::malloc),
                    heaplings::leak_after_failure);
}

TEST_CASE("what the C library keeps for the process is no leak")
{
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    const leak_scope scope{scope_extent::process, hook::malloc};
    std::fprintf(file, "a stream's buffer\n");
    setenv("HEAPLINGS_UNIT_TEST", "a value", 1);
    std::thread{[] {}}.join();
    const auto report = scope.report();
    CHECK(text_of(report) == text_of(heaplings::no_leaks));
    std::fclose(file);
}

TEST_CASE("what the C library hands to the caller is a leak, by the caller's line")
{
    const leak_scope scope{scope_extent::this_thread, hook::malloc};
    char* name = escape(strdup("name")); // line of strdup
    constexpr int line = __LINE__ - 1;
    const auto report = scope.report();
    std::free(name);
    CHECK(report.leaked_blocks() == 1);
    CHECK(contains(text_of(report), "leak_counter_malloc.cpp:" + std::to_string(line) + ")"));
}

TEST_CASE("what glibc frees after a thread's last destructor is counted")
{
    const leak_scope scope{scope_extent::process, hook::malloc};
    for (int n = 0; n < 200; ++n) {
        // The text of an unknown error is in a block that glibc frees with the thread's data.
        std::thread{[] { escape(strerror(98765)); }}.join();
    }
    const auto counts = scope.counts();
    CHECK(counts.allocations >= 400); // that block and what std::thread needs
    CHECK(counts.live_blocks <= 1);   // glibc keeps the last thread's stack and its tables
}
