// The process between the caller and its limited child: it ends the child at the time limit, or
// when the caller ends, however that is killed, and removes the cgroup.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/memory_limit/detail/containment.hpp>
#include <heaplings/memory_limit/detail/limited_cgroup.hpp>
#include <heaplings/memory_limit/detail/limited_child.hpp>
#include <heaplings/memory_limit/detail/shared_record.hpp>
#include <heaplings/memory_limit/detail/transient_scope.hpp>
#include <heaplings/memory_limit/limited_run.hpp>
#include <heaplings/proc/process_list.hpp>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace heaplings::detail {

// What the keeper tells the caller. The child does not see it.
struct keeper_record
{
    std::atomic<bool> complete = false;
    bool ran = false; // under `limiter`; else `passed_over` says why not
    memory_limiter limiter{};
    fixed_text<4096> passed_over;
    fixed_text<PATH_MAX> announced; // a cgroup that is made, or about to be made
    fixed_text<1024> failure;       // of the keeper

    int status = 0; // of the child, as waitpid(2) gives it
    bool timed_out = false;
    bool swap_limited = false;
    fixed_text<PATH_MAX> cgroup;
    fixed_text<PATH_MAX> oom_kills_file; // empty: not counted
    std::uint64_t oom_kills_before = 0;
    std::uint64_t oom_kills_after = 0;
    std::optional<std::uint64_t> limit_hits;
    std::optional<bytes> peak;

    void note(const limited_run& run) noexcept
    {
        swap_limited = run.swap_limited;
        cgroup.assign(run.cgroup);
        limit_hits = run.limit_hits;
        peak = run.peak;
        if (!run.oom_kills) return;
        oom_kills_file.assign(run.oom_kills->file);
        oom_kills_before = run.oom_kills->before;
        oom_kills_after = run.oom_kills->after;
    }

    void tell(limited_run& run) const
    {
        run.limiter = limiter;
        run.passed_over = passed_over.view();
        run.timed_out = timed_out;
        run.swap_limited = swap_limited;
        run.cgroup = cgroup.view();
        run.limit_hits = limit_hits;
        run.peak = peak;
        if (oom_kills_file.view().empty()) return;
        run.oom_kills = {std::string{oom_kills_file.view()}, oom_kills_before, oom_kills_after};
    }
};

class keeper
{
public:
    keeper(const memory_limit& limit, std::string_view proc, const callers_state& state,
           shared_record<keeper_record>& record, shared_record<child_record>& childs,
           const std::function<int()>& callable)
        : limit_{limit}, proc_{proc}, state_{state}, record_{record}, childs_{childs}, callable_{
                                                                                           callable}
    {
    }

    // The keeper's life. All signals are blocked. `alive` is the writing end of a pipe that the
    // caller holds the other end of. SIGALRM ends a keeper that has not ended `grace` after the
    // time limit.
    [[noreturn]] void live(pid_t caller, int alive, std::chrono::seconds grace)
    {
        caller_ = caller;
        alive_ = alive;
        end_in_time(grace);
        ::setsid(); // what the terminal sends to the caller does not reach the keeper
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        ::prctl(PR_SET_NAME, "heaplings keep");
        std::signal(SIGCHLD, SIG_DFL);
        sigset_t all;
        ::sigfillset(&all);
        signals_ = ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
        try {
            if (signals_ < 0) throw_system_error(errno, "make", "a signalfd");
            try_limiters();
            record_->complete = true;
        } catch (const std::exception& error) {
            record_->failure.assign(error.what());
        }
        ::_exit(0);
    }

private:
    // Allocates nothing: at the fork another thread may have held a lock of the allocator.
    void end_in_time(std::chrono::seconds grace) const
    {
        std::signal(SIGALRM, SIG_DFL);
        sigset_t alarm;
        ::sigemptyset(&alarm);
        ::sigaddset(&alarm, SIGALRM);
        ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
        const std::chrono::seconds longest{INT_MAX};
        const auto time = std::chrono::ceil<std::chrono::seconds>(
            std::min<std::chrono::milliseconds>(limit_.time, longest - grace));
        ::alarm(static_cast<unsigned>((time + grace).count()));
    }

    void try_limiters()
    {
        std::string passed_over;
        for (const memory_limiter limiter : all_memory_limiters) {
            if (limit_.only.value_or(limiter) != limiter) continue;
            record_->limiter = limiter;
            std::string reason;
            try {
                const auto limits = make(limiter);
                reason = run(*limits);
            } catch (const std::runtime_error& error) { // std::system_error and parse_error, too
                if (childs_->started) throw;            // nothing is called twice
                reason = error.what();
            }
            record_->ran = reason.empty();
            if (record_->ran) break;
            passed_over += std::string{to_string(limiter)} + ": " + reason + '\n';
        }
        record_->passed_over.assign(passed_over);
    }

    // Throws std::runtime_error, std::system_error or parse_error if it can't be had.
    [[nodiscard]] std::unique_ptr<containment> make(memory_limiter limiter)
    {
        if (limiter == memory_limiter::address_space) {
            return std::make_unique<address_space>(limit_.memory);
        }
        if (limiter == memory_limiter::systemd_scope) {
            return std::make_unique<transient_scope>(limit_, proc_);
        }
        const auto own = find_memory_cgroup(this_process, proc_);
        const auto version =
            limiter == memory_limiter::cgroup_v1 ? cgroup_version::v1 : cgroup_version::v2;
        if (!own || own->version() != version) {
            throw std::runtime_error{"the memory controller is not in this hierarchy"};
        }
        return std::make_unique<limited_cgroup>(
            *own, limit_, [&](const std::string& path) { record_->announced.assign(path); });
    }

    // Runs the child: nothing to say, or why it could not go under the limit.
    [[nodiscard]] std::string run(containment& limits)
    {
        int gate[2];
        if (::pipe2(gate, O_CLOEXEC) != 0) throw_system_error(errno, "make", "a pipe");
        const pid_t self = ::getpid();
        const pid_t child = ::fork();
        if (child < 0) throw_system_error(errno, "fork", "a process");
        if (child == 0) {
            record_.unmap();
            ::close(alive_);
            ::close(signals_);
            ::close(gate[1]);
            live_as_child(self, gate[0], limits, state_, *childs_, callable_);
        }
        ::close(gate[0]);
        std::string refusal;
        try {
            limits.admit(child);
            (void)!::write(gate[1], "", 1);
        } catch (const std::exception& error) {
            refusal = error.what();
            ::kill(child, SIGKILL);
        }
        ::close(gate[1]);
        wait_for(child);
        if (refusal.empty() && !childs_->started && childs_->join_error != 0) {
            refusal = std::generic_category().message(childs_->join_error) + " when joining";
        }
        if (refusal.empty()) {
            limited_run told;
            limits.tell(told);
            record_->note(told);
        }
        limits.remove();
        end_descendants();
        record_->announced.assign("");
        if (abandoned_) ::_exit(1);
        return refusal;
    }

    // Until the child has ended, of itself or killed because it is to end.
    void wait_for(pid_t child)
    {
        const auto end = std::chrono::steady_clock::now() + limit_.time;
        bool late = false;
        for (;;) {
            // First the signals, which this forgets, then the child, of whose end one would tell.
            abandoned_ = abandoned_ || is_abandoned();
            if (::waitpid(child, &record_->status, WNOHANG) == child) break;
            const auto left = end - std::chrono::steady_clock::now();
            late = left <= left.zero();
            if (late || abandoned_) ::kill(child, SIGKILL);
            wait_for_news(late ? std::chrono::seconds{1} : left);
        }
        // It may have ended just before.
        record_->timed_out =
            late && WIFSIGNALED(record_->status) && WTERMSIG(record_->status) == SIGKILL;
    }

    // Until a signal comes, the caller ends or `time` has passed; at most a second: the end of the
    // caller goes unnoticed while another child of its holds its end of the pipe.
    void wait_for_news(std::chrono::steady_clock::duration time) const
    {
        const auto longest =
            std::min(time, std::chrono::steady_clock::duration{std::chrono::seconds{1}});
        const auto whole = std::chrono::ceil<std::chrono::milliseconds>(longest);
        pollfd sources[] = {{signals_, POLLIN, 0}, {alive_, 0, 0}};
        (void)::poll(sources, abandoned_ ? 1 : 2,
                     static_cast<int>(std::max<std::int64_t>(0, whole.count())));
    }

    // Whether nobody waits for the result any more, or the keeper has been asked to end.
    [[nodiscard]] bool is_abandoned()
    {
        signalfd_siginfo info;
        while (::read(signals_, &info, sizeof info) == sizeof info) {
            const auto signal = static_cast<int>(info.ssi_signo);
            if (signal != SIGTERM && signal != SIGINT && signal != SIGHUP && signal != SIGQUIT) {
                continue;
            }
            record_->failure.assign("the process that keeps the child was sent signal " +
                                    std::to_string(signal));
            return true;
        }
        pollfd callers_end{alive_, 0, 0};
        return ::getppid() != caller_ || ::poll(&callers_end, 1, 0) > 0;
    }

    // Kills what the child has left behind. Orphans become children of the keeper.
    static void end_descendants()
    {
        const pid_t self = ::getpid();
        (void)eventually([&] {
            pid_t ended = 0;
            while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
            }
            if (ended < 0) return true; // none is left
            process_list processes;
            while (const auto id = processes.next_id()) {
                if (is_child_of(self, *id)) ::kill(id->pid(), SIGKILL);
            }
            return false;
        });
    }

    [[nodiscard]] static bool is_child_of(pid_t parent, process_id process)
    {
        try {
            const auto stat = read_stat(process);
            return stat && stat->parent == parent;
        } catch (const std::system_error&) {
            return false; // another user's, under the mount option hidepid
        }
    }

    const memory_limit& limit_;
    std::string_view proc_;
    const callers_state& state_;
    shared_record<keeper_record>& record_;
    shared_record<child_record>& childs_;
    const std::function<int()>& callable_;
    pid_t caller_ = 0;
    int alive_ = -1;
    int signals_ = -1;
    bool abandoned_ = false;
};

} // namespace heaplings::detail
