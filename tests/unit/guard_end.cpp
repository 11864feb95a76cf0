#include "guarded_shell.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

TEST_SUITE("the end")
{
    TEST_CASE("does not wait for a daemon that holds the output open, and finds it")
    {
        const outcome ended = run("setsid sleep 60 & echo $!");
        CHECK(ended.status == 0);
        CHECK_FALSE(ended.stopped_by);
        CHECK(ended.strays == 1);
        REQUIRE(pids_in(ended.output).size() == 1);
        CHECK_FALSE(exists(pids_in(ended.output)[0]));
    }

    TEST_CASE("finds processes at any depth, in sessions of their own, deaf to signals")
    {
        // The shell that started them is gone before they are looked for.
        const outcome ended = run("trap '' TERM HUP INT; echo $$;"
                                  "setsid sh -c 'echo $$; setsid sh -c \"echo \\$\\$; sleep 60\" & "
                                  "echo ready; sleep 60' & sleep 0.2");
        std::string numbers = ended.output;
        numbers.erase(numbers.find("ready"), 6);
        CHECK(pids_in(numbers).size() == 3);
        for (const pid_t pid : pids_in(numbers)) CHECK_FALSE(exists(pid));
        CHECK(ended.strays >= 2);
        CHECK(ended.status == 0);
    }

    TEST_CASE("counts no process that had ended by itself")
    {
        const outcome ended = run("(setsid true &); sleep 0.1");
        CHECK(ended.strays == 0);
    }

    TEST_CASE("leaves the caller's own children alone")
    {
        child_process own{[] { ::pause(); }};
        const outcome ended = run("setsid sleep 60 & :");
        CHECK(ended.strays == 1);
        CHECK(::waitpid(own.pid, nullptr, WNOHANG) == 0); // alive
    }

    TEST_CASE("is the same for one run after another")
    {
        for (int i = 0; i < 20; ++i) {
            const outcome ended = run("echo $$");
            REQUIRE(ended.status == 0);
            REQUIRE_FALSE(exists(pids_in(ended.output).at(0)));
        }
    }
}

TEST_SUITE("a signal to the guard")
{
    volatile std::sig_atomic_t handled = 0;

    // A program that says when it runs; then a child sends `number` to this process.
    outcome run_and_send(int number, const std::string& rest)
    {
        const scratch_folder folder;
        ::chmod(folder.path.c_str(), 0755);
        command what = shell("echo runs >&6; " + rest);
        what.report = folder.path / "report";
        const pid_t self = ::getpid();
        const child_process sender{[&] {
            if (eventually([&] { return !content(what.report).empty(); })) ::kill(self, number);
            ::pause();
        }};
        return run_guarded(what);
    }

    TEST_CASE("ends the run, is reported, and goes no further")
    {
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
            CAPTURE(number);
            const auto on_signal = [](int received) { handled = received; };
            const auto before = std::signal(number, on_signal);
            handled = 0;
            const outcome ended = run_and_send(number, "echo $$; sleep 60 & echo $!; wait");
            CHECK(ended.interrupted_by == number);
            CHECK(killed_by(SIGKILL, ended.status));
            CHECK_FALSE(ended.stopped_by);
            for (const pid_t pid : pids_in(ended.output)) CHECK_FALSE(exists(pid));
            CHECK(handled == 0);
            std::raise(number); // the handler is where it was, and no signal is blocked
            CHECK(handled == number);
            std::signal(number, before);
        }
    }

    TEST_CASE("is ignored if the caller ignores it")
    {
        const auto before = std::signal(SIGHUP, SIG_IGN);
        const outcome ended = run_and_send(SIGHUP, "sleep 0.3; echo finished");
        std::signal(SIGHUP, before);
        CHECK(ended.interrupted_by == 0);
        CHECK(ended.output == "finished\n");
    }

    TEST_CASE("that kills it leaves no process and no directory behind")
    {
        const scratch_folder folder;
        const auto report = folder.path / "report";
        child_process guard{[&] {
            command what = shell("(setsid sleep 60 & echo $! $$; pwd; echo runs) >&6; sleep 60");
            what.report = report;
            static_cast<void>(run_guarded(what));
        }};
        REQUIRE(eventually([&] { return content(report).find("runs") != std::string::npos; }));
        ::kill(guard.pid, SIGKILL);
        guard.wait();

        std::istringstream said{content(report)};
        pid_t daemon = 0;
        pid_t program = 0;
        std::string scratch;
        said >> daemon >> program >> scratch;
        CHECK(eventually([&] { return !exists(daemon); }));
        CHECK(eventually([&] { return !exists(program); }));
        CHECK(eventually([&] { return !std::filesystem::exists(scratch); }));
    }

    TEST_CASE("that kills its supervisor is an error, and the program is killed too")
    {
        const scratch_folder folder;
        const char* const before = std::getenv("TMPDIR");
        const std::string restored = before != nullptr ? before : "/tmp";
        ::setenv("TMPDIR", folder.path.c_str(), 1); // nobody is left to remove what lies there
        command what = shell("echo $$ $PPID >&6; exec sleep 60");
        what.report = folder.path / "report";
        const child_process sender{[&] {
            std::vector<pid_t> told;
            eventually([&] {
                told = pids_in(content(what.report));
                return told.size() == 2;
            });
            if (told.size() == 2) ::kill(told[1], SIGKILL);
            ::pause();
        }};
        CHECK_THROWS_AS(static_cast<void>(run_guarded(what)), std::runtime_error);
        ::setenv("TMPDIR", restored.c_str(), 1);
        const std::vector<pid_t> told = pids_in(content(what.report));
        REQUIRE(told.size() == 2);
        CHECK(eventually([&] { return !exists(told[0]); }));
    }
}
