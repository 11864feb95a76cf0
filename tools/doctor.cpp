#include "doctor.hpp"

#include "guard.hpp"
#include "kernel/kernel_run.hpp"
#include "process.hpp"
#include "text.hpp"

#include <chrono>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

// The command's first line of output says its version.
finding ask_version(std::string what, const std::string& program, std::string remedy, bool needed)
{
    const finished_command asked = run_command({program, "--version"});
    const bool works = asked.status == 0;
    return {std::move(what), works,
            works ? split(asked.said, '\n').front() : fmt::format("{} does not start", program),
            works ? "" : std::move(remedy), needed};
}

finding try_valgrind(const course& all)
{
    finding f{"Valgrind", false, "not found", "./heaplings installs it; then configure again",
              true};
    if (all.valgrind.empty()) return f;
    // A small program is enough to see that it starts: on Debian it needs libc6-dbg to.
    const finished_command tried =
        run_command({all.valgrind.string(), "--command-line-only=yes", "-q", "/bin/true"});
    f.works = tried.status == 0;
    if (f.works) {
        f.detail = split(run_command({all.valgrind.string(), "--version"}).said, '\n').front();
        f.remedy.clear();
    } else {
        f.detail = "starts, but cannot run /bin/true: " + split(tried.said, '\n').front();
        f.remedy = "install the debug symbols of the C library (Debian, Ubuntu: libc6-dbg)";
    }
    return f;
}

finding try_guard()
{
    const outcome ran =
        run_guarded({.argv = {"/bin/true"}, .environment = {}, .challenge = "", .report = ""});
    const bool works = WIFEXITED(ran.status) && WEXITSTATUS(ran.status) == 0;
    return {"guard", works,
            works ? fmt::format("a program ran under limits in {} ms", ran.took.count())
                  : fmt::format("/bin/true ended with wait status {}: {}", ran.status, ran.output),
            works
                ? ""
                : "allow fork, setsid, prctl and setrlimit (a container's seccomp profile may not)",
            true};
}

// Without it the exercises of the OOM killer are skipped, and all others work.
finding try_kernel()
{
    constexpr std::chrono::seconds patience{10};
    kernel_machine machine;
    machine.time_limit = patience;
    const kernel_result ran =
        run_in_kernel({.argv = {"/bin/true"}, .environment = {}}, machine, {});
    const bool works = ran.ending == kernel_ending::exited && ran.status == 0;
    finding f{"disposable kernel", works, "", ran.remedy, false};
    if (works)
        f.detail = fmt::format("a command ran in one in {} ms", ran.took.count());
    else if (ran.ending == kernel_ending::timed_out)
        f.detail = fmt::format("nothing had run in it after {} s", patience.count());
    else
        f.detail = ran.reason;
    return f;
}

finding try_watching()
{
    const int watcher = ::inotify_init1(IN_CLOEXEC);
    const bool works = watcher >= 0;
    if (works) ::close(watcher);
    return {"watching saves", works, works ? "inotify" : "inotify is refused",
            works ? "" : "raise fs.inotify.max_user_instances, or use ./heaplings check", false};
}

} // namespace

std::vector<finding> examine_machine(const course& all)
{
    return {
        ask_version("C++ compiler", all.compiler.string(), "./heaplings installs g++", true),
        ask_version("CMake", "cmake", "./heaplings installs it (3.25 or newer is needed)", true),
        ask_version("Ninja", all.make_program.string(), "./heaplings installs it", true),
        try_guard(),
        try_valgrind(all),
        try_kernel(),
        try_watching(),
        ask_version("gdb", "gdb", "./heaplings installs it; editors use it to debug", false),
        ask_version("addr2line", "addr2line",
                    "install binutils; without it a crash is reported without its line", false),
        ask_version("clang++", "clang++",
                    "`./heaplings test` installs it; for the project's own tests", false),
    };
}

} // namespace heaplings::tools
