#include "guarded_shell.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>

TEST_SUITE("a limit")
{
    TEST_CASE("of time stops a program that waits")
    {
        limits allowed;
        allowed.wall = 200ms;
        const outcome ended = run("echo begun; sleep 60", allowed);
        CHECK(ended.stopped_by == limit::wall);
        CHECK(killed_by(SIGKILL, ended.status));
        CHECK(ended.output == "begun\n");
        CHECK(ended.took >= 200ms);
    }

    TEST_CASE("of processor time stops a loop")
    {
        limits allowed;
        allowed.cpu = 1s;
        const outcome ended = run("while :; do :; done", allowed);
        CHECK(ended.stopped_by == limit::cpu);
    }

    TEST_CASE("of processor time stops a loop that ignores the warning")
    {
        limits allowed;
        allowed.cpu = 1s;
        const outcome ended = run("trap '' XCPU; while :; do :; done", allowed);
        CHECK(ended.stopped_by == limit::cpu);
        CHECK(killed_by(SIGKILL, ended.status));
    }

    TEST_CASE("of memory stops a process that grows")
    {
        limits allowed;
        allowed.memory = 32_MiB;
        const outcome ended = run("text=xxxxxxxx; while :; do text=$text$text; done", allowed);
        CHECK(ended.stopped_by == limit::memory);
        CHECK(ended.peak_memory > 32_MiB);
    }

    TEST_CASE("of memory counts all processes together")
    {
        // tail keeps what it was told to show until its input ends.
        const std::string keeps_16_MiB = "(head -c 16M /dev/zero; sleep 60) | tail -c 16M & ";
        limits allowed;
        allowed.memory = 48_MiB;
        const outcome ended =
            run(keeps_16_MiB + keeps_16_MiB + keeps_16_MiB + keeps_16_MiB + "wait", allowed);
        CHECK(ended.stopped_by == limit::memory);
    }

    TEST_CASE("of output stops a program that prints, and what it printed until then is kept")
    {
        limits allowed;
        allowed.output = 1_KiB;
        const outcome ended = run("exec yes", allowed);
        CHECK(ended.stopped_by == limit::output);
        CHECK(ended.output.size() == 1024);
        CHECK(ended.output.starts_with("y\ny\n"));
    }

    TEST_CASE("of output lets exactly so much pass, and one byte more does not")
    {
        limits allowed;
        allowed.output = 1_KiB;
        const outcome full = run("exec head -c 1024 /dev/zero", allowed);
        CHECK_FALSE(full.stopped_by);
        CHECK(full.output.size() == 1024);
        CHECK(run("exec head -c 1025 /dev/zero", allowed).stopped_by == limit::output);
    }

    TEST_CASE("of output stops a flood of evidence")
    {
        CHECK(run("exec yes >&5").stopped_by == limit::output);
    }

    TEST_CASE("of files stops a program that writes a large one")
    {
        limits allowed;
        allowed.file = 1_MiB;
        CHECK(run("exec head -c 2M /dev/zero > large", allowed).stopped_by == limit::file);
        CHECK_FALSE(run("exec head -c 1M /dev/zero > just_so", allowed).stopped_by);
    }

    TEST_CASE("of processes stops a program that starts many, and all of them")
    {
        limits allowed;
        allowed.processes = 8;
        const outcome ended = run(
            "for each in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 60 & echo $!; done; wait", allowed);
        CHECK(ended.stopped_by == limit::processes);
        CHECK(ended.strays > 0);
        for (const pid_t pid : pids_in(ended.output)) CHECK_FALSE(exists(pid));
    }

    TEST_CASE("is explained with its number and what to look for")
    {
        limits allowed;
        CHECK(explain(limit::wall, allowed) ==
              "stopped after 10 s: does it wait for something that never comes, or does a loop not "
              "end?");
        CHECK(explain(limit::cpu, allowed) ==
              "stopped after 5 s of processor time: does a loop not end?");
        CHECK(explain(limit::memory, allowed).starts_with("stopped at 512 MiB of memory: "));
        CHECK(explain(limit::output, allowed).starts_with("stopped after 256 KiB of output: "));
        CHECK(explain(limit::file, allowed).starts_with("stopped when a file reached 16 MiB: "));
        CHECK(explain(limit::processes, allowed)
                  .starts_with("stopped at 64 processes and threads: "));
        allowed.wall = 1500ms;
        CHECK(explain(limit::wall, allowed).starts_with("stopped after 1500 ms: "));
    }
}
