// What the tests of the guard share: a shell script under the guard, and what became of its
// processes.
#pragma once

#include "guard.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace heaplings::literals;
using namespace heaplings::tools;
using namespace std::chrono_literals;

inline constexpr int evidence_descriptor = 5; // one digit: the shell can redirect no other
inline constexpr int report_descriptor = 6;

inline command shell(const std::string& script)
{
    command what;
    what.argv = {"/bin/sh", "-c", script};
    what.environment = {"PATH=/usr/bin:/bin"};
    what.evidence_descriptor = evidence_descriptor;
    what.report_descriptor = report_descriptor;
    return what;
}

inline outcome run(const std::string& script, const limits& allowed = {})
{
    return run_guarded(shell(script), allowed);
}

inline bool killed_by(int signal, int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

inline bool exists(pid_t pid)
{
    return ::kill(pid, 0) == 0 || errno != ESRCH;
}

inline std::vector<pid_t> pids_in(const std::string& text)
{
    std::istringstream in{text};
    std::vector<pid_t> pids;
    for (pid_t pid = 0; in >> pid;) pids.push_back(pid);
    return pids;
}

inline std::string content(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

// Waits for what another process is about to do; false if it does not.
inline bool eventually(const std::function<bool()>& happened)
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
