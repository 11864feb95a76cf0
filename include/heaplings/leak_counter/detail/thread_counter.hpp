// How many blocks and bytes each thread has allocated and freed.
#pragma once

#include <heaplings/leak_counter/detail/recycled_nodes.hpp>

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

    // Allocated less freed: below zero where the thread frees more of others' blocks than it keeps
    // of its own.
    std::atomic<std::int64_t> bytes_live{0};

    // The largest value of bytes_live since the scopes_seen-th scope of the process was opened.
    std::atomic<std::int64_t> peak{0};
    std::atomic<std::uint64_t> scopes_seen{0};

    std::atomic<std::uint32_t> number{0}; // from 1; 0: more threads at once than records can tell

    [[nodiscard]] totals read() const noexcept
    {
        // Compilers take malloc and new for functions that change none of our variables: the fences
        // keep the reading between the calls where it stands.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        const std::int64_t allocated = bytes_allocated.load(std::memory_order_relaxed);
        const totals now{allocations.load(std::memory_order_relaxed),
                         frees.load(std::memory_order_relaxed), allocated,
                         allocated - bytes_live.load(std::memory_order_relaxed)};
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return now;
    }
};

inline constinit recycled_nodes<thread_counter> thread_counters;

// Counters that have been handed out so far.
inline constinit std::atomic<std::uint32_t> numbered_counters{0};
inline constexpr std::uint32_t most_numbered_counters = 0xfff; // as a block_record has 12 bits

// For threads that have no counter of their own: those about to end, whose last pthread keys and
// glibc's own thread data are freed after their counter was released, and those for which there was
// no memory. Shared, hence slower.
inline constinit thread_counter shared_counter;

class allocation_watch;

// What the hooks know of the calling thread.
struct thread_state
{
    // recorder::now() when everything was found as usual: the thread has its counter, which has
    // seen all scopes, and nothing below is open. So a hook asks one question. 0: to be looked at
    // again.
    std::uint64_t usual_at = 0;
    thread_counter* counter = nullptr;
    std::uint64_t signature = 0;         // what this thread's blocks have in block_record::who
    const char* top_of_stack = nullptr;  // an upper bound; nullptr: not looked for yet
    int uncounted = 0;                   // not_counted objects that are open in this thread
    allocation_watch* watches = nullptr; // the innermost
    bool is_unwinding = false;           // at this moment
    bool counter_released = false;
};

// Initial-exec: the dynamic model may call malloc for the first access, and so a hook from a hook.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local thread_state this_thread_state;

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
        this_thread_state.counter = nullptr;
        this_thread_state.usual_at = 0;
        this_thread_state.counter_released = true;
        thread_counters.release(*static_cast<thread_counter*>(counter));
    }

    inline static constinit pthread_once_t once_ = PTHREAD_ONCE_INIT;
    inline static constinit pthread_key_t key_ = 0;
    inline static constinit bool has_key_ = false;
};

[[gnu::noinline, gnu::cold]] inline thread_counter* attach_counter() noexcept
{
    if (this_thread_state.counter_released) return nullptr;
    thread_counter* own = thread_counters.acquire();
    if (own == nullptr) return nullptr;
    if (own->number.load(std::memory_order_relaxed) == 0 &&
        numbered_counters.load(std::memory_order_relaxed) < most_numbered_counters) {
        const std::uint32_t number = numbered_counters.fetch_add(1, std::memory_order_relaxed) + 1;
        own->number.store(number <= most_numbered_counters ? number : 0, std::memory_order_relaxed);
    }
    this_thread_state.counter = own;
    thread_end::release_then(*own);
    return own;
}

// The calling thread's own counter; nullptr for threads that must use the shared one.
[[nodiscard]] inline thread_counter* counter_of_this_thread() noexcept
{
    return this_thread_state.counter != nullptr ? this_thread_state.counter : attach_counter();
}

// A load and a store: no one else writes here, which spares the cost of an atomic addition. In one
// instruction where compilers would take three.
[[gnu::always_inline]] inline void add(std::atomic<std::int64_t>& own, std::int64_t n) noexcept
{
#if defined(__x86_64__)
    asm volatile("addq %1, %0" : "+m"(own) : "er"(n) : "cc");
#else
    own.store(own.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
#endif
}

[[gnu::always_inline]] inline void count_allocation(thread_counter& own, std::int64_t size) noexcept
{
    add(own.allocations, 1);
    add(own.bytes_allocated, size);
    const std::int64_t live = own.bytes_live.load(std::memory_order_relaxed) + size;
    own.bytes_live.store(live, std::memory_order_relaxed);
    if (live > own.peak.load(std::memory_order_relaxed)) {
        own.peak.store(live, std::memory_order_relaxed);
    }
}

[[gnu::always_inline]] inline void count_free(thread_counter& own, std::int64_t size) noexcept
{
    add(own.frees, 1);
    add(own.bytes_live, -size);
}

// Where blocks are not recorded, the sizes of those that are freed are not known, nor what is live.
[[gnu::always_inline]] inline void count_unrecorded(thread_counter& own, std::int64_t size) noexcept
{
    add(own.allocations, 1);
    add(own.bytes_allocated, size);
}
[[gnu::always_inline]] inline void count_unrecorded_free(thread_counter& own) noexcept
{
    add(own.frees, 1);
}

// What happened to the calling thread's counts, where it may have to use the shared counter.
struct counted
{
    std::int64_t allocations = 0;
    std::int64_t frees = 0;
    std::int64_t bytes_allocated = 0;
    std::int64_t bytes_live = 0;
};

inline void count_anywhere(const counted& change) noexcept
{
    thread_counter* own = counter_of_this_thread();
    thread_counter& place = own != nullptr ? *own : shared_counter;
    const auto add_to = [=](std::atomic<std::int64_t>& count, std::int64_t n) {
        if (own != nullptr) return add(count, n);
        count.fetch_add(n, std::memory_order_relaxed);
    };
    add_to(place.allocations, change.allocations);
    add_to(place.frees, change.frees);
    add_to(place.bytes_allocated, change.bytes_allocated);
    add_to(place.bytes_live, change.bytes_live);
    const std::int64_t live = place.bytes_live.load(std::memory_order_relaxed);
    if (own != nullptr && live > own->peak.load(std::memory_order_relaxed)) {
        own->peak.store(live, std::memory_order_relaxed);
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
