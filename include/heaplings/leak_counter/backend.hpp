// Which allocations are counted in this process, and by whom.
#pragma once

#include <heaplings/leak_counter/detail/recording.hpp>
#include <heaplings/leak_counter/detail/sanitizer.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>
#include <heaplings/leak_counter/detail/valgrind.hpp>

#include <cstdlib>
#include <new>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace heaplings {

// A family of allocation functions that can be counted.
enum class hook {
    operator_new, // operator new and delete in all forms
    malloc,       // malloc, calloc, realloc, free and the rest; what calls them, as strdup
};

// Who tells a scope of allocations.
enum class backend {
    hooks,     // leak_counter/hooks.hpp or malloc_hooks.hpp: everything
    sanitizer, // its own allocator: all but bad frees, which it reports itself, and fault injection
    valgrind,  // Memcheck: the blocks of the process that are live, no more
    off,       // no one
};

// Prints `hooks`, `sanitizer`, `Valgrind`, `off`.
inline std::ostream& operator<<(std::ostream& out, backend which)
{
    switch (which) {
    case backend::hooks:
        return out << "hooks";
    case backend::sanitizer:
        return out << "sanitizer";
    case backend::valgrind:
        return out << "Valgrind";
    case backend::off:
        break;
    }
    return out << "off";
}

// Nothing sees what was to be counted. Thrown rather than returned: a test that reads zero leaks
// where no one looked would pass.
struct no_active_hook : std::logic_error
{
    explicit no_active_hook(hook missing)
        : std::logic_error{
              missing == hook::operator_new
                  ? "leak_scope: operator new is not counted. Include "
                    "heaplings/leak_counter/hooks.hpp in one source file of the executable."
                  : "leak_scope: malloc is not counted. Include "
                    "heaplings/leak_counter/malloc_hooks.hpp in one source file of the executable."}
    {
    }
    using std::logic_error::logic_error;
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
    asm volatile("" : "+r"(block) : : "memory");
    free(block);
    const totals after = own.read();
    return after.allocations == before.allocations + 1 && after.frees == before.frees + 1 &&
           after.bytes_allocated == before.bytes_allocated + 1 &&
           after.bytes_freed == before.bytes_freed + 1;
}

// Records and allows everything in this thread, whatever is open around.
class undisturbed
{
public:
    undisturbed() noexcept
        : uncounted_{std::exchange(this_thread_state.uncounted, 0)}, watches_{std::exchange(
                                                                         this_thread_state.watches,
                                                                         nullptr)}
    {
        this_thread_state.usual_at = 0;
        static_cast<void>(recorder::begin(wanted::blocks));
    }
    undisturbed(const undisturbed&) = delete;
    undisturbed& operator=(const undisturbed&) = delete;
    ~undisturbed()
    {
        recorder::end(wanted::blocks);
        this_thread_state.uncounted = uncounted_;
        this_thread_state.watches = watches_;
        this_thread_state.usual_at = 0;
    }

private:
    int uncounted_;
    allocation_watch* watches_;
};

// Whether Valgrind tells of a block that is there: of its tools, only Memcheck does.
[[nodiscard]] inline bool counts_by_valgrind()
{
    if (!is_under_valgrind()) return false;
    const valgrind_blocks before = count_valgrind_blocks();
    void* block = std::malloc(1);
    asm volatile("" : "+r"(block) : : "memory");
    const valgrind_blocks with = count_valgrind_blocks();
    std::free(block);
    return with.lost_blocks + with.other_blocks == before.lost_blocks + before.other_blocks + 1;
}

// What was found out by trying, once in the life of the process: what Valgrind, a sanitizer or
// another library have replaced stays so. Comes before the first scope, so none counts the trial.
struct tried
{
    bool listens_to_sanitizer;
    bool operator_new;
    bool malloc;
    bool valgrind;
};

[[nodiscard]] inline tried try_hooks()
{
    const undisturbed meanwhile;
    const bool listens = listens_to_sanitizer(); // first, as it makes what follows count
    return {listens,
            is_counted([] { return ::operator new(1); }, [](void* p) { ::operator delete(p); }),
            is_counted([] { return std::malloc(1); }, [](void* p) { std::free(p); }),
            counts_by_valgrind()};
}

[[nodiscard]] inline const tried& tried_hooks()
{
    static const tried result = try_hooks();
    return result;
}

} // namespace detail

// Whether calls of these functions are counted in this process, found out by making one: not if the
// hook is not linked, nor where Valgrind or the program itself replaces the functions.
[[nodiscard]] inline bool hooks_active(hook wanted = hook::operator_new)
{
    const detail::tried& tried = detail::tried_hooks();
    return wanted == hook::operator_new ? tried.operator_new : tried.malloc;
}

// Who counts the blocks of operator new in this process.
[[nodiscard]] inline backend active_backend()
{
    if (hooks_active())
        return detail::tried_hooks().listens_to_sanitizer ? backend::sanitizer : backend::hooks;
    return detail::tried_hooks().valgrind ? backend::valgrind : backend::off;
}

namespace detail {

// Throws no_active_hook unless hooks of our own see the family: for what no other backend can do.
inline void require_own_hooks(hook needed, const char* for_what)
{
    if (hooks_active(needed) && active_backend() == backend::hooks) return;
    const char* reason = active_backend() == backend::sanitizer  ? "a sanitizer is compiled in"
                         : active_backend() == backend::valgrind ? "the program is under Valgrind"
                         : needed == hook::operator_new
                             ? "include heaplings/leak_counter/hooks.hpp in one source file"
                             : "include heaplings/leak_counter/malloc_hooks.hpp in one source file";
    throw no_active_hook{std::string{for_what} + " needs the hooks: " + reason};
}

} // namespace detail

} // namespace heaplings
