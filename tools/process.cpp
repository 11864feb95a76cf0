#include "process.hpp"

#include "system_error.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

finished_command run_command(const std::vector<std::string>& command)
{
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) fail("cannot make a pipe");
    const pid_t child = ::fork();
    if (child < 0) fail("cannot start " + command[0]);
    if (child == 0) {
        ::dup2(out[1], STDOUT_FILENO);
        ::dup2(out[1], STDERR_FILENO);
        std::vector<char*> arguments;
        for (const std::string& argument : command) {
            arguments.push_back(const_cast<char*>(argument.c_str()));
        }
        arguments.push_back(nullptr);
        ::execvp(arguments[0], arguments.data());
        ::dprintf(STDERR_FILENO, "cannot start %s\n", arguments[0]);
        ::_exit(127);
    }
    ::close(out[1]);
    finished_command result;
    char buffer[16 * 1024];
    for (ssize_t got = 0; (got = ::read(out[0], buffer, sizeof buffer)) != 0;) {
        if (got > 0)
            result.said.append(buffer, static_cast<std::size_t>(got));
        else if (errno != EINTR)
            break;
    }
    ::close(out[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

} // namespace heaplings::tools
