// What the hooks have to do at the moment: nothing, count, or record each block.
#pragma once

#include <heaplings/leak_counter/detail/shadow.hpp>

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

// Defined by record_from_start.hpp; in a program without it the address is null.
extern "C" [[gnu::weak]] const char heaplings_records_from_start;

namespace heaplings::detail {

// What an open scope wants of the hooks. Each includes those before it.
enum class wanted : std::uint64_t {
    counts = 1,                            // of allocations and frees
    blocks = std::uint64_t{1} << 20U,      // a record of each block, with its caller
    call_stacks = std::uint64_t{1} << 40U, // and its call stack
};

// What hooks keep of a block.
enum class recorded : std::uint8_t {
    counts,      // only that it came and went
    callers,     // a record, with who called the allocation function
    call_stacks, // a record, with the call stacks of allocation and free
};

// What all open scopes want together. Hooks ask for one number, now(): while it is 0 they do
// nothing, and while it is that which they have seen, everything is as they have found it then.
class recorder
{
public:
    // One more scope wants this. Returns its epoch: time, counted in scopes opened. A block belongs
    // to a scope if its epoch is not less. (Records keep 32 bits of it: after four thousand million
    // scopes the order of both is lost.)
    [[nodiscard]] static std::uint64_t begin(wanted what) noexcept
    {
        const transition only_one;
        decide();
        const std::uint64_t epoch = epoch_.fetch_add(1, std::memory_order_relaxed) + 1;
        if (what != wanted::counts && !is_recording(sum_.load(std::memory_order_relaxed))) {
            // Records from before may have become wrong since: blocks came and went unseen.
            shadow::choose_granule();
            shadow::clear_if_large();
            known_since_.store(epoch, std::memory_order_relaxed);
        }
        change_by(one(what));
        return epoch;
    }

    static void end(wanted what) noexcept
    {
        const transition only_one;
        change_by(std::uint64_t{0} - one(what));
        if (what != wanted::counts && !is_recording(sum_.load(std::memory_order_relaxed))) {
            has_unknown_.store(true, std::memory_order_relaxed); // those that are live
            shadow::clear_if_large();
        }
    }

    [[nodiscard]] static std::uint64_t now() noexcept
    {
        return now_.load(std::memory_order_acquire);
    }

    // The most that an open scope wants, which is part of now().
    [[nodiscard]] static constexpr recorded what_to_record(std::uint64_t now) noexcept
    {
        return static_cast<recorded>(now & 3U);
    }

    [[nodiscard]] static std::uint64_t epoch() noexcept
    {
        return epoch_.load(std::memory_order_relaxed);
    }

    // Whether it is decided if blocks are recorded from the program's first on, or only those of
    // scopes. The first hook that is called decides, or the first scope.
    [[nodiscard]] static bool is_decided() noexcept
    {
        return is_decided_.load(std::memory_order_relaxed);
    }
    [[gnu::noinline, gnu::cold]] static void decide_at_first_block() noexcept
    {
        const transition only_one;
        decide();
    }

    // Whether a record is of a block that is known since: not if hooks did not look on meanwhile.
    [[nodiscard]] static bool is_known(block_record record) noexcept
    {
        return record.epoch() >=
               static_cast<std::uint32_t>(known_since_.load(std::memory_order_relaxed));
    }

    // Whether there may be blocks that were allocated when hooks recorded nothing.
    [[nodiscard]] static bool has_unknown_blocks() noexcept
    {
        return has_unknown_.load(std::memory_order_relaxed);
    }
    static void add_unknown_block() noexcept
    {
        if (!has_unknown_blocks()) has_unknown_.store(true, std::memory_order_relaxed);
    }

private:
    // Held while something begins or ends. Its value is the holder's process: in a forked child, a
    // thread that held it is not there to let it go.
    class transition
    {
    public:
        transition() noexcept
        {
            const pid_t here = getpid();
            pid_t holder = 0;
            while (!holder_.compare_exchange_weak(holder, here, std::memory_order_acquire)) {
                if (holder == here) {
                    holder = 0;
                    sched_yield();
                }
            }
        }
        transition(const transition&) = delete;
        transition& operator=(const transition&) = delete;
        ~transition() { holder_.store(0, std::memory_order_release); }

    private:
        inline static constinit std::atomic<pid_t> holder_{0};
    };

    [[nodiscard]] static constexpr std::uint64_t one(wanted what) noexcept
    {
        return static_cast<std::uint64_t>(what);
    }
    [[nodiscard]] static constexpr bool is_recording(std::uint64_t sum) noexcept
    {
        return sum >= one(wanted::blocks);
    }

    static void decide() noexcept
    {
        if (is_decided()) return;
        const bool from_start = &heaplings_records_from_start != nullptr;
        if (from_start) shadow::choose_granule();
        has_unknown_.store(!from_start, std::memory_order_relaxed);
        is_decided_.store(true, std::memory_order_relaxed);
        change_by(from_start ? one(wanted::blocks) : 0);
    }

    static void change_by(std::uint64_t difference) noexcept
    {
        const std::uint64_t sum =
            sum_.fetch_add(difference, std::memory_order_relaxed) + difference;
        const recorded most = sum >= one(wanted::call_stacks) ? recorded::call_stacks
                              : is_recording(sum)             ? recorded::callers
                                                              : recorded::counts;
        const std::uint64_t now = ++changes_ << 2U | static_cast<std::uint64_t>(most);
        now_.store(sum == 0 ? 0 : now, std::memory_order_release);
    }

    // Three counters in one word, so that all are read at once.
    inline static constinit std::atomic<std::uint64_t> sum_{0};
    inline static constinit std::uint64_t changes_{1};
    inline static constinit std::atomic<std::uint64_t> now_{4}; // not 0, as nothing is decided yet
    inline static constinit std::atomic<std::uint64_t> epoch_{1};
    inline static constinit std::atomic<std::uint64_t> known_since_{0};
    inline static constinit std::atomic<bool> is_decided_{false};
    inline static constinit std::atomic<bool> has_unknown_{false};
};

} // namespace heaplings::detail
