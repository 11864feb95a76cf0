// For a program with the operator new hooks, and once more for one that hooks malloc too.
#include <heaplings/leak_counter.hpp>

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

static_assert(!std::is_copy_constructible_v<leak_scope> && !std::is_copy_assignable_v<leak_scope>);
static_assert(!std::is_convertible_v<scope_extent, leak_scope>);
static_assert(noexcept(std::declval<const leak_scope&>().counts()));

// Keeps the compiler from leaving out an allocation whose result no one uses.
template <typename T>
T* escape(T* block)
{
    asm volatile("" : "+r"(block) : : "memory");
    return block;
}

// Keeps the compiler from judging a size that is impossible on purpose.
std::size_t opaque(std::size_t size)
{
    asm volatile("" : "+r"(size));
    return size;
}

allocation_counts allocated_and_freed(std::int64_t blocks, bytes size)
{
    return {blocks, blocks, size, size, 0, bytes{0}};
}

allocation_counts allocated(std::int64_t blocks, bytes size)
{
    return {blocks, 0, size, bytes{0}, blocks, size};
}

// What `action` allocates and frees in this thread.
template <typename Action>
allocation_counts counts_of(Action action)
{
    const leak_scope scope;
    action();
    return scope.counts();
}

// Exit status of a child process that runs `action`, which returns whether all was right.
template <typename Action>
int status_of_child(Action action)
{
    const pid_t child = fork();
    if (child == 0) _exit(action() ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

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

const std::size_t impossible = std::numeric_limits<std::size_t>::max();

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
    CHECK(counts == allocation_counts{0, 1, bytes{0}, bytes{300}, 0, bytes{0}});
}

TEST_CASE("freeing an older block does not hide a leak")
{
    char* older = escape(new char[300]);
    char* leaked = nullptr;
    const auto counts = counts_of([&] {
        leaked = escape(new char[20]);
        delete[] older;
    });
    CHECK(counts == allocation_counts{1, 1, bytes{20}, bytes{300}, 1, bytes{20}});
    delete[] leaked;
}

TEST_CASE("a block allocated before main is recognised")
{
    REQUIRE(*from_before_main == 1);
    const auto counts = counts_of([] { delete from_before_main; });
    CHECK(counts == allocation_counts{0, 1, bytes{0}, bytes{sizeof(int)}, 0, bytes{0}});
}

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

    CHECK(in_inner == allocation_counts{1, 1, bytes{20}, bytes{10}, 1, bytes{20}});
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
    CHECK(in_second == allocation_counts{0, 1, bytes{0}, bytes{10}, 0, bytes{0}});
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
        return scope.counts() == allocation_counts{2, 2, bytes{60}, bytes{30}, 1, bytes{40}} &&
               in_child.counts() == allocation_counts{1, 2, bytes{40}, bytes{30}, 1, bytes{40}};
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

TEST_CASE("counts print with their units")
{
    std::ostringstream out;
    out << allocation_counts{3, 2, bytes{48}, bytes{32}, 1, bytes{16}};
    CHECK(out.str() == "3 allocations of 48 B, 2 frees of 32 B, 1 live block of 16 B");
}
