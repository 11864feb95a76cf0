// The limiter that asks systemd for a scope, with a program that answers as systemd's busctl does.
#include "fake_cgroups.hpp"
#include "memory_limit_fakes.hpp"
#include "scratch_folder.hpp"

#include <heaplings/memory_limit.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

using namespace heaplings::literals;
using heaplings::limited_run;
using heaplings::memory_limiter;
using heaplings::run_limited;

namespace {

// A folder at the head of PATH with a busctl that makes scopes as systemd does, in the folder that
// HEAPLINGS_FAKE names. It removes a scope with the anchor, its last process.
class fake_busctl
{
public:
    explicit fake_busctl(const fake_cgroups& fake, std::string_view when_asked = "")
        : path_{std::getenv("PATH")}
    {
        const std::filesystem::path program = folder_.path / "busctl";
        std::ofstream{program} << "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$HEAPLINGS_FAKE/asked\"\n"
                               << when_asked << R"(
name=$8
for word; do
    case $before in
    MemoryMax) max= ;;
    t) [ -n "${max-no}" ] || max=$word ;;
    esac
    before=$word
done
while [ "$1" != PIDs ]; do shift; done
scope=$HEAPLINGS_FAKE/cgroupfs/user/$name
mkdir "$scope"
echo memory >"$scope/cgroup.controllers"
echo "${unlimited:-$max}" >"$scope/memory.max"
echo 0 >"$scope/memory.swap.max"
echo 'oom_kill 0' >"$scope/memory.events"
mkdir "$HEAPLINGS_FAKE/$4"
echo "0::/user/$name" >"$HEAPLINGS_FAKE/$4/cgroup"
{
    until grep -q '^State:.Z' "/proc/$5/status" || [ ! -d "/proc/$5" ]; do sleep 0.01; done
    rm -r "$scope"
} >/dev/null 2>&1 &
)";
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        ::setenv("PATH", (folder_.path.native() + ":" + path_).c_str(), 1);
        ::setenv("HEAPLINGS_FAKE", fake.proc().root().c_str(), 1);
    }
    ~fake_busctl()
    {
        ::setenv("PATH", path_.c_str(), 1);
        ::unsetenv("HEAPLINGS_FAKE");
    }
    fake_busctl(const fake_busctl&) = delete;
    fake_busctl& operator=(const fake_busctl&) = delete;

private:
    scratch_folder folder_;
    std::string path_;
};

constexpr std::string_view knows_no_policy = R"(
case $* in *OOMPolicy*)
    echo 'Call failed: Cannot set property OOMPolicy, or unknown property.' >&2
    exit 1 ;;
esac
)";

} // namespace

TEST_SUITE_BEGIN("memory_limit");

TEST_CASE("a systemd scope is asked for with limits, for a child that waits meanwhile")
{
    const fake_v2 fake;
    const fake_busctl busctl{fake};
    const limited_run run = run_limited(
        {.memory = 64_MiB, .only = memory_limiter::systemd_scope},
        [&] {
            std::ofstream{fake.proc().root() + "/child"} << getpid();
            std::ofstream{new_cgroup(fake, "/user") / "memory.events"} << events_of_a_kill;
            raise(SIGKILL);
        },
        fake.proc().root());
    CHECK(run.limiter == memory_limiter::systemd_scope);
    CHECK(run.oom_killed());
    CHECK(run.cgroup.starts_with(fake.directory("/user/heaplings-")));
    CHECK(run.cgroup.ends_with(".scope"));
    CHECK_FALSE(std::filesystem::exists(run.cgroup));

    const std::string asked = fake_cgroups::text_of(fake.proc().root() + "/asked");
    const std::string child = fake_cgroups::text_of(fake.proc().root() + "/child");
    CAPTURE(asked);
    CHECK(asked.starts_with("--user call org.freedesktop.systemd1 /org/freedesktop/systemd1 "
                            "org.freedesktop.systemd1.Manager StartTransientUnit "
                            "ssa(sv)a(sa(sv)) heaplings-"));
    CHECK(contains(asked, ".scope fail 6 Description s "));
    CHECK(contains(asked, " PIDs au 2 " + child + " "));
    CHECK(contains(asked, " MemoryMax t 67108864 "));
    CHECK(contains(asked, " MemorySwapMax t 0 "));
    CHECK(asked.ends_with(" OOMPolicy s continue 0\n"));
}

TEST_CASE("a systemd that knows no OOMPolicy for scopes is asked again without")
{
    const fake_v2 fake;
    const fake_busctl busctl{fake, knows_no_policy};
    const limited_run run = run_limited(
        {.memory = 64_MiB, .swap = std::nullopt, .only = memory_limiter::systemd_scope},
        [] { return 4; }, fake.proc().root());
    CHECK(run.exit_status == 4);
    CHECK_FALSE(run.oom_killed());
    const std::string asked = fake_cgroups::text_of(fake.proc().root() + "/asked");
    CHECK(asked.find("OOMPolicy") == asked.rfind("OOMPolicy"));
    CHECK(contains(asked, ".scope fail 4 "));
    CHECK_FALSE(contains(asked, "MemorySwapMax"));
    CHECK_FALSE(std::filesystem::exists(run.cgroup));
}

TEST_CASE("where systemd gives no scope, or one without the limit, its words are the reason")
{
    const fake_v2 fake;
    const char* answer = nullptr;
    const char* reason = nullptr;
    SUBCASE("none")
    {
        answer = "echo 'Failed to connect to bus: No medium found' >&2; exit 1";
        reason = "systemd scope: busctl: Failed to connect to bus: No medium found";
    }
    SUBCASE("without the limit")
    {
        answer = "unlimited=max";
        reason = " has not got the limit";
    }
    const fake_busctl busctl{fake, answer};
    const std::string said = reason_of_refusal(
        {.memory = 64_MiB, .only = memory_limiter::systemd_scope}, fake.proc().root());
    CAPTURE(said);
    CHECK(contains(said, reason));
    CHECK(fake.children("/user") == 1);
}

TEST_CASE("without systemd there is no scope")
{
    const fake_v2 fake;
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/no/such", 1);
    CHECK(contains(reason_of_refusal({.memory = 64_MiB, .only = memory_limiter::systemd_scope},
                                     fake.proc().root()),
                   "systemd scope: cannot run busctl: No such file or directory"));
    ::setenv("PATH", path.c_str(), 1);
}

TEST_SUITE_END();
