// Limiters that few machines have all of, on folders that look like their cgroups, and a program
// that answers as systemd's busctl does. tests/kernel runs cgroup v2 for real.
#include "fake_cgroups.hpp"
#include "scratch_folder.hpp"

#include <heaplings/memory_limit.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace heaplings::literals;
using heaplings::limited_run;
using heaplings::memory_limit;
using heaplings::memory_limiter;
using heaplings::run_limited;

namespace {

constexpr std::string_view events = "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n";
constexpr std::string_view events_of_a_kill = "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\n";
constexpr std::string_view oom_control = "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n";
constexpr std::string_view oom_control_of_a_kill = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";

// A v2 hierarchy in which /user/app may hand the memory controller down.
struct fake_v2 : fake_cgroups
{
    fake_v2() : fake_cgroups{"cgroup2", "/user/app"}
    {
        for (const std::string_view cgroup : {"/", "/user", "/user/app"}) {
            write(cgroup, "cgroup.controllers", "cpu memory pids\n");
            write(cgroup, "cgroup.subtree_control", "memory pids\n");
        }
        the_fake_cgroupfs().files = {{"memory.max", ""},
                                     {"memory.swap.max", ""},
                                     {"memory.events", std::string{events}},
                                     {"memory.peak", "1234\n"},
                                     {"cgroup.procs", ""}};
    }
};

struct fake_v1 : fake_cgroups
{
    fake_v1() : fake_cgroups{"cgroup", "/app"}
    {
        the_fake_cgroupfs().files = {{"memory.limit_in_bytes", ""},
                                     {"memory.memsw.limit_in_bytes", ""},
                                     {"memory.swappiness", ""},
                                     {"memory.oom_control", std::string{oom_control}},
                                     {"memory.max_usage_in_bytes", "1234\n"},
                                     {"cgroup.procs", ""}};
    }
};

// The folder of the only cgroup below `parent` that was made for a run.
std::filesystem::path new_cgroup(const fake_cgroups& fake, std::string_view parent)
{
    for (const auto& entry : std::filesystem::directory_iterator{fake.directory(parent)}) {
        if (entry.path().filename().native().starts_with("heaplings-")) return entry.path();
    }
    return {};
}

// A child that finds `file` of its cgroup to say `text`: 0, else 1.
auto finds(const fake_cgroups& fake, std::string_view parent, std::string_view file,
           std::string_view text)
{
    return [&fake, parent, file, text] {
        return fake_cgroups::text_of(new_cgroup(fake, parent) / file) == text ? 0 : 1;
    };
}

std::string reason_of_refusal(const memory_limit& limit, const std::string& proc)
{
    try {
        static_cast<void>(run_limited(
            limit, [] {}, proc));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

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

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

} // namespace

TEST_SUITE_BEGIN("memory_limit");

TEST_CASE("in cgroup v2 memory, swap and the child are written where they belong")
{
    const fake_v2 fake;
    const memory_limit limit{.memory = 3_MiB, .swap = 1_MiB, .only = memory_limiter::cgroup_v2};
    const auto written = [&](std::string_view file, std::string_view text) {
        CAPTURE(file);
        const limited_run run =
            run_limited(limit, finds(fake, "/user/app", file, text), fake.proc().root());
        CHECK(run.exit_status == 0);
        CHECK(run.limiter == memory_limiter::cgroup_v2);
        CHECK(run.cgroup.starts_with(fake.directory("/user/app/heaplings-")));
        CHECK_FALSE(std::filesystem::exists(run.cgroup));
    };
    written("memory.max", "3145728\n");
    written("memory.swap.max", "1048576\n");
    written("cgroup.procs", "0\n");
}

TEST_CASE("in cgroup v2 swap without a limit is left as it is")
{
    const fake_v2 fake;
    const memory_limit limit{
        .memory = 3_MiB, .swap = std::nullopt, .only = memory_limiter::cgroup_v2};
    the_fake_cgroupfs().files["memory.swap.max"] = "max\n";
    const auto untouched = finds(fake, "/user/app", "memory.swap.max", "max\n");
    CHECK(run_limited(limit, untouched, fake.proc().root()).exit_status == 0);
}

TEST_CASE("in cgroup v2 memory.events is the evidence, before and after")
{
    const fake_v2 fake;
    the_fake_cgroupfs().files["memory.swap.max"] = "0\n";
    const limited_run run = run_limited(
        {.memory = 3_MiB, .only = memory_limiter::cgroup_v2},
        [&] {
            std::ofstream{new_cgroup(fake, "/user/app") / "memory.events"} << events_of_a_kill;
            raise(SIGKILL);
        },
        fake.proc().root());
    CHECK(run.oom_killed());
    REQUIRE(run.oom_kills);
    CHECK(run.oom_kills->file == run.cgroup + "/memory.events");
    CHECK(run.oom_kills->before == 0);
    CHECK(run.oom_kills->after == 1);
    CHECK(run.limit_hits == 12);
    CHECK(run.peak == 1234_B);
    CHECK(run.swap_limited);
}

TEST_CASE("in cgroup v2 a kernel that does not count swap is told of")
{
    const fake_v2 fake;
    the_fake_cgroupfs().files.erase("memory.swap.max");
    const limited_run run = run_limited(
        {.memory = 3_MiB, .only = memory_limiter::cgroup_v2}, [] {}, fake.proc().root());
    CHECK(run.exit_status == 0);
    CHECK_FALSE(run.swap_limited);
}

TEST_CASE("in cgroup v2 the controller is handed down first where that is allowed")
{
    const fake_v2 fake;
    fake.write("/user/app", "cgroup.subtree_control", "");
    CHECK(run_limited(
              {.memory = 3_MiB, .only = memory_limiter::cgroup_v2}, [] {}, fake.proc().root())
              .exit_status == 0);
    CHECK(fake.read("/user/app", "cgroup.subtree_control") == "+memory");
}

TEST_CASE("in cgroup v2 the new one goes beside the caller's if that can't hand down")
{
    const fake_v2 fake;
    const std::string file = fake.directory("/user/app") + "/cgroup.subtree_control";
    std::filesystem::remove(file);
    std::filesystem::create_symlink("/proc/version", file); // may be read, not written
    SUBCASE("beside it")
    {
        const limited_run run = run_limited(
            {.memory = 3_MiB, .only = memory_limiter::cgroup_v2}, [] {}, fake.proc().root());
        CHECK(run.exit_status == 0);
        CHECK(run.cgroup.starts_with(fake.directory("/user/heaplings-")));
    }
    SUBCASE("higher up, where nothing is changed")
    {
        fake.write("/user", "cgroup.subtree_control", "pids\n");
        const limited_run run = run_limited(
            {.memory = 3_MiB, .only = memory_limiter::cgroup_v2}, [] {}, fake.proc().root());
        CHECK(run.exit_status == 0);
        CHECK(run.cgroup.starts_with(fake.directory("/heaplings-")));
        CHECK(fake.read("/user", "cgroup.subtree_control") == "pids\n");
    }
    SUBCASE("nowhere")
    {
        fake.write("/user", "cgroup.subtree_control", "pids\n");
        fake.write("/", "cgroup.subtree_control", "pids\n");
        const std::string reason = reason_of_refusal(
            {.memory = 3_MiB, .only = memory_limiter::cgroup_v2}, fake.proc().root());
        CAPTURE(reason);
        CHECK(contains(reason, "cgroup v2: cannot write +memory to " + file));
    }
}

TEST_CASE("a cgroup mount that is read-only, as in a container, leaves RLIMIT_AS")
{
    const fake_v2 fake;
    the_fake_cgroupfs().mkdir_error = EROFS;
    const limited_run run = run_limited(
        {.memory = 64_MiB}, [] { return 5; }, fake.proc().root());
    CHECK(run.exit_status == 5);
    CHECK(run.limiter >= memory_limiter::systemd_scope);
    CAPTURE(run.passed_over);
    CHECK(contains(run.passed_over, "cgroup v2: cannot make "));
    CHECK(contains(run.passed_over, "Read-only file system"));
    CHECK(contains(run.passed_over, "cgroup v1: the memory controller is not in this hierarchy"));
}

TEST_CASE(
    "a limit that the kernel does not take leaves no cgroup, nor does a child that can't join")
{
    const fake_v2 fake;
    const char* missing = nullptr;
    SUBCASE("a limit")
    {
        missing = "memory.max";
    }
    SUBCASE("a child")
    {
        missing = "cgroup.procs";
    }
    the_fake_cgroupfs().files.erase(missing);
    const std::string reason =
        reason_of_refusal({.memory = 3_MiB, .only = memory_limiter::cgroup_v2}, fake.proc().root());
    CAPTURE(reason);
    CHECK(contains(reason, "No such file or directory"));
    CHECK(fake.children("/user/app") == 0);
}

TEST_CASE("in cgroup v1 RAM, the sum with swap and the child are written where they belong")
{
    const fake_v1 fake;
    const memory_limit limit{.memory = 3_MiB, .swap = 1_MiB, .only = memory_limiter::cgroup_v1};
    const auto written = [&](std::string_view file, std::string_view text) {
        CAPTURE(file);
        const limited_run run =
            run_limited(limit, finds(fake, "/app", file, text), fake.proc().root());
        CHECK(run.exit_status == 0);
        CHECK(run.limiter == memory_limiter::cgroup_v1);
        CHECK(run.passed_over.empty());
    };
    written("memory.limit_in_bytes", "3145728\n");
    written("memory.memsw.limit_in_bytes", "4194304\n");
    written("memory.swappiness", "");
    written("cgroup.procs", "0\n");
    written("memory.oom_control", oom_control); // nothing to change
    CHECK(fake.children("/app") == 0);
}

TEST_CASE("in cgroup v1 without memsw the limit at least does not make the child swap")
{
    const fake_v1 fake;
    the_fake_cgroupfs().files.erase("memory.memsw.limit_in_bytes");
    const auto run = [&](std::optional<heaplings::bytes> swap, std::string_view swappiness) {
        const limited_run r =
            run_limited({.memory = 3_MiB, .swap = swap, .only = memory_limiter::cgroup_v1},
                        finds(fake, "/app", "memory.swappiness", swappiness), fake.proc().root());
        CHECK(r.exit_status == 0);
        CHECK_FALSE(r.swap_limited);
    };
    run(0_B, "0\n");
    run(1_MiB, "");
    run(std::nullopt, "");
}

TEST_CASE("in cgroup v1 memory.oom_control is the evidence; before Linux 4.13 there is none")
{
    const fake_v1 fake;
    const auto run_and_kill = [&](std::string_view text) {
        return run_limited(
            {.memory = 3_MiB, .only = memory_limiter::cgroup_v1},
            [&] {
                std::ofstream{new_cgroup(fake, "/app") / "memory.oom_control"} << text;
                raise(SIGKILL);
            },
            fake.proc().root());
    };
    const limited_run killed = run_and_kill(oom_control_of_a_kill);
    CHECK(killed.oom_killed());
    CHECK(killed.oom_kills->file == killed.cgroup + "/memory.oom_control");
    CHECK_FALSE(killed.limit_hits);

    const limited_run unknown = run_and_kill("oom_kill_disable 0\nunder_oom 0\n");
    CHECK_FALSE(unknown.oom_kills);
    CHECK_FALSE(unknown.oom_killed());
    CHECK(unknown.signal == SIGKILL);
}

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

TEST_CASE("what goes wrong after the child has run is an error, and nothing runs a second time")
{
    const fake_v2 fake;
    const std::filesystem::path calls = fake.proc().root() + "/calls";
    std::string reason;
    try {
        static_cast<void>(run_limited(
            {.memory = 64_MiB},
            [&] {
                std::ofstream{calls, std::ios::app} << "called\n";
                std::ofstream{new_cgroup(fake, "/user/app") / "memory.events"} << "oom_kill many\n";
            },
            fake.proc().root()));
    } catch (const std::runtime_error& error) {
        reason = error.what();
    }
    CHECK(contains(reason, "memory.events:1: expected a number, found \"oom_kill many\""));
    CHECK(fake_cgroups::text_of(calls) == "called\n");
    CHECK(fake.children("/user/app") == 0);
}

TEST_SUITE_END();
