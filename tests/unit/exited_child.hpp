// A child process that has exited and is a zombie until it is waited for.
#pragma once

#include <heaplings/proc/process_id.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

class exited_child
{
public:
    exited_child() : pid_{fork()}
    {
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) _exit(0);
        siginfo_t info;
        REQUIRE(waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0);
    }
    ~exited_child() { wait(); }
    exited_child(const exited_child&) = delete;
    exited_child& operator=(const exited_child&) = delete;

    [[nodiscard]] heaplings::process_id id() const { return heaplings::process_id{pid_}; }

    // From now on there is no such process.
    void wait()
    {
        if (!waited_for_) waitpid(pid_, nullptr, 0);
        waited_for_ = true;
    }

private:
    pid_t pid_;
    bool waited_for_ = false;
};
