// The process that runs a callable under a limit.
#pragma once

#include <heaplings/memory_limit/detail/containment.hpp>
#include <heaplings/memory_limit/detail/shared_record.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <new>
#include <string_view>

namespace heaplings::detail {

// What the child says of itself.
struct child_record
{
    std::atomic<bool> started = false; // it is in place, and its callable begins
    std::atomic<int> join_error = 0;   // else why not
    std::atomic<bool> allocation_refused = false;
    std::atomic<bool> threw = false;
    fixed_text<256> exception;
};

// What the caller of run_limited() had and the child is to have again.
struct callers_state
{
    sigset_t signals_blocked;
    struct sigaction on_child;
    struct sigaction on_alarm;
    char name[16] = {};
};

// Notes that operator new is out of memory, and does what would have been done without.
class refusal_note
{
public:
    static void take(child_record& record) noexcept
    {
        record_ = &record;
        previous_ = std::set_new_handler(note);
    }

private:
    static void note()
    {
        record_->allocation_refused = true;
        if (previous_ == nullptr) throw std::bad_alloc{};
        previous_();
    }

    static inline child_record* record_ = nullptr;
    static inline std::new_handler previous_ = nullptr;
};

// At -1000, which children inherit, the OOM killer would never take the child, and it would wait at
// the limit for ever.
inline void become_mortal() noexcept
{
    const int file = ::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    char adj[8] = {};
    if (file >= 0 && ::read(file, adj, sizeof adj - 1) > 0 && std::string_view{adj} == "-1000\n") {
        (void)!::pwrite(file, "0", 1, 0);
    }
    if (file >= 0) ::close(file);
}

// The exit status of the callable, or what left it in the record.
[[nodiscard]] inline int call_and_note(const std::function<int()>& callable, child_record& record)
{
    try {
        return callable();
    } catch (const std::bad_alloc& error) {
        record.allocation_refused = true;
        record.exception.assign(error.what());
    } catch (const std::exception& error) {
        record.exception.assign(error.what());
    } catch (...) {
        record.exception.assign("not a std::exception");
    }
    record.threw = true;
    return 1;
}

// The child's life, from fork to end: waits for a byte on `gate`, goes under the limit, calls.
[[noreturn]] inline void live_as_child(pid_t keeper, int gate, containment& limits,
                                       const callers_state& state, child_record& record,
                                       const std::function<int()>& callable)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    char go = 0;
    if (::getppid() != keeper || ::read(gate, &go, 1) != 1) ::_exit(1);
    ::close(gate);
    become_mortal();
    ::sigaction(SIGCHLD, &state.on_child, nullptr);
    ::sigaction(SIGALRM, &state.on_alarm, nullptr);
    ::prctl(PR_SET_NAME, state.name);
    ::setpgid(0, 0);
    refusal_note::take(record);
    if (const int error = limits.join(); error != 0) {
        record.join_error = error;
        ::_exit(1);
    }
    record.started = true;
    ::pthread_sigmask(SIG_SETMASK, &state.signals_blocked, nullptr);
    const int status = call_and_note(callable, record);
    std::fflush(nullptr);
    ::_exit(status);
}

} // namespace heaplings::detail
