// A child process that does nothing.
#pragma once

#include <heaplings/proc/process_id.hpp>

#include <doctest/doctest.h>

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

// A child that waits to be killed.
class waiting_child
{
public:
    enum class kind {
        plain,
        leader_exited, // only a second thread is left
        in_vfork,      // has a child by vfork(2) that waits as well
    };

    explicit waiting_child(kind k = kind::plain) : pid_{fork()}
    {
        REQUIRE(pid_ >= 0);
        if (pid_ > 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (k == kind::leader_exited) {
            pthread_t second;
            pthread_create(&second, nullptr, wait_for_ever, nullptr);
            syscall(SYS_exit, 0); // this thread alone
        }
        if (k == kind::in_vfork) {
            // As vfork(2) does, which sanitizers make a fork(2) of.
            alignas(16) static std::array<char, 65'536> stack;
            clone(wait_for_parent, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD,
                  nullptr);
        }
        wait_for_ever(nullptr);
    }
    ~waiting_child() { kill_and_wait(); }
    waiting_child(const waiting_child&) = delete;
    waiting_child& operator=(const waiting_child&) = delete;

    [[nodiscard]] heaplings::process_id id() const { return heaplings::process_id{pid_}; }

    void kill_and_wait()
    {
        if (done_) return;
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        done_ = true;
    }

private:
    [[noreturn]] static void* wait_for_ever(void*)
    {
        for (;;) pause();
    }

    static int wait_for_parent(void*)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }

    pid_t pid_;
    bool done_ = false;
};
