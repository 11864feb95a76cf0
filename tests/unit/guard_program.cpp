#include "guarded_shell.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

TEST_SUITE("the program")
{
    TEST_CASE("what it prints arrives in order, from stdout and stderr alike")
    {
        const outcome ended = run("echo one; echo two >&2; echo three");
        CHECK(ended.output == "one\ntwo\nthree\n");
        CHECK(ended.status == 0);
        CHECK_FALSE(ended.stopped_by);
        CHECK(ended.interrupted_by == 0);
        CHECK(ended.strays == 0);
    }

    TEST_CASE("its exit status is reported")
    {
        const int status = run("exit 3").status;
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 3);
    }

    TEST_CASE("the signal that ended it is reported, and is no limit")
    {
        const outcome ended = run("kill -SEGV $$");
        CHECK(killed_by(SIGSEGV, ended.status));
        CHECK_FALSE(ended.stopped_by);

        const outcome killed = run("kill -KILL $$");
        CHECK(killed_by(SIGKILL, killed.status));
        CHECK_FALSE(killed.stopped_by);
    }

    TEST_CASE("a program that can't be run is an error that names it")
    {
        command what = shell("");
        what.argv = {"/nonexistent/program"};
        CHECK_THROWS_WITH_AS(static_cast<void>(run_guarded(what)),
                             "cannot run /nonexistent/program: No such file or directory",
                             std::system_error);
    }

    TEST_CASE("its environment is what it was given and no more")
    {
        command what = shell("");
        what.argv = {"/usr/bin/env"};
        what.environment = {"ONE=1", "TWO=a b"};
        CHECK(run_guarded(what).output == "ONE=1\nTWO=a b\n");
    }

    TEST_CASE("its stdin is empty")
    {
        CHECK(run("cat; echo end").output == "end\n");
    }

    TEST_CASE("it has no descriptor of the caller's")
    {
        const int before = ::open("/dev/null", O_RDONLY);
        const int inherited = ::dup2(before, 77);
        const outcome ended = run("for each in /proc/$$/fd/*; do echo ${each##*/}; done");
        ::close(before);
        ::close(inherited);
        std::vector<pid_t> open = pids_in(ended.output);
        std::erase(open, 3); // through which the shell reads the directory
        CHECK(open == std::vector{0, 1, 2, evidence_descriptor});
    }

    TEST_CASE("its signals are unblocked and as they are by default, whatever the caller's are")
    {
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::sigprocmask(SIG_BLOCK, &all, &before);
        const auto ignored = std::signal(SIGUSR1, SIG_IGN);
        // glibc keeps 32 and 33 to itself, so signal(2) refuses them; some launchers ignore them
        // all the same.
        struct
        {
            void (*handler)(int);
            unsigned long rest[3];
        } ignore{SIG_IGN, {}}, before_33{};
        ::syscall(SYS_rt_sigaction, 33, &ignore, &before_33, 8);
        command what = shell("");
        what.argv = {"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"};
        const outcome ended = run_guarded(what);
        ::syscall(SYS_rt_sigaction, 33, &before_33, nullptr, 8);
        std::signal(SIGUSR1, ignored);
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
        CHECK(ended.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    }

    TEST_CASE("its status is known though the caller ignores the end of its children")
    {
        const auto before = std::signal(SIGCHLD, SIG_IGN);
        const int status = run("exit 3").status;
        std::signal(SIGCHLD, before);
        CHECK(WEXITSTATUS(status) == 3);
    }

    TEST_CASE("it runs in an empty directory of its own, which is removed with all in it")
    {
        const outcome ended = run("pwd; ls -A; mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 0 a");
        const std::filesystem::path scratch = ended.output.substr(0, ended.output.find('\n'));
        CHECK(ended.output == scratch.string() + "\n");
        CHECK(scratch.is_absolute());
        CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(scratch)));
    }

    TEST_CASE("it can read a challenge and give evidence")
    {
        command what = shell("read key <&5; echo $key heard >&5; echo printed");
        what.challenge = "secret\n";
        const outcome ended = run_guarded(what);
        CHECK(ended.evidence == "secret heard\n");
        CHECK(ended.output == "printed\n");
    }

    TEST_CASE("it can write a report, which replaces the last one")
    {
        const scratch_folder folder;
        command what = shell("echo new >&6");
        what.report = folder.path / "report";
        std::ofstream{what.report} << "a longer report of the run before\n";
        CHECK(run_guarded(what).status == 0);
        CHECK(content(what.report) == "new\n");
    }

    TEST_CASE("a report that can't be written is an error that names it")
    {
        command what = shell("true");
        what.report = "/nonexistent/report";
        CHECK_THROWS_WITH_AS(static_cast<void>(run_guarded(what)),
                             "cannot write /nonexistent/report: No such file or directory",
                             std::system_error);
    }

    TEST_CASE("it gains no privileges, dumps no core and has few descriptors")
    {
        CHECK(run("grep NoNewPrivs /proc/self/status").output == "NoNewPrivs:\t1\n");
        CHECK(run("ulimit -c; ulimit -n").output == "0\n256\n");
    }

    TEST_CASE("it is the first that the kernel would take when memory runs out, if so wished")
    {
        CHECK(run("cat /proc/self/oom_score_adj").output == "1000\n");

        limits untouched;
        untouched.oom_score_adj.reset();
        CHECK(run("cat /proc/self/oom_score_adj", untouched).output ==
              content("/proc/self/oom_score_adj"));
    }

    TEST_CASE("its oom_score_adj may go back to the caller's, whatever capabilities that has")
    {
        const std::string callers = content("/proc/self/oom_score_adj");
        CHECK(run("echo " + callers.substr(0, callers.find('\n')) +
                  " > /proc/self/oom_score_adj; cat /proc/self/oom_score_adj")
                  .output == callers);
    }

    TEST_CASE("it can't signal everyone")
    {
        const outcome ended = run("kill -s 0 -- -1");
        CHECK(ended.status != 0);
        CHECK(ended.output.find("not permitted") != std::string::npos);
    }
}
