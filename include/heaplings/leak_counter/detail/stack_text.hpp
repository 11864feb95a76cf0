// Prints call stacks as an engineer wants to read them: from the first frame of the user on.
#pragma once

#include <heaplings/leak_counter/detail/call_stacks.hpp>
#include <heaplings/leak_counter/detail/source_lines.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <set>
#include <span>
#include <string>

namespace heaplings::detail {

[[nodiscard]] inline std::span<const void* const> frames_of(const call_stack_entry* stack) noexcept
{
    if (stack == nullptr) return {};
    return {stack->frames, stack->depth};
}

// Stacks are added before the first is printed, so that all are looked up in one go. Allocates: use
// it where that is not counted.
class stack_text
{
public:
    void add(std::span<const void* const> stack) { addresses_.insert(stack.begin(), stack.end()); }

    // A line a frame, `    load(int) (table.cpp:17)`: the first that is neither the standard
    // library's nor the test framework's, and its callers up to main or the framework.
    void print(std::ostream& out, std::span<const void* const> stack)
    {
        if (lines_ == nullptr) lines_ = std::make_unique<source_lines>(addresses_);
        if (stack.empty()) {
            out << "    (call stack not captured)\n";
            return;
        }
        constexpr std::size_t most_printed = 5;
        std::size_t printed = 0;
        for (const void* address : stack) {
            for (const source_frame& frame : lines_->at(address)) {
                if (frame.owner == code_owner::test_framework && printed != 0) return;
                if (frame.owner != code_owner::user) continue;
                print_frame(out, frame, address);
                if (++printed == most_printed || frame.function == "main") return;
            }
        }
        // Nothing of the user's: the innermost, whosever it is.
        if (printed == 0) print_frame(out, lines_->at(stack.front()).front(), stack.front());
    }

private:
    static void print_frame(std::ostream& out, const source_frame& frame, const void* address)
    {
        out << "    " << (frame.function.empty() ? "??" : demangled(frame.function));
        if (!frame.file.empty()) {
            out << " (" << frame.file;
            if (!frame.line.empty()) out << ':' << frame.line;
            out << ')';
        } else if (!frame.in_file.empty()) {
            out << " (in " << frame.in_file << ", " << address << ')';
        } else {
            out << " (" << address << ", in code that is no longer loaded)";
        }
        out << '\n';
    }

    std::set<const void*> addresses_;
    std::unique_ptr<source_lines> lines_;
};

} // namespace heaplings::detail
