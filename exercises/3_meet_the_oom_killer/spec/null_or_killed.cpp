// The spec of exercise 3, null_or_killed.
//
// Real children end in each way. Natively one is missing: no process takes all memory of a machine
// that others need. A kill -9 with the count that an OOM kill leaves stands in for it, and in the
// disposable kernel the OOM killer itself.
#include "spec/null_or_killed.hpp"
#include "support/oom_prey.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <new>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// How doctest shows a fate.
static doctest::String toString(fate what)
{
    constexpr const char* names[] = {"finished", "got_null", "oom_killed",
                                     "killed",   "crashed",  "aborted"};
    const auto index = static_cast<std::size_t>(what);
    return index < std::size(names) ? names[index] : "not a fate";
}

namespace {

constexpr std::size_t GiB = 1024 * 1024 * 1024;

// The wait status of a child that did `work`, and then exited with code 0.
template <class Work>
int status_of(Work work)
{
    std::fflush(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit no_core_file{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core_file);
        // Not the handlers of this program, which would report the crash as its own.
        for (const int number : {SIGSEGV, SIGBUS, SIGABRT}) std::signal(number, SIG_DFL);
        [&]() noexcept { work(); }();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

int status_of_exit(int code)
{
    return status_of([code] { ::_exit(code); });
}

int status_of_signal(int number)
{
    return status_of([number] { ::raise(number); });
}

void allow_only(std::size_t bytes)
{
    const rlimit least{bytes, bytes};
    ::setrlimit(RLIMIT_AS, &least);
}

// Takes memory and writes to it, until there is none or this process is none.
void take_all()
{
    constexpr std::size_t step = 256 * 1024;
    while (void* const block = std::malloc(step)) std::memset(block, 1, step);
    ::_exit(exit_code_of_null);
}

// A child that the OOM killer kills, or its likeness.
support::prey oom_killed_child()
{
    if (support::in_disposable_kernel()) return support::prey_of_oom_killer(take_all);
    return {.pid = 0, .status = status_of_signal(SIGKILL), .kills_before = 3, .kills_after = 4};
}

} // namespace

TEST_CASE("a child that exits has finished, whatever its code says")
{
    CHECK(fate_of(status_of_exit(0), 0, 0) == fate::finished);
    CHECK(fate_of(status_of_exit(1), 0, 0) == fate::finished);
    CHECK(fate_of(status_of_exit(11), 0, 0) == fate::finished);
}

TEST_CASE("a shell says 137 for a kill -9, and an exit code of 137 is none")
{
    CHECK(fate_of(status_of_exit(128 + SIGKILL), 0, 0) == fate::finished);
    CHECK(fate_of(status_of_exit(SIGKILL), 0, 0) == fate::finished);
}

TEST_CASE("where malloc returns null a child can say so: beyond its limit RLIMIT_AS")
{
    const int status = status_of([] {
        allow_only(GiB);
        if (std::malloc(2 * GiB) == nullptr) ::_exit(exit_code_of_null);
    });
    CHECK(fate_of(status, 0, 0) == fate::got_null);
    INFO("the OOM killer killed somebody else meanwhile");
    CHECK(fate_of(status, 0, 1) == fate::got_null);
}

TEST_CASE("where new finds no memory and nobody catches it, the child aborts")
{
    const int status = status_of([] {
        ::close(STDERR_FILENO); // where it would say so
        allow_only(GiB);
        static_cast<void>(::operator new(2 * GiB));
    });
    CHECK(fate_of(status, 0, 0) == fate::aborted);
    CHECK(fate_of(status, 0, 1) == fate::aborted);
}

TEST_CASE("a child that somebody kills with kill -9 is not the OOM killer's")
{
    CHECK(fate_of(status_of_signal(SIGKILL), 0, 0) == fate::killed);
    INFO("the OOM killer had killed before, and not since");
    CHECK(fate_of(status_of_signal(SIGKILL), 7, 7) == fate::killed);
}

TEST_CASE("a child that the OOM killer kills is told by the count")
{
    const support::prey child = oom_killed_child();
    INFO("OOM kills before: ", child.kills_before, ", after: ", child.kills_after);
    CHECK(fate_of(child.status, child.kills_before, child.kills_after) == fate::oom_killed);
}

TEST_CASE("the OOM killer sends SIGKILL, and no other signal")
{
    CHECK(fate_of(status_of_signal(SIGTERM), 0, 0) == fate::killed);
    CHECK(fate_of(status_of_signal(SIGTERM), 0, 1) == fate::killed);
    CHECK(fate_of(status_of_exit(0), 0, 1) == fate::finished);
}

TEST_CASE("a child that writes through null crashes")
{
    const int status = status_of([] {
        volatile int* const nowhere = nullptr;
        *nowhere = 1;
    });
    CHECK(fate_of(status, 0, 0) == fate::crashed);
    CHECK(fate_of(status, 0, 1) == fate::crashed);
    CHECK(fate_of(status_of_signal(SIGBUS), 0, 0) == fate::crashed);
}

TEST_CASE("a file of the dead child's memory changes nothing")
{
    // The status says so by WCOREFLAG. Whether a machine writes such files is not for us to choose.
    CHECK(fate_of(status_of_signal(SIGSEGV) | WCOREFLAG, 0, 0) == fate::crashed);
    CHECK(fate_of(status_of_signal(SIGABRT) | WCOREFLAG, 0, 0) == fate::aborted);
}
