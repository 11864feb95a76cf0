#include "program_run.hpp"

#include "descriptor.hpp"
#include "system_error.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::bench {

namespace {

using std::chrono::milliseconds;

[[noreturn]] void become(const std::vector<std::string>& command, const environment& variables,
                         const std::filesystem::path& folder, int log)
{
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    if (::chdir(folder.c_str()) == 0) ::execv(arguments[0], arguments.data());
    ::dprintf(STDERR_FILENO, "cannot start %s: %s\n", arguments[0], std::strerror(errno));
    ::_exit(127);
}

// Whether the process ended within the limit.
bool ended_within(pid_t child, std::chrono::seconds limit)
{
    const tools::descriptor process{
        static_cast<int>(::syscall(SYS_pidfd_open, child, 0U))}; // since Linux 5.3
    if (!process) return true; // then the wait that follows has no limit
    pollfd end{process.get(), POLLIN, 0};
    const milliseconds left{limit};
    int ready = 0;
    while ((ready = ::poll(&end, 1, static_cast<int>(left.count()))) < 0 && errno == EINTR) {
    }
    return ready != 0;
}

std::string failure_in(int status)
{
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return fmt::format("ended by signal {} ({})", signal, ::strsignal(signal));
    }
    const int code = WEXITSTATUS(status);
    if (code == 127) return "could not be started";
    return code == 0 ? "" : fmt::format("ended with exit status {}", code);
}

milliseconds duration(const timeval& t)
{
    return milliseconds{t.tv_sec * 1000 + t.tv_usec / 1000};
}

} // namespace

program_run run_program(const std::vector<std::string>& command, const environment& variables,
                        const std::filesystem::path& log, std::chrono::seconds limit,
                        const std::filesystem::path& folder)
{
    const tools::descriptor out{
        ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (!out) tools::fail("cannot write " + log.string());
    program_run run{command, variables, "", {}, {}};
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child < 0) tools::fail("cannot start " + command[0]);
    if (child == 0) become(command, variables, folder, out.get());
    const bool in_time = ended_within(child, limit);
    if (!in_time) ::kill(child, SIGKILL);
    int status = 0;
    rusage used{};
    while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    run.wall = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    run.cpu = duration(used.ru_utime) + duration(used.ru_stime);
    run.failure = in_time ? failure_in(status)
                          : fmt::format("did not end within {} s and was killed", limit.count());
    return run;
}

std::string shell_line(const std::vector<std::string>& command, const environment& variables)
{
    static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789_-+=./:,@%";
    const auto quoted = [](const std::string& word) {
        if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
        std::string result = "'";
        for (const char c : word) c == '\'' ? result += "'\\''" : result += c;
        return result + "'";
    };
    std::string line;
    for (const auto& [name, value] : variables) line += name + "=" + quoted(value) + " ";
    for (const std::string& word : command) line += quoted(word) + " ";
    line.pop_back();
    return line;
}

} // namespace heaplings::bench
