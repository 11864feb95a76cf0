// A free that was wrong, and what is known of it.
#pragma once

#include <heaplings/leak_counter/detail/bad_free_log.hpp>
#include <heaplings/leak_counter/detail/bad_free_text.hpp>
#include <heaplings/leak_counter/detail/call_stacks.hpp>
#include <heaplings/leak_counter/detail/stack_text.hpp>
#include <heaplings/leak_counter/not_counted.hpp>
#include <heaplings/units.hpp>

#include <ostream>
#include <span>

namespace heaplings {

// Prints `mismatch`, `wrong size`, `wrong alignment`, `double free`, `interior`, `foreign`.
inline std::ostream& operator<<(std::ostream& out, bad_free_kind kind)
{
    switch (kind) {
    case bad_free_kind::mismatch:
        return out << "mismatch";
    case bad_free_kind::wrong_size:
        return out << "wrong size";
    case bad_free_kind::wrong_alignment:
        return out << "wrong alignment";
    case bad_free_kind::double_free:
        return out << "double free";
    case bad_free_kind::interior:
        return out << "interior";
    case bad_free_kind::foreign:
        break;
    }
    return out << "foreign";
}

// A call of free, realloc, delete or delete[] that the hooks found to be wrong. It did not crash: a
// block that is live was freed all the same, what is no block was left alone.
class bad_free
{
public:
    explicit bad_free(const detail::noted_bad_free& noted) : noted_{noted} {}

    [[nodiscard]] bad_free_kind kind() const noexcept { return noted_.what; }

    [[nodiscard]] const void* address() const noexcept { return noted_.address; }

    // Of the block, as requested; 0 B of a foreign address.
    [[nodiscard]] bytes size() const noexcept { return bytes{noted_.allocated.size()}; }

    // Call stacks, as in leaked_block: of this free, of the one before if it is a double free, and
    // of the allocation. Empty where unknown: what happened when no scope with call stacks was
    // open.
    [[nodiscard]] std::span<const void* const> freed_at() const noexcept
    {
        return detail::frames_of(detail::call_stacks::at(noted_.freed_at));
    }
    [[nodiscard]] std::span<const void* const> first_freed_at() const noexcept
    {
        if (!is_freed()) return {};
        return detail::frames_of(detail::call_stacks::at(noted_.allocated.freed_at()));
    }
    [[nodiscard]] std::span<const void* const> allocated_at() const noexcept
    {
        return detail::frames_of(detail::call_stacks::at(noted_.allocated.stack()));
    }

    // Prints what is wrong, and the sites.
    friend std::ostream& operator<<(std::ostream& out, const bad_free& one)
    {
        const not_counted own_work;
        detail::stack_text stacks;
        one.add_to(stacks);
        one.print(out, stacks);
        return out;
    }

private:
    friend class leak_report;

    [[nodiscard]] bool is_freed() const noexcept { return noted_.allocated.is_freed(); }
    void add_to(detail::stack_text& stacks) const
    {
        stacks.add(freed_at());
        stacks.add(first_freed_at());
        stacks.add(allocated_at());
    }

    void print(std::ostream& out, detail::stack_text& stacks) const
    {
        char text[160];
        detail::describe(noted_, text, sizeof text);
        out << "bad free: " << text << '\n';
        out << "  freed at\n";
        stacks.print(out, freed_at());
        if (is_freed()) {
            out << "  freed before at\n";
            stacks.print(out, first_freed_at());
        }
        if (noted_.what != bad_free_kind::foreign) {
            out << "  " << size() << " allocated at\n";
            stacks.print(out, allocated_at());
        }
    }

    detail::noted_bad_free noted_;
};

} // namespace heaplings
