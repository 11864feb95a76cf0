// Running a callable in a child process under a memory limit.
#pragma once

#include <heaplings/cgroup/memory_cgroup.hpp>
#include <heaplings/error.hpp>
#include <heaplings/memory_limit/detail/keeper.hpp>
#include <heaplings/memory_limit/detail/limited_cgroup.hpp>
#include <heaplings/memory_limit/detail/limited_child.hpp>
#include <heaplings/memory_limit/detail/shared_record.hpp>
#include <heaplings/memory_limit/limited_run.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace heaplings {

namespace detail {

// No signal comes meanwhile; a process that is forked meanwhile starts so.
class signals_held
{
public:
    explicit signals_held(sigset_t& before) noexcept : before_{before}
    {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_held() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_held(const signals_held&) = delete;
    signals_held& operator=(const signals_held&) = delete;

private:
    sigset_t& before_;
};

// What the records say, for the caller.
[[nodiscard]] inline limited_run result_of(const keeper_record& keepers, const child_record& childs)
{
    limited_run run;
    keepers.tell(run);
    if (WIFSIGNALED(keepers.status)) run.signal = WTERMSIG(keepers.status);
    if (WIFEXITED(keepers.status) && !childs.threw) run.exit_status = WEXITSTATUS(keepers.status);
    run.allocation_refused = childs.allocation_refused;
    if (childs.threw) run.exception = childs.exception.view();
    return run;
}

// A keeper that was killed has left its child to PR_SET_PDEATHSIG and its cgroup to the caller.
inline void clean_up_after_keeper(const keeper_record& record)
{
    const std::string cgroup{record.announced.view()};
    if (cgroup.empty()) return;
    const auto version =
        record.limiter == memory_limiter::cgroup_v1 ? cgroup_version::v1 : cgroup_version::v2;
    remove_cgroup(memory_cgroup{version, cgroup, cgroup});
}

[[nodiscard]] inline std::string why_incomplete(const keeper_record& record, int status)
{
    if (!record.failure.view().empty()) return std::string{record.failure.view()};
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        return "the process that keeps the child hung; did another thread hold a lock at fork(2)?";
    }
    return "the process that keeps the child was killed";
}

// `grace` is what the keeper may take beyond the time limit, to clean up.
[[nodiscard]] inline limited_run run_limited(const memory_limit& limit,
                                             const std::function<int()>& callable,
                                             std::string_view proc,
                                             std::chrono::seconds grace = std::chrono::minutes{1})
{
    if (limit.memory <= bytes{0} || limit.time.count() <= 0 ||
        limit.swap.value_or(bytes{0}) < bytes{0}) {
        throw std::invalid_argument{"a memory_limit needs memory and time above 0 and swap of 0 "
                                    "or more"};
    }
    shared_record<keeper_record> keepers;
    shared_record<child_record> childs;
    int alive[2];
    if (::pipe2(alive, O_CLOEXEC) != 0) throw_system_error(errno, "make", "a pipe");
    std::fflush(nullptr); // else the child would print it again
    callers_state state{};
    ::sigaction(SIGCHLD, nullptr, &state.on_child);
    ::sigaction(SIGALRM, nullptr, &state.on_alarm);
    ::prctl(PR_GET_NAME, state.name);
    const pid_t caller = ::getpid();
    pid_t child = 0;
    {
        const signals_held held{state.signals_blocked};
        child = ::fork();
        if (child == 0) {
            ::close(alive[0]);
            keeper{limit, proc, state, keepers, childs, callable}.live(caller, alive[1], grace);
        }
    }
    const int error = errno;
    int status = 0; // stays 0 where the caller ignores SIGCHLD
    ::close(alive[1]);
    if (child > 0) {
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        } // ECHILD: it has ended, too
    }
    ::close(alive[0]);
    if (child < 0) throw_system_error(error, "fork", "a process");

    if (!keepers->complete) {
        clean_up_after_keeper(*keepers);
        throw std::runtime_error{why_incomplete(*keepers, status)};
    }
    if (!keepers->ran) {
        throw std::runtime_error{"no memory limit can be had:\n" +
                                 std::string{keepers->passed_over.view()}};
    }
    return result_of(*keepers, *childs);
}

// Calls it: what it returns, or 0.
template <typename Callable>
[[nodiscard]] int status_of(Callable& callable)
{
    if constexpr (std::is_void_v<std::invoke_result_t<Callable&>>) {
        callable();
        return 0;
    } else {
        return callable();
    }
}

} // namespace detail

// Calls `callable()` in a child process under `limit`, with the best limiter that works here, and
// tells what became of the child when it and all that it has started have ended.
//
//     const auto run = run_limited({.memory = 64_MiB}, [] { load(huge_file); });
//     CHECK_MESSAGE(!run.oom_killed(), run);
//
// The callable returns an exit status (int) or nothing (then 0). The child says that malloc(3)
// gave it NULL by throwing std::bad_alloc. Its files, stdout and stderr among them, are the
// caller's; what it writes to memory is lost. It ends without the destructors of static objects and
// what atexit(3) registered. In a program with threads it has only the calling one (fork(2)), and
// hangs where it needs a lock that another one held: glibc's malloc does not, AddressSanitizer's
// before LLVM 18 may.
//
// What the caller had in memory before is charged to the caller. A child with oom_score_adj -1000
// is set to 0, since the OOM killer could not end it. Under RLIMIT_AS stacks of threads count, and
// a main stack that can't grow is a SIGSEGV; sanitizers map much more than they use.
//
// No process and no cgroup is left, also when the caller is killed meanwhile, by whatever signal: a
// process in between, of a session of its own, then ends the child.
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::invalid_argument for a limit that makes no sense, std::system_error if there can be
// no new process, std::runtime_error if no limiter, or not the one asked for, works here, with the
// reasons, or if the process in between was killed or hung for a minute beyond the time limit.
template <typename Callable>
[[nodiscard]] limited_run run_limited(const memory_limit& limit, Callable callable,
                                      std::string_view proc = "/proc")
{
    return detail::run_limited(
        limit, [&callable] { return detail::status_of(callable); }, proc);
}

} // namespace heaplings
