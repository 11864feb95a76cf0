// Makes allocations fail on purpose, to see that a failure loses nothing.
#pragma once

#include <heaplings/leak_counter/backend.hpp>
#include <heaplings/leak_counter/detail/allocation_watch.hpp>
#include <heaplings/leak_counter/detail/stack_text.hpp>
#include <heaplings/leak_counter/not_counted.hpp>
#include <heaplings/leak_counter/report.hpp>
#include <heaplings/leak_counter/scope.hpp>
#include <heaplings/units.hpp>

#include <cstdint>
#include <new>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace heaplings {

namespace detail {

class failing_watch final : public allocation_watch
{
public:
    explicit failing_watch(std::int64_t nth) noexcept : left_{nth} {}

    [[nodiscard]] bool may_allocate(const attempted_allocation& attempt) noexcept override
    {
        if (--left_ != 0) return true;
        failed_.emplace(attempt);
        return false;
    }

    [[nodiscard]] const std::optional<remembered_allocation>& failed() const noexcept
    {
        return failed_;
    }

private:
    std::int64_t left_;
    std::optional<remembered_allocation> failed_;
};

} // namespace detail

// As long as it lives, the n-th allocation that the calling thread makes from now on fails as if
// there were no memory: operator new calls the new_handler, then throws std::bad_alloc or returns
// null; with the malloc hooks, malloc, realloc and the others return null with ENOMEM, and
// realloc's block stays. All others succeed. They end in the opposite order of their beginnings.
class allocation_failure
{
public:
    // `nth` counts from 1. Throws std::invalid_argument for less, no_active_hook if the functions
    // are not hooked, under a sanitizer and under Valgrind.
    explicit allocation_failure(std::int64_t nth, hook needed = hook::operator_new)
        : watch_{require(nth, needed)}
    {
    }

    // Whether so many allocations were made that one failed.
    [[nodiscard]] bool happened() const noexcept { return watch_.failed().has_value(); }

    // Prints the allocation that failed, and where it was: `24 B by new at ...`.
    friend std::ostream& operator<<(std::ostream& out, const allocation_failure& failure)
    {
        const not_counted own_work;
        if (!failure.happened()) return out << "no allocation failed";
        const detail::remembered_allocation& failed = *failure.watch_.failed();
        const auto frames = detail::frames_of(detail::call_stacks::at(failed.stack));
        out << bytes{failed.size} << " by " << failed.kind << " at\n";
        detail::stack_text stacks;
        stacks.add(frames);
        stacks.print(out, frames);
        return out;
    }

private:
    [[nodiscard]] static std::int64_t require(std::int64_t nth, hook needed)
    {
        detail::require_own_hooks(needed, "allocation_failure");
        if (nth < 1) throw std::invalid_argument{"allocation_failure: nth counts from 1"};
        return nth;
    }

    detail::failing_watch watch_;
};

// Code leaked, or freed badly, after one of its allocations had failed. what() names both.
struct leak_after_failure : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

// Runs `action` again and again: the first time its first allocation fails, the second time its
// second, and so on, until a run in which none fails. Returns how many failed: how many it makes.
//
// `action` may let std::bad_alloc out. Any other exception goes on to the caller. Throws
// leak_after_failure if a run leaks or frees badly; what a first run makes and keeps leaks if it is
// not allowed to: warm_up(action) before. Blocks and failures are those of the calling thread.
// Throws no_active_hook as allocation_failure does.
template <typename Action>
std::int64_t fail_each_allocation(Action action, hook needed = hook::operator_new)
{
    for (std::int64_t nth = 1;; ++nth) {
        const leak_scope scope{scope_extent::this_thread, needed};
        std::optional<allocation_failure> failure{std::in_place, nth, needed};
        try {
            action();
        } catch (const std::bad_alloc&) {
            if (!failure->happened()) throw; // there really is no memory
        }
        const leak_report found = scope.report();
        if (!found.empty()) {
            const not_counted own_work;
            std::ostringstream text;
            text << "fail_each_allocation: after allocation " << nth
                 << (failure->happened() ? " failed, " : ", of which none failed, ")
                 << "this is left:\n"
                 << found;
            if (failure->happened()) text << "The allocation that failed: " << *failure;
            throw leak_after_failure{text.str()};
        }
        if (!failure->happened()) return nth - 1;
    }
}

} // namespace heaplings
