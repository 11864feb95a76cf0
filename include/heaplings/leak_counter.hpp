// Counts what a piece of code allocates and frees, and what it leaves behind.
//
//     heaplings::leak_scope scope;
//     call_under_test();
//     const auto counts = scope.counts(); // before assertions, which may allocate
//     CHECK(counts.live_blocks == 0);
//
// Needs hooks: one source file of the executable includes <heaplings/leak_counter/hooks.hpp>, for
// operator new and delete, or <heaplings/leak_counter/malloc_hooks.hpp>, for the malloc family too.
#pragma once

#include <heaplings/leak_counter/open_scopes.hpp>
#include <heaplings/leak_counter/thread_counter.hpp>
#include <heaplings/units.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <ostream>
#include <stdexcept>

namespace heaplings {

// What happened in a scope, as seen by the hooks. Bytes are those requested, without what malloc
// adds. A realloc that succeeds is an allocation and a free.
struct allocation_counts
{
    std::int64_t allocations = 0;
    std::int64_t frees = 0; // of all blocks, those older than the scope included
    bytes allocated;
    bytes freed;

    // Allocated since the scope began and not freed yet: at the end, what leaked.
    std::int64_t live_blocks = 0;
    bytes live_bytes;

    [[nodiscard]] friend bool operator==(const allocation_counts&,
                                         const allocation_counts&) = default;
};

// Prints as `3 allocations of 48 B, 2 frees of 32 B, 1 live block of 16 B`.
inline std::ostream& operator<<(std::ostream& out, const allocation_counts& counts)
{
    const auto plural = [](std::int64_t n) { return n == 1 ? "" : "s"; };
    return out << counts.allocations << " allocation" << plural(counts.allocations) << " of "
               << counts.allocated << ", " << counts.frees << " free" << plural(counts.frees)
               << " of " << counts.freed << ", " << counts.live_blocks << " live block"
               << plural(counts.live_blocks) << " of " << counts.live_bytes;
}

// A family of allocation functions that can be counted.
enum class hook {
    operator_new, // operator new and delete in all forms
    malloc,       // malloc, calloc, realloc, free and the rest; what calls them, as strdup
};

// Nothing counts what the scope was to count. Thrown rather than returned: a test that reads zero
// leaks where no one looked would pass.
struct no_active_hook : std::logic_error
{
    explicit no_active_hook(hook missing)
        : std::logic_error{
              missing == hook::operator_new
                  ? "leak_scope: operator new is not counted. Include "
                    "heaplings/leak_counter/hooks.hpp in one source file of the executable. Under "
                    "Valgrind or a sanitizer, which replace operator new, rely on their own leak "
                    "check instead."
                  : "leak_scope: malloc is not counted. Include "
                    "heaplings/leak_counter/malloc_hooks.hpp in one source file of the executable. "
                    "Under Valgrind or a sanitizer, which replace malloc, rely on their own leak "
                    "check instead."}
    {
    }
};

namespace detail {

// The calling thread's own counter. Throws std::runtime_error if it has none: there is no memory
// for it, or the thread is about to end and its pthread keys are being destroyed.
[[nodiscard]] inline const thread_counter& require_counter_of_this_thread()
{
    const thread_counter* own = counter_of_this_thread();
    if (own == nullptr) throw std::runtime_error{"leak_scope: this thread has no counter"};
    return *own;
}

// Whether a block of one byte, allocated and freed, shows in this thread's counts.
template <typename Allocate, typename Free>
[[nodiscard]] bool is_counted(Allocate allocate, Free free)
{
    const thread_counter& own = require_counter_of_this_thread();
    const totals before = own.read();
    void* block = allocate();
    // Lets the block escape: compilers leave out an allocation that no one can see.
    asm volatile("" : : "g"(block) : "memory");
    free(block);
    const totals after = own.read();
    return after.allocations == before.allocations + 1 && after.frees == before.frees + 1 &&
           after.bytes_allocated == before.bytes_allocated + 1 &&
           after.bytes_freed == before.bytes_freed + 1;
}

// What was found out by trying, once in the life of the process: what Valgrind, a sanitizer or
// another library have replaced stays so. Comes before the first scope, so none counts the trial.
struct trial_of_hooks
{
    bool operator_new =
        is_counted([] { return ::operator new(1); }, [](void* p) { ::operator delete(p); });
    bool malloc = is_counted([] { return std::malloc(1); }, [](void* p) { std::free(p); });
};

[[nodiscard]] inline const trial_of_hooks& tried_hooks()
{
    static const trial_of_hooks result;
    return result;
}

} // namespace detail

// Whether calls of these functions are counted in this process, found out by making one: not if the
// hook is not linked, nor where Valgrind, a sanitizer or the program itself replaces the functions.
[[nodiscard]] inline bool hooks_active(hook wanted = hook::operator_new)
{
    const detail::trial_of_hooks& tried = detail::tried_hooks();
    return wanted == hook::operator_new ? tried.operator_new : tried.malloc;
}

// Whose allocations and frees a scope counts.
enum class scope_extent {
    this_thread, // those made by the thread that opened the scope
    process,     // those of all threads, also of threads that have ended
};

// Counts allocations and frees from its construction on.
//
// Scopes nest: each counts all that happens while it exists. A block counts as freed by the thread
// that frees it, so where blocks change threads, only a scope of the process balances. In a forked
// child, scopes go on counting, each process for itself.
//
// A scope of this thread must not outlive the thread. Reading the counts allocates nothing.
class leak_scope
{
public:
    // Opens a scope that counts the functions of all linked hooks; `needed` are those that it can't
    // do without. Throws no_active_hook if they are not counted, std::bad_alloc without memory for
    // the scope, std::runtime_error for a thread that is about to end.
    explicit leak_scope(scope_extent extent = scope_extent::this_thread,
                        hook needed = hook::operator_new)
        : thread_{extent == scope_extent::this_thread ? &detail::require_counter_of_this_thread()
                                                      : nullptr}
    {
        if (!hooks_active(needed)) throw no_active_hook{needed};

        entry_ = detail::open_scopes.acquire();
        if (entry_ == nullptr) throw std::bad_alloc{};
        entry_->thread.store(thread_, std::memory_order_relaxed);
        entry_->epoch.store(detail::current_epoch.fetch_add(1, std::memory_order_relaxed) + 1,
                            std::memory_order_relaxed);
        start_ = read();
    }

    leak_scope(const leak_scope&) = delete;
    leak_scope& operator=(const leak_scope&) = delete;

    ~leak_scope()
    {
        entry_->epoch.store(0, std::memory_order_relaxed);
        detail::open_scopes.release(*entry_);
    }

    // What happened since the scope began. A scope of the process is exact if no other thread
    // allocates or frees at this moment.
    [[nodiscard]] allocation_counts counts() const noexcept
    {
        const reading now = read();
        allocation_counts counts;
        counts.allocations = now.all.allocations - start_.all.allocations;
        counts.frees = now.all.frees - start_.all.frees;
        counts.allocated = bytes{now.all.bytes_allocated - start_.all.bytes_allocated};
        counts.freed = bytes{now.all.bytes_freed - start_.all.bytes_freed};

        const std::int64_t older_frees = now.older_frees - start_.older_frees;
        const bytes older_freed{now.older_bytes_freed - start_.older_bytes_freed};
        counts.live_blocks = counts.allocations - (counts.frees - older_frees);
        counts.live_bytes = counts.allocated - (counts.freed - older_freed);
        return counts;
    }

private:
    struct reading
    {
        detail::totals all;
        std::int64_t older_frees = 0;
        std::int64_t older_bytes_freed = 0;
    };

    [[nodiscard]] reading read() const noexcept
    {
        return {thread_ != nullptr ? thread_->read() : detail::totals_of_process(),
                entry_->older_frees.load(std::memory_order_relaxed),
                entry_->older_bytes_freed.load(std::memory_order_relaxed)};
    }

    const detail::thread_counter* thread_; // nullptr: the whole process
    detail::open_scope* entry_ = nullptr;
    reading start_;
};

} // namespace heaplings
