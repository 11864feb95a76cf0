// For a program with the operator new hooks, and once more for one that hooks malloc too.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

// Clang declares the sized forms only with -fsized-deallocation.
void operator delete(void* block, std::size_t size) noexcept;
void operator delete[](void* block, std::size_t size) noexcept;
void operator delete(void* block, std::size_t size, std::align_val_t alignment) noexcept;
void operator delete[](void* block, std::size_t size, std::align_val_t alignment) noexcept;

namespace {

using heaplings::allocation_counts;
using heaplings::bytes;
using heaplings::hook;
using heaplings::hooks_active;
using heaplings::leak_scope;
using heaplings::scope_extent;
using namespace leak_counter_support;

static_assert(!std::is_copy_constructible_v<leak_scope> && !std::is_copy_assignable_v<leak_scope>);
static_assert(!std::is_convertible_v<scope_extent, leak_scope>);

// Sets the new_handler for as long as it lives.
class scoped_new_handler
{
public:
    explicit scoped_new_handler(std::new_handler handler) : before_{std::set_new_handler(handler)}
    {
    }
    scoped_new_handler(const scoped_new_handler&) = delete;
    scoped_new_handler& operator=(const scoped_new_handler&) = delete;
    ~scoped_new_handler() { std::set_new_handler(before_); }

private:
    std::new_handler before_;
};

struct alignas(256) over_aligned
{
    char text[256];
};

int* const from_before_main = escape(new int{1});

} // namespace

TEST_CASE("the hooks of operator new are active")
{
    CHECK(hooks_active());
    CHECK(hooks_active(hook::operator_new));
}

TEST_CASE("a scope in which nothing happens counts nothing")
{
    CHECK(counts_of([] {}) == allocation_counts{});
}

TEST_CASE("a block that is deleted counts as an allocation and a free of the requested bytes")
{
    const auto counts = counts_of([] { delete escape(new std::int32_t{7}); });
    CHECK(counts == allocated_and_freed(1, bytes{4}));
}

TEST_CASE("a block that is not deleted is live")
{
    char* leaked = nullptr;
    const auto counts = counts_of([&] { leaked = escape(new char[100]); });
    CHECK(counts == allocated(1, bytes{100}));
    delete[] leaked;
}

TEST_CASE("every form of operator new and delete counts once, with the requested bytes")
{
    constexpr std::align_val_t alignment{128};
    const auto& nothrow = std::nothrow;

    const auto single = counts_of([&] {
        ::operator delete(escape(::operator new(10)));
        ::operator delete (escape(::operator new(10)), std::size_t{10});
        ::operator delete(escape(::operator new(10, nothrow)), nothrow);
    });
    CHECK(single == allocated_and_freed(3, bytes{30}));

    const auto array = counts_of([&] {
        ::operator delete[](escape(::operator new[](10)));
        ::operator delete[](escape(::operator new[](10)), std::size_t{10});
        ::operator delete[](escape(::operator new[](10, nothrow)), nothrow);
    });
    CHECK(array == allocated_and_freed(3, bytes{30}));

    const auto aligned = counts_of([&] {
        ::operator delete(escape(::operator new(10, alignment)), alignment);
        ::operator delete (escape(::operator new(10, alignment)), std::size_t{10}, alignment);
        ::operator delete(escape(::operator new(10, alignment, nothrow)), alignment, nothrow);
    });
    CHECK(aligned == allocated_and_freed(3, bytes{30}));

    const auto aligned_array = counts_of([&] {
        ::operator delete[](escape(::operator new[](10, alignment)), alignment);
        ::operator delete[](escape(::operator new[](10, alignment)), std::size_t{10}, alignment);
        ::operator delete[](escape(::operator new[](10, alignment, nothrow)), alignment, nothrow);
    });
    CHECK(aligned_array == allocated_and_freed(3, bytes{30}));
}

TEST_CASE("expressions with new and delete count as the operators that they call")
{
    const auto counts = counts_of([] {
        delete escape(new over_aligned);
        delete[] escape(new over_aligned[2]);
        delete escape(new (std::nothrow) over_aligned);
    });
    CHECK(counts == allocated_and_freed(3, bytes{256 + 512 + 256}));
}

TEST_CASE("containers and smart pointers come out even")
{
    const auto counts = counts_of([] {
        std::vector<std::string> names(50, std::string(100, 'x'));
        names.resize(200, std::string(40, 'y'));
        const auto shared = std::make_shared<std::vector<int>>(1000);
        escape(shared.get());
    });
    CHECK(counts.allocations > 200);
    CHECK(counts.allocated > bytes{50 * 100 + 150 * 40 + 4000});
    CHECK(counts == allocated_and_freed(counts.allocations, counts.allocated));
}

TEST_CASE("deleting a null pointer counts nothing")
{
    const auto counts = counts_of([] {
        delete escape(static_cast<int*>(nullptr));
        delete[] escape(static_cast<int*>(nullptr));
    });
    CHECK(counts == allocation_counts{});
}

TEST_CASE("blocks of size 0 are blocks of their own")
{
    void* first = nullptr;
    void* second = nullptr;
    const auto counts = counts_of([&] {
        first = escape(::operator new(0));
        second = escape(::operator new(0));
    });
    CHECK(first != nullptr);
    CHECK(second != nullptr);
    CHECK(first != second);
    CHECK(counts == allocated(2, bytes{0}));
    ::operator delete(first);
    ::operator delete(second);
}

TEST_CASE("blocks are aligned as asked, whatever their size")
{
    for (std::size_t alignment = 1; alignment <= 8192; alignment *= 2) {
        for (const std::size_t size : {1UL, 24UL, 100UL, 4097UL, 200'000UL}) {
            CAPTURE(alignment);
            CAPTURE(size);
            void* block = ::operator new (size, std::align_val_t{alignment});
            CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
            const auto counts =
                counts_of([&] { ::operator delete (block, std::align_val_t{alignment}); });
            CHECK(counts.freed == bytes{size});
        }
    }
}

TEST_CASE("an impossible size throws bad_alloc, and fails at each alignment")
{
    CHECK_THROWS_AS(static_cast<void>(::operator new(opaque(impossible))), std::bad_alloc);
    CHECK_THROWS_AS(static_cast<void>(::operator new[](opaque(impossible))), std::bad_alloc);
    for (std::size_t alignment = 1; alignment <= 8192; alignment *= 2) {
        CAPTURE(alignment);
        const std::align_val_t aligned{alignment};
        CHECK_THROWS_AS(static_cast<void>(::operator new(opaque(impossible), aligned)),
                        std::bad_alloc);
        CHECK_THROWS_AS(static_cast<void>(::operator new(opaque(impossible - alignment), aligned)),
                        std::bad_alloc);
        CHECK_THROWS_AS(
            static_cast<void>(::operator new[](opaque(impossible - alignment + 1), aligned)),
            std::bad_alloc);
    }
}

TEST_CASE("the nothrow forms return null for an impossible size and count nothing")
{
    void* blocks[4] = {};
    const auto counts = counts_of([&] {
        blocks[0] = ::operator new(opaque(impossible), std::nothrow);
        blocks[1] = ::operator new[](opaque(impossible), std::nothrow);
        blocks[2] = ::operator new (opaque(impossible), std::align_val_t{64}, std::nothrow);
        blocks[3] = ::operator new[](opaque(impossible), std::align_val_t{64}, std::nothrow);
    });
    for (const void* block : blocks) CHECK(block == nullptr);
    CHECK(counts.live_blocks == 0);
    CHECK(counts.live_bytes == bytes{0});
}

TEST_CASE("the new_handler is called until it gives up")
{
    static int calls;
    calls = 0;
    const scoped_new_handler restore{[] {
        if (++calls == 3) std::set_new_handler(nullptr);
    }};
    CHECK_THROWS_AS(static_cast<void>(::operator new(opaque(impossible))), std::bad_alloc);
    CHECK(calls == 3);
}

TEST_CASE("what the new_handler throws reaches the caller, but not that of a nothrow form")
{
    struct no_more : std::bad_alloc
    {
    };
    const scoped_new_handler restore{[] { throw no_more{}; }};
    CHECK_THROWS_AS(static_cast<void>(::operator new(opaque(impossible))), no_more);
    CHECK_THROWS_AS(static_cast<void>(::operator new[](opaque(impossible), std::align_val_t{64})),
                    no_more);
    CHECK(::operator new(opaque(impossible), std::nothrow) == nullptr);
    CHECK(::operator new[](opaque(impossible), std::align_val_t{64}, std::nothrow) == nullptr);
}

// ThreadSanitizer cannot work with a limited address space.
#ifndef __SANITIZE_THREAD__
TEST_CASE("an allocation succeeds once the new_handler has made memory available")
{
    const int status = status_of_child([] {
        static rlimit unlimited;
        getrlimit(RLIMIT_AS, &unlimited);
        rlimit limited = unlimited;
        limited.rlim_cur = 1024; // less than there is: nothing more can be mapped
        setrlimit(RLIMIT_AS, &limited);
        const scoped_new_handler restore{[] { setrlimit(RLIMIT_AS, &unlimited); }};

        const leak_scope scope;
        char* block = escape(new char[64 << 20]);
        const auto counts = scope.counts();
        delete[] block;
        return counts == allocated(1, bytes{64 << 20});
    });
    CHECK(status == 0);
}
#endif

TEST_CASE("a constructor that throws leaves no block")
{
    struct throws
    {
        throws()
        {
            escape(this);
            throw std::runtime_error{"no"};
        }
        char text[40];
    };
    const leak_scope scope;
    try {
        delete escape(new throws);
    } catch (const std::runtime_error&) {
    }
    const auto counts = scope.counts();
    CHECK(counts.allocated >= bytes{40});
    CHECK(counts == allocated_and_freed(counts.allocations, counts.allocated));
}

TEST_CASE("a block older than the scope counts as freed, with its bytes, but not as missing")
{
    char* older = escape(new char[300]);
    const auto counts = counts_of([&] { delete[] older; });
    CHECK(counts == freed(1, bytes{300}));
}

TEST_CASE("freeing an older block does not hide a leak")
{
    char* older = escape(new char[300]);
    char* leaked = nullptr;
    const auto counts = counts_of([&] {
        leaked = escape(new char[20]);
        delete[] older;
    });
    CHECK(counts == allocation_counts{1, 1, bytes{20}, bytes{300}, 1, bytes{20}, 0});
    delete[] leaked;
}

TEST_CASE("a block allocated before main is recognised")
{
    REQUIRE(*from_before_main == 1);
    const auto counts = counts_of([] { delete from_before_main; });
    CHECK(counts == freed(1, bytes{sizeof(int)}));
}

TEST_CASE("counts print with their units")
{
    std::ostringstream out;
    out << allocation_counts{3, 2, bytes{48}, bytes{32}, 1, bytes{16}, 0};
    CHECK(out.str() == "3 allocations of 48 B, 2 frees of 32 B, 1 live block of 16 B");
}
