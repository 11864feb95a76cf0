// What is known of one block, in two words.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace heaplings::detail {

enum class block_state : std::uint64_t {
    unknown, // never put, or put by no hook
    live,
    freed,            // and its address not given out again
    freed_by_unknown, // the same, and who freed it was not noted
};

// As records keep an alignment: its logarithm; 0 if there is none.
[[nodiscard]] constexpr unsigned bit_of(std::size_t alignment) noexcept
{
    return alignment == 0 ? 0U : static_cast<unsigned>(std::countr_zero(alignment));
}

// The record of a block. Its fields are put together by hand: the hooks build and compare whole
// words, of which most bits are constants of the hook.
struct block_record
{
    // From bit 0: size 47 | counted 1 | kind 2 | state 2 | alignment 6 | freed_at, high 5 | 1
    std::uint64_t what = 0;
    // From bit 0: epoch 32 | stack 18 | 1 unused, thread 12; once freed, freed_at, low 13 | 0
    std::uint64_t who = 0;

    static constexpr std::uint64_t size_mask = (std::uint64_t{1} << 47U) - 1;
    static constexpr std::uint64_t counted_bit = std::uint64_t{1} << 47U;
    static constexpr unsigned kind_shift = 48;
    static constexpr unsigned state_shift = 50;
    static constexpr unsigned alignment_shift = 52;
    static constexpr unsigned freed_high_shift = 58;
    static constexpr std::uint64_t first_word_bit = std::uint64_t{1} << 63U;
    static constexpr unsigned stack_shift = 32;
    static constexpr std::uint64_t stack_mask = (std::uint64_t{1} << 18U) - 1;
    static constexpr unsigned freed_low_shift = 50;
    static constexpr unsigned freed_low_bits = 13;
    static constexpr unsigned thread_shift = 51;
    static constexpr std::uint64_t thread_mask = 0xfff;

    // The bits of `what` that say how a live block was allocated.
    [[nodiscard]] static constexpr std::uint64_t live_bits(allocation_kind kind,
                                                           unsigned alignment_bit) noexcept
    {
        return first_word_bit | static_cast<std::uint64_t>(kind) << kind_shift |
               static_cast<std::uint64_t>(block_state::live) << state_shift |
               std::uint64_t{alignment_bit} << alignment_shift;
    }

    // Whether these are the two words of a record, rather than parts of two.
    [[nodiscard]] bool is_whole() const noexcept
    {
        return (what & first_word_bit) != 0 && (who & first_word_bit) == 0;
    }
    // In bytes, as requested.
    [[nodiscard]] std::uint64_t size() const noexcept { return what & size_mask; }
    // False: allocated where a not_counted was open.
    [[nodiscard]] bool is_counted() const noexcept { return (what & counted_bit) != 0; }
    [[nodiscard]] allocation_kind kind() const noexcept
    {
        return static_cast<allocation_kind>(what >> kind_shift & 3U);
    }
    [[nodiscard]] bool is(block_state wanted) const noexcept
    {
        return (what >> state_shift & 3U) == static_cast<std::uint64_t>(wanted);
    }
    // log2 of what operator new was asked for; 0: no alignment.
    [[nodiscard]] unsigned alignment_bit() const noexcept { return what >> alignment_shift & 63U; }
    [[nodiscard]] bool is_freed() const noexcept
    {
        return is(block_state::freed) || is(block_state::freed_by_unknown);
    }
    // When it was allocated, counted in scopes opened.
    [[nodiscard]] std::uint32_t epoch() const noexcept { return static_cast<std::uint32_t>(who); }
    // Who allocated it: a number of call_stacks.
    [[nodiscard]] std::uint32_t stack() const noexcept
    {
        return static_cast<std::uint32_t>(who >> stack_shift & stack_mask);
    }
    // Of a live block: the number of the thread_counter that counted it; 0: none has it.
    [[nodiscard]] std::uint32_t thread() const noexcept
    {
        return static_cast<std::uint32_t>(who >> thread_shift & thread_mask);
    }
    // Of a freed block, who freed it: a number of call_stacks.
    [[nodiscard]] std::uint32_t freed_at() const noexcept
    {
        if (!is(block_state::freed)) return 0;
        constexpr std::uint64_t low_mask = (1U << freed_low_bits) - 1;
        constexpr std::uint64_t high_mask = stack_mask >> freed_low_bits;
        return static_cast<std::uint32_t>((who >> freed_low_shift & low_mask) |
                                          (what >> freed_high_shift & high_mask) << freed_low_bits);
    }

    // `what` of the same block when it is freed.
    [[nodiscard]] std::uint64_t freed_by_unknown() const noexcept
    {
        return what ^ between(block_state::live, block_state::freed_by_unknown);
    }

    // The same block, freed by that call stack.
    [[nodiscard]] block_record freed_by(std::uint64_t number) const noexcept
    {
        constexpr std::uint64_t who_kept = (std::uint64_t{1} << freed_low_shift) - 1;
        const std::uint64_t low = number & ((1U << freed_low_bits) - 1);
        return {(what ^ between(block_state::live, block_state::freed)) |
                    number >> freed_low_bits << freed_high_shift,
                (who & who_kept) | low << freed_low_shift};
    }

private:
    // The bits in which the states differ.
    [[nodiscard]] static constexpr std::uint64_t between(block_state one,
                                                         block_state other) noexcept
    {
        return (static_cast<std::uint64_t>(one) ^ static_cast<std::uint64_t>(other)) << state_shift;
    }
};
static_assert(sizeof(block_record) == 16);

} // namespace heaplings::detail
