// Allocation budgets: a piece of code may allocate so much, or nothing at all.
#pragma once

#include <heaplings/leak_counter/allocation_counter.hpp>
#include <heaplings/leak_counter/backend.hpp>
#include <heaplings/leak_counter/detail/allocation_watch.hpp>
#include <heaplings/leak_counter/detail/stack_text.hpp>
#include <heaplings/leak_counter/not_counted.hpp>
#include <heaplings/units.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace heaplings {

// How much may be allocated, whether it is freed again or not. Without a value, any amount.
struct allocation_budget
{
    std::int64_t allocations = std::numeric_limits<std::int64_t>::max();
    bytes allocated{std::numeric_limits<std::int64_t>::max()};
};

inline constexpr allocation_budget no_allocation{0, bytes{0}};

// At most `n` calls of allocation functions.
[[nodiscard]] constexpr allocation_budget at_most(std::int64_t n) noexcept
{
    return {n, bytes{std::numeric_limits<std::int64_t>::max()}};
}

// At most `size` requested bytes in all.
[[nodiscard]] constexpr allocation_budget at_most(bytes size) noexcept
{
    return {std::numeric_limits<std::int64_t>::max(), size};
}

// Prints `no allocation`, `at most 3 allocations`, `at most 64 B`, `at most 3 allocations of 64 B`.
inline std::ostream& operator<<(std::ostream& out, const allocation_budget& budget)
{
    constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();
    if (budget.allocations == 0) return out << "no allocation";
    out << "at most ";
    if (budget.allocations != any) {
        out << budget.allocations << (budget.allocations == 1 ? " allocation" : " allocations");
        if (budget.allocated.count() != any) out << " of ";
    }
    if (budget.allocated.count() != any) out << budget.allocated;
    return out;
}

// More was allocated than a budget allows. what() says how much, and names the source line of the
// first allocation that was too much.
struct budget_exceeded : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

namespace detail {

// Remembers the first allocation that a budget does not cover.
class budget_watch final : public allocation_watch
{
public:
    explicit budget_watch(const allocation_budget& budget) noexcept : left_{budget} {}

    [[nodiscard]] bool may_allocate(const attempted_allocation& attempt) noexcept override
    {
        left_.allocations -= 1;
        left_.allocated -= bytes{attempt.size};
        if (!first_over_ && (left_.allocations < 0 || left_.allocated < bytes{0})) {
            first_over_.emplace(attempt);
        }
        return true;
    }

    [[nodiscard]] const std::optional<remembered_allocation>& first_over() const noexcept
    {
        return first_over_;
    }

private:
    allocation_budget left_;
    std::optional<remembered_allocation> first_over_;
};

[[noreturn]] inline void throw_budget_exceeded(const allocation_budget& budget,
                                               const allocation_counter& counter,
                                               const remembered_allocation& first_over)
{
    const not_counted own_work;
    std::ostringstream text;
    text << "within_budget: " << budget << " allowed, but there were " << counter.allocations()
         << " of " << counter.allocated() << ".\nThe first too much is " << bytes{first_over.size}
         << " by " << first_over.kind << " at\n";
    stack_text stacks;
    const auto frames = frames_of(call_stacks::at(first_over.stack));
    stacks.add(frames);
    stacks.print(text, frames);
    throw budget_exceeded{text.str()};
}

} // namespace detail

// Runs `action` and returns what it returns. Throws budget_exceeded if the calling thread allocated
// more meanwhile than the budget allows; if `action` throws, that goes on instead. Allocations that
// fail count too.
//
//     const auto hit = within_budget(no_allocation, [&] { return cache.find(key); });
//
// Counts the functions of all linked hooks; `needed` are those that it can't do without. Throws
// no_active_hook if they are not counted, under a sanitizer and under Valgrind.
template <typename Action>
decltype(auto) within_budget(const allocation_budget& budget, Action&& action,
                             hook needed = hook::operator_new)
{
    detail::require_own_hooks(needed, "within_budget");
    const allocation_counter counter{scope_extent::this_thread, needed};
    const detail::budget_watch watch{budget};
    const auto check = [&] {
        if (watch.first_over()) {
            detail::throw_budget_exceeded(budget, counter, *watch.first_over());
        }
    };
    if constexpr (std::is_void_v<std::invoke_result_t<Action>>) {
        std::forward<Action>(action)();
        check();
    } else {
        decltype(auto) result = std::forward<Action>(action)();
        check();
        return result;
    }
}

} // namespace heaplings
