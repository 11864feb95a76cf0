// What really happens under each limiter that this machine has.
#include <heaplings/memory_limit.hpp>

#include "memory_limiters.hpp"
#include "scratch_folder.hpp"

#include <heaplings/leak_counter/detail/sanitized.hpp>
#include <heaplings/oom_adjuster/capability.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace heaplings::literals;
using namespace std::chrono_literals;
using heaplings::find_memory_cgroup;
using heaplings::limited_run;
using heaplings::memory_limit;
using heaplings::memory_limiter;
using heaplings::run_limited;

namespace {

// Takes and touches up to 128 MiB; throws when it is given NULL.
void hog()
{
    for (int taken = 0; taken < 128; ++taken) {
        void* const block = std::malloc(1 << 20);
        if (block == nullptr) throw std::bad_alloc{};
        std::memset(block, 1, 1 << 20);
        asm volatile("" : : "r"(block) : "memory");
    }
}

} // namespace

TEST_SUITE_BEGIN("memory_limit");

TEST_CASE("RLIMIT_AS is always there, and the result says what was passed over")
{
    const limited_run run = run_limited({.memory = 64_MiB}, [] {});
    CHECK(run.exit_status == 0);
    REQUIRE_FALSE(usable_limiters().empty());
    CHECK(run.limiter == usable_limiters().front());
    CHECK(usable_limiters().back() == memory_limiter::address_space);
    for (const memory_limiter limiter : heaplings::all_memory_limiters) {
        CAPTURE(limiter);
        const bool passed_over =
            run.passed_over.find(std::string{to_string(limiter)} + ": ") != std::string::npos;
        CHECK(passed_over == (limiter < run.limiter));
    }
}

TEST_CASE("the exit status, a signal and an exception of the child are told apart")
{
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const memory_limit limit{.memory = 64_MiB, .only = limiter};
        const limited_run nothing = run_limited(limit, [] {});
        CHECK(nothing.exit_status == 0);
        CHECK_FALSE(nothing.signal);
        CHECK_FALSE(nothing.oom_killed());
        CHECK_FALSE(nothing.allocation_refused);
        CHECK(nothing.limiter == limiter);

        CHECK(run_limited(limit, [] { return 42; }).exit_status == 42);

        const limited_run aborted = run_limited(limit, [] { raise(SIGUSR1); });
        CHECK(aborted.signal == SIGUSR1);
        CHECK_FALSE(aborted.exit_status);

        const limited_run threw = run_limited(limit, [] { throw std::logic_error{"a reason"}; });
        CHECK(threw.exception == "a reason");
        CHECK_FALSE(threw.exit_status);
        CHECK_FALSE(threw.allocation_refused);
        const limited_run threw_a_number = run_limited(limit, [] { throw 5; });
        CHECK(threw_a_number.exception == "not a std::exception");
    }
}

TEST_CASE("a hog is killed in a cgroup and refused under RLIMIT_AS, with the evidence")
{
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, hog);
        CAPTURE(run);
        if (!kills(limiter)) {
#ifdef __SANITIZE_THREAD__
            if (run.exit_status == 66) continue; // its own memory was refused
#endif
            CHECK(run.allocation_refused);
            CHECK(run.exception == std::string{std::bad_alloc{}.what()});
            CHECK_FALSE(run.oom_kills);
            CHECK_FALSE(run.oom_killed());
            CHECK_FALSE(run.signal);
            continue;
        }
        CHECK(run.oom_killed());
        CHECK(run.signal == SIGKILL);
        REQUIRE(run.oom_kills);
        CHECK(run.oom_kills->before == 0);
        CHECK(run.oom_kills->after == 1);
        CHECK_FALSE(run.allocation_refused);
        if (run.peak) {
            CHECK(*run.peak > 60_MiB);
            CHECK(*run.peak <= 64_MiB);
        }
        CHECK_FALSE(std::filesystem::exists(run.cgroup));
    }
}

TEST_CASE("a hog that stays below the limit is left alone")
{
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const limited_run run = run_limited({.memory = 1_GiB, .only = limiter}, hog);
        CAPTURE(run);
        CHECK(run.exit_status == 0);
        CHECK_FALSE(run.oom_killed());
        CHECK_FALSE(run.allocation_refused);
    }
}

TEST_CASE("SIGKILL from elsewhere is no work of the OOM killer")
{
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const limited_run run =
            run_limited({.memory = 64_MiB, .only = limiter}, [] { raise(SIGKILL); });
        CHECK(run.signal == SIGKILL);
        CHECK_FALSE(run.oom_killed());
        CHECK_FALSE(run.timed_out);
    }
}

TEST_CASE("a grandchild that is killed counts, and its parent has not been killed")
{
    for (const memory_limiter limiter : usable_limiters()) {
        if (!kills(limiter)) continue;
        CAPTURE(limiter);
        const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, [] {
            const pid_t grandchild = fork();
            if (grandchild == 0) {
                hog();
                _exit(0);
            }
            int status = 0;
            waitpid(grandchild, &status, 0);
            return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        });
        CAPTURE(run);
        CHECK(run.exit_status == SIGKILL);
        CHECK_FALSE(run.oom_killed());
        REQUIRE(run.oom_kills);
        CHECK(run.oom_kills->after == 1);
    }
}

#ifndef HEAPLINGS_SANITIZED
TEST_CASE("operator new that fails is noted even where the child goes on")
{
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, [] {
            char* const block = new (std::nothrow) char[std::size_t{1} << 50];
            delete[] block;
            return block == nullptr ? 3 : 4;
        });
        CHECK(run.exit_status == 3);
        CHECK(run.allocation_refused);
        CHECK_FALSE(run.exception);
    }
}
#endif

TEST_CASE("the time limit ends a child that waits and one that stops itself")
{
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const memory_limit limit{.memory = 64_MiB, .time = 100ms, .only = limiter};
        for (const int signal : {0, SIGSTOP}) {
            const limited_run run = run_limited(limit, [&] {
                raise(signal);
                for (;;) pause();
            });
            CHECK(run.timed_out);
            CHECK(run.signal == SIGKILL);
            CHECK_FALSE(run.oom_killed());
        }
    }
}

TEST_CASE("a child that is never to be killed is made mortal first")
{
    if (!heaplings::may_lower_oom_score_adj()) {
        MESSAGE("skipped: this process has no CAP_SYS_RESOURCE");
        return;
    }
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        std::fflush(nullptr);
        const pid_t caller = fork();
        REQUIRE(caller >= 0);
        if (caller == 0) {
            std::FILE* const adj = std::fopen("/proc/self/oom_score_adj", "w");
            std::fputs("-1000", adj);
            std::fclose(adj);
            const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, hog);
            _exit(run.oom_killed() || run.allocation_refused ? 0 : 1);
        }
        int status = 0;
        waitpid(caller, &status, 0);
        CHECK(status == 0);
    }
}

TEST_CASE("in cgroup v1 the killer comes, even if the caller's cgroup has turned it off")
{
    const auto own = find_memory_cgroup();
    if (!own || own->version() != heaplings::cgroup_version::v1 ||
        usable_limiters().front() != memory_limiter::cgroup_v1) {
        MESSAGE("skipped: there is no cgroup v1 here");
        return;
    }
    const std::filesystem::path callers = own->file("test-" + std::to_string(getpid()));
    REQUIRE(std::filesystem::create_directory(callers));
    std::fflush(nullptr);
    const pid_t caller = fork();
    if (caller == 0) {
        std::ofstream{callers / "memory.oom_control"} << 1;
        std::ofstream{callers / "cgroup.procs"} << 0;
        const limited_run run = run_limited({.memory = 64_MiB}, hog);
        const bool was_in = run.cgroup.starts_with(callers.native());
        _exit(was_in && run.oom_killed() && !run.timed_out ? 0 : 1);
    }
    int status = 0;
    waitpid(caller, &status, 0);
    CHECK(status == 0);
    CHECK(rmdir(callers.c_str()) == 0);
}

TEST_CASE("a caller that ignores SIGCHLD gets its result, and the child the caller's ways")
{
    const auto previous = std::signal(SIGCHLD, SIG_IGN);
    for (const memory_limiter limiter : usable_limiters()) {
        CAPTURE(limiter);
        const limited_run run = run_limited({.memory = 64_MiB, .only = limiter}, [] {
            struct sigaction now;
            sigaction(SIGCHLD, nullptr, &now);
            sigset_t blocked;
            sigprocmask(SIG_BLOCK, nullptr, &blocked);
            return now.sa_handler == SIG_IGN && sigismember(&blocked, SIGTERM) == 0 ? 9 : 1;
        });
        CHECK(run.exit_status == 9);
    }
    std::signal(SIGCHLD, previous);
}

TEST_CASE("text that waits in a buffer is printed once")
{
    const scratch_folder folder;
    std::FILE* const file = std::fopen((folder.path / "text").c_str(), "w+");
    REQUIRE(file != nullptr);
    std::fputs("caller ", file);
    static_cast<void>(run_limited({.memory = 64_MiB}, [&] { std::fputs("child ", file); }));
    std::fputs("caller", file);
    std::fflush(file);
    std::rewind(file);
    std::array<char, 64> text{};
    CHECK(std::fgets(text.data(), text.size(), file) != nullptr);
    CHECK(std::string_view{text.data()} == "caller child caller");
    std::fclose(file);
}

// GCC 12's and Clang 14's AddressSanitizer holds its allocator's locks at fork() if another thread
// allocates just then, and the child waits for them for ever (llvm/llvm-project pull 75290).
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("runs in several threads do not disturb each other")
{
    std::array<std::optional<limited_run>, 4> runs;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        threads.emplace_back([&runs, i] {
            runs[i] = run_limited({.memory = 64_MiB}, [i] { return static_cast<int>(i); });
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        CHECK(runs[i]->exit_status == static_cast<int>(i));
    }
}
#endif

TEST_CASE("the result reads as a sentence")
{
    limited_run run;
    run.limiter = memory_limiter::cgroup_v2;
    run.signal = SIGKILL;
    run.oom_kills = {"/sys/fs/cgroup/a/memory.events", 0, 1};
    std::ostringstream text;
    text << run;
    CHECK(text.str() ==
          "killed by the OOM killer (memory.events oom_kill 0 -> 1), under cgroup v2");
}

TEST_CASE("a limit that makes no sense is refused")
{
    const auto refused = [](const memory_limit& limit) {
        CHECK_THROWS_AS(static_cast<void>(run_limited(limit, [] {})), std::invalid_argument);
    };
    refused({.memory = 0_B});
    refused({.memory = -1 * 1_MiB});
    refused({.memory = 1_MiB, .swap = -1 * 1_B});
    refused({.memory = 1_MiB, .time = 0ms});
}

TEST_SUITE_END();
