// Limiters that few machines have all of, on folders that look like their cgroups. tests/kernel
// runs cgroup v2 for real.
#include "fake_cgroups.hpp"
#include "memory_limit_fakes.hpp"

#include <heaplings/memory_limit.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <csignal>
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

constexpr std::string_view oom_control = "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n";
constexpr std::string_view oom_control_of_a_kill = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";

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

// A child that finds `file` of its cgroup to say `text`: 0, else 1.
auto finds(const fake_cgroups& fake, std::string_view parent, std::string_view file,
           std::string_view text)
{
    return [&fake, parent, file, text] {
        return fake_cgroups::text_of(new_cgroup(fake, parent) / file) == text ? 0 : 1;
    };
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
