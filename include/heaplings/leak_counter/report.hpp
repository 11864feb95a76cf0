// What a scope found: leaked blocks and bad frees, with the source lines that they come from.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/allowance.hpp>
#include <heaplings/leak_counter/backend.hpp>
#include <heaplings/leak_counter/bad_free.hpp>
#include <heaplings/leak_counter/detail/call_stacks.hpp>
#include <heaplings/leak_counter/detail/kept_by_c_library.hpp>
#include <heaplings/leak_counter/detail/shadow.hpp>
#include <heaplings/leak_counter/detail/stack_text.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>
#include <heaplings/leak_counter/leaked_block.hpp>
#include <heaplings/leak_counter/not_counted.hpp>
#include <heaplings/units.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <span>
#include <vector>

namespace heaplings {

// To compare a report with: CHECK(scope.report() == heaplings::no_leaks).
struct no_leaks_t
{
};
inline constexpr no_leaks_t no_leaks{};

inline std::ostream& operator<<(std::ostream& out, no_leaks_t)
{
    return out << "no leak and no bad free";
}

// What leak_scope::report() gives. Does not change when blocks are freed later.
class leak_report
{
public:
    // Neither a leak nor a bad free.
    [[nodiscard]] bool empty() const noexcept { return blocks_ == 0 && bad_free_count_ == 0; }

    [[nodiscard]] std::int64_t leaked_blocks() const noexcept { return blocks_; }
    [[nodiscard]] bytes leaked_bytes() const noexcept { return size_; }

    // Each leaked block, by address. Under Valgrind, which tells only the sums, there is none.
    [[nodiscard]] const std::vector<leaked_block>& leaks() const noexcept { return leaks_; }

    // The bad frees, in their order; of more than 256, the last.
    [[nodiscard]] const std::vector<bad_free>& bad_frees() const noexcept { return bad_frees_; }

    [[nodiscard]] backend who_counted() const noexcept { return who_counted_; }

    [[nodiscard]] friend bool operator==(const leak_report& report, no_leaks_t) noexcept
    {
        return report.empty();
    }

    // Prints a paragraph for each bad free, and for each place that leaked, the largest first, with
    // file and line where there is debug information and addr2line(1).
    friend std::ostream& operator<<(std::ostream& out, const leak_report& report)
    {
        const not_counted own_work;
        report.print(out);
        return out;
    }

private:
    friend class leak_scope;

    explicit leak_report(backend who) : who_counted_{who} {}

    // Under Valgrind: what came to the blocks of then.
    explicit leak_report(const detail::valgrind_blocks& before) : who_counted_{backend::valgrind}
    {
        const detail::valgrind_blocks now = detail::count_valgrind_blocks();
        blocks_ = now.lost_blocks + now.other_blocks - before.lost_blocks - before.other_blocks;
        size_ = bytes{now.lost_bytes + now.other_bytes - before.lost_bytes - before.other_bytes};
    }

    // `most` is how many blocks there are at the most.
    void add_leaks(std::uint64_t epoch, const detail::thread_counter* thread, std::int64_t most)
    {
        const std::uint32_t number = thread != nullptr ? thread->number.load() : 0;
        leaks_.reserve(static_cast<std::size_t>(most));
        std::map<std::uint32_t, bool> is_leak; // by call stack: many blocks have the same
        detail::shadow::for_each_live([&](const detail::shadow::found_block& block) {
            if (!block.record.is_counted() || block.record.epoch() < epoch) return;
            if (thread != nullptr && block.record.thread() != number) return;
            const detail::call_stack_entry* stack = detail::call_stacks::at(block.record.stack());
            if (stack != nullptr) {
                const auto [known, is_new] = is_leak.try_emplace(block.record.stack(), true);
                if (is_new) known->second = detail::counts_as_leak(*stack);
                if (!known->second) return;
            }
            leaks_.push_back({block.address, bytes{block.record.size()}, block.record.kind(),
                              detail::frames_of(stack)});
        });
        detail::remove_kept_by_c_library(leaks_);
        for (const leaked_block& leak : leaks_) size_ += leak.size;
        blocks_ = static_cast<std::int64_t>(leaks_.size());
    }

    void add_bad_frees(std::uint64_t first, const detail::thread_counter* thread)
    {
        detail::bad_free_log::for_each_from(first, [&](const detail::noted_bad_free& noted) {
            if (thread == nullptr || noted.thread == thread) bad_frees_.emplace_back(noted);
        });
        bad_free_count_ = static_cast<std::int64_t>(bad_frees_.size());
    }

    struct place
    {
        std::span<const void* const> stack;
        allocation_kind kind{};
        std::int64_t blocks = 0;
        bytes size;
    };

    // Leaks of the same call stack together, the largest first.
    [[nodiscard]] std::vector<place> places() const
    {
        std::map<std::pair<const void*, allocation_kind>, place> by_stack;
        for (const leaked_block& leak : leaks_) {
            place& here = by_stack[{leak.stack.data(), leak.kind}];
            here.stack = leak.stack;
            here.kind = leak.kind;
            ++here.blocks;
            here.size += leak.size;
        }
        std::vector<place> sorted;
        for (const auto& [stack, here] : by_stack) sorted.push_back(here);
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const place& a, const place& b) { return a.size > b.size; });
        return sorted;
    }

    void print(std::ostream& out) const
    {
        if (empty()) {
            out << no_leaks;
            return;
        }
        const std::vector<place> leaking = places();
        constexpr std::size_t most_shown = 20;
        const std::size_t shown = std::min(leaking.size(), most_shown);
        detail::stack_text stacks;
        for (const bad_free& one : bad_frees_) one.add_to(stacks);
        for (std::size_t i = 0; i < shown; ++i) stacks.add(leaking[i].stack);

        for (const bad_free& one : bad_frees_) one.print(out, stacks);
        if (blocks_ == 0) return;
        out << blocks_ << (blocks_ == 1 ? " leaked block, " : " leaked blocks, ") << size_;
        if (who_counted_ == backend::valgrind) {
            out << "; Valgrind's report at the end of the program has the lines\n";
            return;
        }
        out << '\n';
        for (std::size_t i = 0; i < shown; ++i) {
            const place& here = leaking[i];
            out << "  " << here.size << " in " << here.blocks
                << (here.blocks == 1 ? " block, by " : " blocks, by ") << here.kind << '\n';
            stacks.print(out, here.stack);
        }
        if (shown < leaking.size()) {
            out << "  and " << leaking.size() - shown << " more places\n";
        }
    }

    backend who_counted_;
    std::vector<leaked_block> leaks_;
    std::vector<bad_free> bad_frees_;
    std::int64_t blocks_ = 0;
    bytes size_;
    std::int64_t bad_free_count_ = 0;
};

} // namespace heaplings
