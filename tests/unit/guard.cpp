#include "guard.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <grp.h>
#include <linux/capability.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace heaplings::literals;
using namespace heaplings::tools;
using namespace std::chrono_literals;

namespace {

constexpr int evidence_descriptor = 5; // one digit: the shell can redirect no other
constexpr int report_descriptor = 6;

command shell(const std::string& script)
{
    command what;
    what.argv = {"/bin/sh", "-c", script};
    what.environment = {"PATH=/usr/bin:/bin"};
    what.evidence_descriptor = evidence_descriptor;
    what.report_descriptor = report_descriptor;
    return what;
}

outcome run(const std::string& script, const limits& allowed = {})
{
    return run_guarded(shell(script), allowed);
}

bool killed_by(int signal, int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

bool exists(pid_t pid)
{
    return ::kill(pid, 0) == 0 || errno != ESRCH;
}

std::vector<pid_t> pids_in(const std::string& text)
{
    std::istringstream in{text};
    std::vector<pid_t> pids;
    for (pid_t pid = 0; in >> pid;) pids.push_back(pid);
    return pids;
}

std::string content(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

// Waits for what another process is about to do; false if it does not.
bool eventually(const std::function<bool()>& happened)
{
    for (int i = 0; i < 5000; ++i) {
        if (happened()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return happened();
}

// A child of the test itself. It ends by what `body` does, or when it is killed.
class child_process
{
public:
    explicit child_process(const std::function<void()>& body) : pid{::fork()}
    {
        if (pid != 0) return;
        body();
        ::_exit(0);
    }
    ~child_process()
    {
        if (ended_) return;
        ::kill(pid, SIGKILL);
        wait();
    }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    int wait()
    {
        int status = 0;
        ::waitpid(pid, &status, 0);
        ended_ = true;
        return status;
    }

    const pid_t pid;

private:
    bool ended_ = false;
};

bool become_ordinary_user()
{
    constexpr uid_t ordinary = 54'321;
    return ::setgroups(0, nullptr) == 0 && ::setresgid(ordinary, ordinary, ordinary) == 0 &&
           ::setresuid(ordinary, ordinary, ordinary) == 0;
}

bool give_up_changing_user()
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct sets[2]{};
    if (::syscall(SYS_capget, &header, sets) != 0) return false;
    sets[0].effective &= ~(1U << CAP_SETUID);
    sets[0].permitted &= ~(1U << CAP_SETUID);
    return ::syscall(SYS_capset, &header, sets) == 0;
}

// Whether this is a root that can become another user. Some can't: in a container with one user.
bool may_change_user()
{
    if (::geteuid() != 0) return false;
    child_process attempt{[] { ::_exit(become_ordinary_user() ? 0 : 1); }};
    return attempt.wait() == 0;
}

// Runs the other test cases again in a child that `become` has changed: all but the slow ones, for
// which it does not matter who runs them.
bool all_pass_after(const std::function<bool()>& become)
{
    child_process again{[&] {
        if (!become()) ::_exit(1);
        ::prctl(PR_SET_DUMPABLE, 1); // owns its files in /proc again, as after exec
        doctest::Context all;
        all.setOption("no-intro", true);
        all.setOption("minimal", true);
        all.addFilter("test-suite-exclude", "as another user");
        all.addFilter("test-case-exclude", "of processor time*");
        ::_exit(all.run());
    }};
    const int status = again.wait();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

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

    TEST_CASE("started by root it is an unknown user who may read root's files and not write them")
    {
        if (!may_change_user()) return;
        const scratch_folder folder; // mode 0700
        const auto file = folder.path / "file";
        std::ofstream{file} << "of root\n";
        ::chmod(file.c_str(), 0600);
        const outcome ended =
            run("id -u; cat " + file.string() + "; echo written > " + file.string());
        CHECK(ended.output.find("of root") != std::string::npos);
        CHECK(ended.output.find("Permission denied") != std::string::npos);
        CHECK(std::stol(ended.output) != 0);
        CHECK(content(file) == "of root\n");
    }
}

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

// What root can do, an ordinary user and a root without this right must do in another way.
TEST_SUITE("as another user")
{
    TEST_CASE("everything holds for an ordinary user")
    {
        if (!may_change_user()) return;
        CHECK(all_pass_after(become_ordinary_user));
    }

    TEST_CASE("everything holds for root without the right to become another user")
    {
        if (!may_change_user()) return;
        CHECK(all_pass_after(give_up_changing_user));
    }
}
