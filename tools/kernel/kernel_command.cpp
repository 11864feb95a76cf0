#include "kernel_command.hpp"

#include "../descriptor.hpp"
#include "../text.hpp"
#include "kernel_run.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <string>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>
#include <vector>

namespace heaplings::tools {

// As the options set it.
struct kernel_call
{
    const CLI::App* command = nullptr;
    std::uint64_t memory = 32 * 1024 * 1024;
    std::uint64_t swap = 0;
    std::uint64_t time_limit = 0; // ms; 0: none
    std::string log;
    bool unprotected = false;
    std::vector<std::string> argv;
};

namespace {

// Exit statuses besides the command's own, as timeout(1) and env(1) have them.
constexpr int timed_out = 124;
constexpr int no_kernel = 125;
constexpr int cannot_run = 126;
constexpr int not_found = 127;
constexpr int by_signal = 128;

constexpr const char* help =
    "Run a command as root in a Linux kernel of its own (User-Mode Linux)\n\n"
    "The command sees this machine's files, and can change none of them; memory, processes, the\n"
    "OOM killer and the kernel log are its own. Nothing of it stays. To write there are /run (also\n"
    "as TMPDIR) and /dev/shm inside. Without a command a shell is started; look around in it:\n"
    "  free -m; dmesg | tail; cat /proc/self/oom_score; echo f > /proc/sysrq-trigger\n"
    "On a terminal Ctrl-] ends the kernel, whatever it does.\n\n"
    "Exit status: the command's own, 128+N if signal N killed it; 124 if the time limit was\n"
    "reached; 125 if the kernel did not start, panicked or was switched off; 126 if the command\n"
    "could not be run, 127 if it was not found.\n\n"
    "HEAPLINGS_KERNEL: the path of the kernel to take, rather than linux.uml in PATH.";

// While it lives, what is typed goes to the kernel byte by byte; its terminal edits and echoes.
class raw_terminal
{
public:
    explicit raw_terminal(bool wanted)
        : changed_{wanted && ::tcgetattr(STDIN_FILENO, &before_) == 0}
    {
        if (!changed_) return;
        termios raw = before_;
        ::cfmakeraw(&raw);
        ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }
    ~raw_terminal()
    {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    }
    raw_terminal(const raw_terminal&) = delete;
    raw_terminal& operator=(const raw_terminal&) = delete;

private:
    termios before_{};
    bool changed_;
};

void say(const std::string& text)
{
    fmt::print(stderr, "heaplings kernel: {}\n", text);
}

kernel_machine machine_of(const kernel_call& call)
{
    kernel_machine machine;
    machine.memory = bytes{static_cast<std::int64_t>(call.memory)};
    machine.swap = bytes{static_cast<std::int64_t>(call.swap)};
    if (call.time_limit > 0) machine.time_limit = std::chrono::milliseconds{call.time_limit};
    machine.accept_unprotected_host = call.unprotected;
    return machine;
}

kernel_command command_of(const kernel_call& call)
{
    kernel_command what;
    what.argv = call.argv;
    what.directory = std::filesystem::current_path();
    for (char** variable = environ; *variable != nullptr; ++variable) {
        what.environment.emplace_back(*variable);
    }
    if (what.argv.empty()) {
        const char* const shell = std::getenv("SHELL");
        what.argv = {shell != nullptr ? shell : "/bin/sh"};
    }
    if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) {
        winsize size{};
        ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
        what.terminal = {size.ws_row, size.ws_col};
    }
    return what;
}

descriptor open_log(const std::string& path)
{
    if (path.empty()) return {};
    descriptor log{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666)};
    if (!log) throw std::system_error{errno, std::generic_category(), "cannot write " + path};
    return log;
}

// The exit status, after a word on what is not the command's doing.
int conclude(const kernel_result& result, const kernel_call& call, const kernel_command& what)
{
    const std::string log = call.log.empty() ? "--log FILE keeps the kernel's log"
                                             : fmt::format("the kernel's log is in {}", call.log);
    switch (result.ending) {
    case kernel_ending::exited:
        if (WIFEXITED(result.status)) return WEXITSTATUS(result.status);
        return by_signal + WTERMSIG(result.status);
    case kernel_ending::not_run:
        say(fmt::format("cannot run {}: {}", what.argv[0], std::strerror(result.error)));
        return result.error == ENOENT ? not_found : cannot_run;
    case kernel_ending::no_kernel:
        say(fmt::format("the kernel did not start: {}", result.reason));
        if (!result.remedy.empty()) say(result.remedy);
        return no_kernel;
    case kernel_ending::stopped:
        say(fmt::format("the kernel stopped before the command had ended: {}; {}", result.reason,
                        log));
        return no_kernel;
    case kernel_ending::timed_out:
        say(fmt::format("stopped after {} ms (--time-limit); {}", call.time_limit, log));
        return timed_out;
    case kernel_ending::reader_left:
    case kernel_ending::too_much_output:
        return by_signal + SIGPIPE;
    case kernel_ending::interrupted:
        say("interrupted");
        return by_signal + (result.interrupted_by != 0 ? result.interrupted_by : SIGINT);
    }
    return no_kernel;
}

} // namespace

std::shared_ptr<kernel_call> add_kernel_command(CLI::App& app)
{
    auto call = std::make_shared<kernel_call>();
    CLI::App* const command = app.add_subcommand("kernel", help);
    call->command = command;
    const CLI::AsSizeValue size{false};
    const CLI::AsNumberWithUnit time{
        std::map<std::string, std::uint64_t>{{"ms", 1}, {"s", 1'000}, {"min", 60'000}},
        CLI::AsNumberWithUnit::UNIT_REQUIRED};
    command->add_option("--memory", call->memory, "Memory: 32M if not given, 22M is the least")
        ->transform(size);
    command->add_option("--swap", call->swap, "Swap: none if not given")->transform(size);
    command->add_option("--time-limit", call->time_limit, "500ms, 10s, 2min: then it is ended")
        ->transform(time);
    command->add_option("--log", call->log, "Where to put what the kernel prints");
    command->add_flag("--unprotected", call->unprotected,
                      "Go on where the host's files can't be protected from root inside");
    command->add_option("COMMAND", call->argv, "After --, with its arguments");
    return call;
}

bool was_asked_for(const kernel_call& call)
{
    return call.command->parsed();
}

int make_kernel_call(const kernel_call& call)
{
    const kernel_command what = command_of(call);
    const descriptor log = open_log(call.log);
    const kernel_streams streams{.input = STDIN_FILENO,
                                 .output = {.descriptor = STDOUT_FILENO},
                                 .error = {.descriptor = STDERR_FILENO},
                                 .evidence = {},
                                 .log = {.descriptor = log.get()}};
    kernel_result result;
    {
        const raw_terminal raw{what.terminal.has_value()};
        result = run_in_kernel(what, machine_of(call), streams);
    }
    return conclude(result, call, what);
}

} // namespace heaplings::tools
