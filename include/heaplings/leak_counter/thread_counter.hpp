// How many blocks and bytes each thread has allocated and freed.
#pragma once

#include <heaplings/leak_counter/recycled_nodes.hpp>

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace heaplings::detail {

// What went through the hooks since the process began.
struct totals
{
    std::int64_t allocations = 0;
    std::int64_t frees = 0;
    std::int64_t bytes_allocated = 0;
    std::int64_t bytes_freed = 0;

    constexpr totals& operator+=(const totals& other) noexcept
    {
        allocations += other.allocations;
        frees += other.frees;
        bytes_allocated += other.bytes_allocated;
        bytes_freed += other.bytes_freed;
        return *this;
    }
};

// Written by one thread at a time, read by all. The counts never restart: when a thread has ended,
// its counter goes on with the next one, and the sum over all counters is that of the process.
struct thread_counter
{
    std::atomic<std::int64_t> allocations{0};
    std::atomic<std::int64_t> frees{0};
    std::atomic<std::int64_t> bytes_allocated{0};
    std::atomic<std::int64_t> bytes_freed{0};

    [[nodiscard]] totals read() const noexcept
    {
        // Compilers take malloc and new for functions that change none of our variables: the fences
        // keep the reading between the calls where it stands.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        const totals now{allocations.load(std::memory_order_relaxed),
                         frees.load(std::memory_order_relaxed),
                         bytes_allocated.load(std::memory_order_relaxed),
                         bytes_freed.load(std::memory_order_relaxed)};
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return now;
    }
};

inline constinit recycled_nodes<thread_counter> thread_counters;

// For threads that have no counter of their own: those about to end, whose last pthread keys and
// glibc's own thread data are freed after their counter was released, and those for which there was
// no memory. Shared, hence slower.
inline constinit thread_counter shared_counter;

// Initial-exec: the dynamic model may call malloc for the first access, and so a hook from a hook.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local thread_counter* own_counter =
    nullptr;
[[gnu::tls_model("initial-exec")]] inline constinit thread_local bool counter_released = false;

// Releases the counter when its thread ends. A pthread key, as its destructor runs after those of
// thread_local objects and, unlike one of those, is set up without an allocation.
class thread_end
{
public:
    static void release_then(thread_counter& counter) noexcept
    {
        pthread_once(&once_, create_key);
        // Without a key the counter is not recycled, but still counts.
        if (has_key_) pthread_setspecific(key_, &counter);
    }

private:
    static void create_key() noexcept { has_key_ = pthread_key_create(&key_, release) == 0; }

    static void release(void* counter) noexcept
    {
        own_counter = nullptr;
        counter_released = true;
        thread_counters.release(*static_cast<thread_counter*>(counter));
    }

    inline static constinit pthread_once_t once_ = PTHREAD_ONCE_INIT;
    inline static constinit pthread_key_t key_ = 0;
    inline static constinit bool has_key_ = false;
};

[[gnu::noinline, gnu::cold]] inline thread_counter* attach_counter() noexcept
{
    if (counter_released) return nullptr;
    own_counter = thread_counters.acquire();
    if (own_counter != nullptr) thread_end::release_then(*own_counter);
    return own_counter;
}

// The calling thread's own counter; nullptr for threads that must use the shared one.
[[nodiscard]] inline thread_counter* counter_of_this_thread() noexcept
{
    return own_counter != nullptr ? own_counter : attach_counter();
}

// A load and a store: no one else writes here, which spares the cost of an atomic addition.
inline void add(std::atomic<std::int64_t>& own, std::int64_t n) noexcept
{
    own.store(own.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

inline void count_allocation(std::size_t size) noexcept
{
    if (thread_counter* own = counter_of_this_thread(); own != nullptr) [[likely]] {
        add(own->allocations, 1);
        add(own->bytes_allocated, static_cast<std::int64_t>(size));
    } else {
        shared_counter.allocations.fetch_add(1, std::memory_order_relaxed);
        shared_counter.bytes_allocated.fetch_add(static_cast<std::int64_t>(size),
                                                 std::memory_order_relaxed);
    }
}

inline void count_free(std::size_t size) noexcept
{
    if (thread_counter* own = counter_of_this_thread(); own != nullptr) [[likely]] {
        add(own->frees, 1);
        add(own->bytes_freed, static_cast<std::int64_t>(size));
    } else {
        shared_counter.frees.fetch_add(1, std::memory_order_relaxed);
        shared_counter.bytes_freed.fetch_add(static_cast<std::int64_t>(size),
                                             std::memory_order_relaxed);
    }
}

// Sum over all threads, ended ones included. Exact if no other thread allocates meanwhile.
[[nodiscard]] inline totals totals_of_process() noexcept
{
    totals sum = shared_counter.read();
    thread_counters.for_each([&](const thread_counter& counter) { sum += counter.read(); });
    return sum;
}

} // namespace heaplings::detail
