// Counts what happens to the heap from one point on: the scope of a leak check.
#pragma once

#include <heaplings/leak_counter/backend.hpp>
#include <heaplings/leak_counter/counts.hpp>
#include <heaplings/leak_counter/detail/bad_free_log.hpp>
#include <heaplings/leak_counter/detail/open_scopes.hpp>
#include <heaplings/leak_counter/detail/recorder.hpp>
#include <heaplings/leak_counter/report.hpp>
#include <heaplings/leak_counter/scope_extent.hpp>
#include <heaplings/units.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>

namespace heaplings {

// How much is noted of who allocates and frees a block.
enum class call_stacks {
    captured,    // up to 16 callers
    caller_only, // that of the allocation function alone: costs less, but within std::vector or
                 // make_unique it is the library's line
};

// Counts allocations and frees from its construction on.
//
// Scopes nest: each counts all that happens while it exists. A block counts as freed by the thread
// that frees it, so where blocks change threads, only a scope of the process balances. In a forked
// child, scopes go on counting, each process for itself.
//
// A scope of this thread must not outlive the thread. Reading the counts allocates nothing.
//
// While no scope is open hooks do nothing. So of blocks from before the outermost scope only their
// free is seen: it counts with the size that the allocator set aside, or that a sized delete tells,
// its family is not checked, and the free of an address in the heap that never was a block passes
// for one. With leak_counter/record_from_start.hpp, which leak_counter/doctest.hpp brings, all
// blocks of the program are known.
//
// Bad frees (of the wrong family, twice, of another size, of what is no block) are noted by the
// open scopes around and are in their reports. If a scope ends whose report no one has asked for,
// and none is open around it, it tells of them on stderr.
class leak_scope
{
public:
    // Opens a scope that counts the functions of all linked hooks; `needed` are those that it can't
    // do without. Throws no_active_hook if they are not counted, std::bad_alloc without memory for
    // the scope, std::runtime_error for a thread that is about to end.
    //
    // Under Valgrind all blocks of the process are meant, whatever is asked for.
    explicit leak_scope(scope_extent extent = scope_extent::this_thread,
                        hook needed = hook::operator_new,
                        call_stacks stacks = call_stacks::captured)
        : who_counts_{active_backend()}
    {
        if (who_counts_ == backend::valgrind) {
            valgrind_start_ = detail::count_valgrind_blocks();
            return;
        }
        if (!hooks_active(needed)) throw no_active_hook{needed};
        if (extent == scope_extent::this_thread) {
            thread_ = &detail::require_counter_of_this_thread();
        }
        entry_ = detail::open_scopes.acquire();
        if (entry_ == nullptr) throw std::bad_alloc{};
        if (stacks == call_stacks::caller_only) wanted_ = detail::wanted::blocks;
        open();
    }

    leak_scope(const leak_scope&) = delete;
    leak_scope& operator=(const leak_scope&) = delete;

    ~leak_scope()
    {
        if (entry_ == nullptr) return;
        entry_->epoch.store(0, std::memory_order_relaxed);
        detail::open_scopes.release(*entry_);
        detail::recorder::end(wanted_);
        if (!was_reported_ && count_bad_frees() != 0) tell_of_bad_frees();
    }

    // What happened since the scope began. A scope of the process is exact if no other thread
    // allocates or frees at this moment. Throws no_active_hook under Valgrind, which counts only
    // what is live: ask for a report() there.
    [[nodiscard]] allocation_counts counts() const
    {
        if (entry_ == nullptr) {
            throw no_active_hook{"leak_scope: Valgrind tells only which blocks are live, not how "
                                 "many were allocated; report() works there"};
        }
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
        counts.bad_frees = count_bad_frees();
        return counts;
    }

    // The most bytes that were live at the same time, of those allocated since the scope began.
    //
    // Exact where one thread allocates and frees, and no block older than the scope is freed in it.
    // Otherwise two bounds, as exactness across threads would cost three times as much
    // (a prototype was measured). Throws no_active_hook under Valgrind.
    [[nodiscard]] peak_bounds peak() const
    {
        const allocation_counts now = counts();
        const bytes older_freed = now.freed - (now.allocated - now.live_bytes);
        const peak_reading seen = read_peak();
        peak_bounds bounds;
        bounds.at_most = std::min(now.allocated, bytes{seen.at_most} + older_freed);
        bounds.at_least = std::max({now.live_bytes, bytes{seen.at_least}, bytes{0}});
        bounds.at_most = std::max(bounds.at_least, bounds.at_most);
        return bounds;
    }

    // What leaked so far, less what is allowed to, and the bad frees, to be printed or compared
    // with no_leaks. What it needs itself is not counted. Scans the records of the whole heap.
    //
    // Under Valgrind only the sums, and those of the blocks that were freed though older than the
    // scope are taken off.
    [[nodiscard]] leak_report report() const
    {
        const not_counted own_work;
        was_reported_ = true;
        if (entry_ == nullptr) return leak_report{valgrind_start_};
        leak_report result{who_counts_};
        result.add_bad_frees(bad_frees_before_, thread_);
        const std::int64_t live = counts().live_blocks;
        if (live != 0) result.add_leaks(epoch_, thread_, std::max<std::int64_t>(live, 0));
        return result;
    }

private:
    struct reading
    {
        detail::totals all;
        std::int64_t older_frees = 0;
        std::int64_t older_bytes_freed = 0;
    };

    struct peak_reading
    {
        std::int64_t at_least;
        std::int64_t at_most;
    };

    void open() noexcept
    {
        entry_->thread.store(thread_, std::memory_order_relaxed);
        entry_->earlier_peak.store(INT64_MIN, std::memory_order_relaxed);
        entry_->earlier_excess.store(0, std::memory_order_relaxed);
        epoch_ = detail::recorder::begin(wanted_);
        entry_->epoch.store(epoch_, std::memory_order_relaxed);
        bad_frees_before_ = detail::bad_free_log::count();
        start_ = read();
    }

    [[nodiscard]] reading read() const noexcept
    {
        return {thread_ != nullptr ? thread_->read() : detail::totals_of_process(),
                entry_->older_frees.load(std::memory_order_relaxed),
                entry_->older_bytes_freed.load(std::memory_order_relaxed)};
    }

    // Relative to what was live when the scope began, blocks older than it included.
    [[nodiscard]] peak_reading read_peak() const noexcept
    {
        std::int64_t sum = 0;  // of the threads' peaks in the scope
        std::int64_t idle = 0; // of what threads hold that did nothing in it
        std::int64_t largest = entry_->earlier_peak.load(std::memory_order_relaxed);
        int active = 0;
        const auto look_at = [&](const detail::thread_counter& counter) {
            if (counter.scopes_seen.load(std::memory_order_relaxed) < epoch_) {
                idle += counter.bytes_live.load(std::memory_order_relaxed);
                return;
            }
            const std::int64_t peak = counter.peak.load(std::memory_order_relaxed);
            sum += peak;
            largest = std::max(largest, peak);
            ++active;
        };
        if (thread_ != nullptr) {
            look_at(*thread_);
        } else {
            detail::thread_counters.for_each(look_at);
            idle += detail::shared_counter.bytes_live.load(std::memory_order_relaxed);
        }
        const std::int64_t start = start_.all.bytes_allocated - start_.all.bytes_freed;
        if (active == 0) return {0, 0};
        if (active == 1) return {largest + idle - start, largest + idle - start};
        const std::int64_t excess = entry_->earlier_excess.load(std::memory_order_relaxed);
        return {0, sum + idle + excess - start};
    }

    [[nodiscard]] std::int64_t count_bad_frees() const noexcept
    {
        return detail::count_bad_frees(bad_frees_before_, thread_);
    }

    void tell_of_bad_frees() const noexcept
    {
        bool is_seen = false;
        detail::open_scopes.for_each([&](const detail::open_scope& scope) {
            is_seen = is_seen ||
                      (scope.epoch.load(std::memory_order_relaxed) != 0 && scope.covers(thread_));
        });
        if (is_seen) return;
        detail::bad_free_log::for_each_from(bad_frees_before_, [&](const auto& noted) {
            if (thread_ == nullptr || noted.thread == thread_) detail::print_bad_free(noted);
        });
    }

    backend who_counts_;
    const detail::thread_counter* thread_ = nullptr; // nullptr: the whole process
    detail::open_scope* entry_ = nullptr;            // nullptr: under Valgrind
    std::uint64_t epoch_ = 0;
    std::uint64_t bad_frees_before_ = 0;
    detail::wanted wanted_ = detail::wanted::call_stacks;
    mutable bool was_reported_ = false;
    reading start_;
    detail::valgrind_blocks valgrind_start_;
};

} // namespace heaplings
