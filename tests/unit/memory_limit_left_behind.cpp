// What is left of a run under each limiter that this machine has, however it ends: nothing.
#include "memory_limiters.hpp"
#include "scratch_folder.hpp"

#include <heaplings/memory_limit.hpp>
#include <heaplings/proc/stat.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

using namespace heaplings::literals;
using namespace std::chrono_literals;
using heaplings::find_memory_cgroup;
using heaplings::limited_run;
using heaplings::memory_limiter;
using heaplings::run_limited;

namespace {

// Whether it has ended; who inherited it may yet have to wait for it.
bool is_gone(pid_t pid)
{
    const auto stat = heaplings::read_stat(heaplings::process_id{pid});
    return !stat || stat->state == heaplings::process_state::zombie;
}

// Whether `done` comes true within some seconds.
template <typename Done>
bool comes_true(Done done)
{
    for (int tries = 0; tries < 2000; ++tries) {
        if (done()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

// A process of its own that calls run_limited(); its limited child sends where it is, and waits.
class interrupted_caller
{
public:
    explicit interrupted_caller(memory_limiter limiter)
    {
        std::array<int, 2> ends;
        REQUIRE(pipe(ends.data()) == 0);
        std::fflush(nullptr);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            close(ends[0]);
            for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL); // not doctest
            _exit(call(limiter, ends[1]));
        }
        close(ends[1]);
        place where;
        const ssize_t size = read(ends[0], &where, sizeof where);
        close(ends[0]);
        REQUIRE(size == sizeof where);
        child = where.child;
        keeper = where.keeper;
        cgroup = where.cgroup.data();
    }
    ~interrupted_caller() { ::kill(pid_, SIGKILL); }
    interrupted_caller(const interrupted_caller&) = delete;
    interrupted_caller& operator=(const interrupted_caller&) = delete;

    void kill(int signal) const { ::kill(pid_, signal); }

    // The status of the calling process, when it has ended.
    [[nodiscard]] int wait() const
    {
        int status = 0;
        waitpid(pid_, &status, 0);
        return status;
    }

    pid_t child = 0;
    pid_t keeper = 0;
    std::string cgroup; // empty if the child is in none of its own

private:
    struct place
    {
        pid_t child;
        pid_t keeper;
        std::array<char, 512> cgroup;
    };

    // 7 if run_limited() says that the process in between was killed, 0 if it has a result.
    static int call(memory_limiter limiter, int to)
    {
        try {
            static_cast<void>(run_limited({.memory = 64_MiB, .time = 60s, .only = limiter}, [&] {
                place here{getpid(), getppid(), {}};
                if (kills(limiter)) {
                    const auto own = find_memory_cgroup();
                    own->directory().copy(here.cgroup.data(), here.cgroup.size() - 1);
                }
                (void)!::write(to, &here, sizeof here);
                for (;;) pause();
            }));
            return 0;
        } catch (const std::runtime_error&) {
            return 7;
        }
    }

    pid_t pid_ = 0;
};

bool nothing_is_left(const interrupted_caller& caller)
{
    return comes_true([&] {
        return is_gone(caller.child) && is_gone(caller.keeper) &&
               (caller.cgroup.empty() || !std::filesystem::exists(caller.cgroup));
    });
}

} // namespace

TEST_SUITE_BEGIN("memory_limit");

TEST_CASE("what the child leaves running is ended, in another session as well")
{
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        std::array<int, 2> ends;
        REQUIRE(pipe(ends.data()) == 0);
        const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, [&] {
            for (int i = 0; i < 3; ++i) {
                const pid_t stray = fork();
                if (stray != 0) continue;
                setsid();
                const pid_t self = getpid();
                (void)!::write(ends[1], &self, sizeof self);
                for (;;) pause();
            }
            return 0;
        });
        CHECK(run.exit_status == 0);
        close(ends[1]);
        pid_t stray = 0;
        while (read(ends[0], &stray, sizeof stray) == sizeof stray) CHECK(is_gone(stray));
        close(ends[0]);
        if (kills(limiter)) CHECK_FALSE(std::filesystem::exists(run.cgroup));
    }
}

TEST_CASE("however the caller is killed, no process and no cgroup is left")
{
    for (const memory_limiter limiter : usable_limiters()) {
        for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
            CAPTURE(limiter);
            CAPTURE(signal);
            const interrupted_caller caller{limiter};
            CHECK_FALSE(is_gone(caller.child));
            if (kills(limiter)) REQUIRE(std::filesystem::exists(caller.cgroup));
            caller.kill(signal);
            const int status = caller.wait();
            CHECK(WTERMSIG(status) == signal);
            CHECK(nothing_is_left(caller));
        }
    }
}

TEST_CASE("however the process in between is killed, no process and no cgroup is left")
{
    for (const memory_limiter limiter : usable_limiters()) {
        for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
            CAPTURE(limiter);
            CAPTURE(signal);
            const interrupted_caller caller{limiter};
            ::kill(caller.keeper, signal);
            const int status = caller.wait();
            CHECK(WEXITSTATUS(status) == 7); // it was told so
            CHECK(nothing_is_left(caller));
        }
    }
}

TEST_CASE("a process in between that hangs is ended, and the caller is told")
{
    const scratch_folder proc;
    std::filesystem::create_directory(proc.path / "self");
    for (const char* file : {"mountinfo", "mounts", "cgroup"}) { // opening one waits for a writer
        REQUIRE(mkfifo((proc.path / "self" / file).c_str(), 0600) == 0);
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(heaplings::detail::run_limited(
                             {.memory = 64_MiB, .time = 1ms, .only = memory_limiter::cgroup_v2},
                             [] { return 0; }, proc.path.native(), 1s)),
                         doctest::Contains("the process that keeps the child hung"),
                         std::runtime_error);
}

TEST_CASE("a child's SIGALRM is the caller's again")
{
    const auto previous = std::signal(SIGALRM, SIG_IGN);
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, [] {
            raise(SIGALRM);
            return 9;
        });
        CHECK(run.exit_status == 9);
    }
    std::signal(SIGALRM, previous);
}

TEST_CASE("a child that makes cgroups of its own leaves none")
{
    for (const memory_limiter limiter : usable_limiters()) {
        if (!kills(limiter)) continue;
        CAPTURE(limiter);
        const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, [] {
            const std::filesystem::path own = find_memory_cgroup()->directory();
            return std::filesystem::create_directories(own / "a" / "b") ? 0 : 1;
        });
        CHECK(run.exit_status == 0);
        CHECK_FALSE(std::filesystem::exists(run.cgroup));
    }
}

TEST_SUITE_END();
