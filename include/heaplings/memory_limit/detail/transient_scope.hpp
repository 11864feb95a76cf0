// A scope from the user's service manager, for a user who may not make cgroups.
#pragma once

#include <heaplings/cgroup/memory_cgroup.hpp>
#include <heaplings/error.hpp>
#include <heaplings/memory_limit/detail/containment.hpp>
#include <heaplings/memory_limit/detail/limited_cgroup.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heaplings::detail {

// The exit status of a program and what it printed on stdout and stderr, its last 4 KiB.
struct program_output
{
    int status = 0; // as waitpid(2) gives it
    std::string text;
};

// Runs a program from the PATH. Throws std::system_error if it can't be started or falls silent.
[[nodiscard]] inline program_output run_program(std::vector<std::string> arguments)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_system_error(errno, "make", "a pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);

    program_output output;
    char buffer[4096];
    pollfd text{ends[0], POLLIN, 0};
    const auto longest = static_cast<int>(std::chrono::milliseconds{patience}.count());
    bool answers = true;
    ssize_t size = 1;
    while (error == 0 && size > 0 && (answers = ::poll(&text, 1, longest) > 0)) {
        size = ::read(ends[0], buffer, sizeof buffer);
        if (size > 0) output.text.assign(buffer, static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    if (error != 0) throw_system_error(error, "run", arguments[0]);
    if (!answers) ::kill(pid, SIGKILL);
    ::waitpid(pid, &output.status, 0);
    if (!answers) throw_system_error(ETIMEDOUT, "run", arguments[0]);
    return output;
}

// What `systemd-run --user --scope` asks the manager for, but for a process that runs already: that
// program can only become another one, and a callable would be lost. busctl(1) comes with systemd,
// too.
//
// A second process, the anchor, keeps the scope until its files are read: systemd removes it with
// its last process.
class transient_scope final : public containment
{
public:
    transient_scope(const memory_limit& limit, std::string_view proc) : limit_{limit}, proc_{proc}
    {
    }

    void admit(pid_t child) override
    {
        fork_anchor();
        const std::string name = new_cgroup_name() + ".scope";
        // By default the manager would end the scope at the first kill; systemd < 253 neither does
        // so nor knows the property.
        program_output answer = start(name, child, true);
        if (answer.status != 0 && answer.text.find("OOMPolicy") != std::string::npos) {
            answer = start(name, child, false);
        }
        if (answer.status != 0) throw std::runtime_error{"busctl: " + first_line(answer.text)};
        std::optional<memory_cgroup> cgroup;
        const bool is_in = eventually([&] {
            cgroup = find_memory_cgroup(process_id{child}, proc_);
            return cgroup && cgroup->directory().ends_with("/" + name);
        });
        if (!is_in) throw std::runtime_error{name + " has not got the memory controller"};
        cgroup_ = cgroup;
        if (const auto set = cgroup_->limit(); !set || *set > limit_.memory) {
            throw std::runtime_error{cgroup_->directory() + " has not got the limit"};
        }
        oom_kills_before_ = cgroup_->oom_kills().value_or(0);
    }

    void tell(limited_run& run) const override { tell_of_cgroup(*cgroup_, oom_kills_before_, run); }

    // Ends all processes; then the manager removes the cgroup.
    void remove() override
    {
        if (anchor_ > 0) {
            ::kill(anchor_, SIGKILL);
            ::waitpid(anchor_, nullptr, 0);
            anchor_ = 0;
        }
        if (!cgroup_) return;
        const bool removed = eventually([&] {
            if (::access(cgroup_->directory().c_str(), F_OK) != 0) return true;
            kill_processes(*cgroup_);
            return false;
        });
        if (!removed) throw_system_error(EBUSY, "remove", cgroup_->directory());
    }

    ~transient_scope() override
    {
        if (anchor_ > 0) ::kill(anchor_, SIGKILL);
    }

private:
    void fork_anchor()
    {
        const pid_t keeper = ::getpid();
        anchor_ = ::fork();
        if (anchor_ < 0) throw_system_error(errno, "fork", "a process");
        if (anchor_ > 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (::getppid() == keeper) ::pause();
        ::_exit(0);
    }

    [[nodiscard]] program_output start(const std::string& name, pid_t child, bool with_policy) const
    {
        using words = std::vector<std::string>;
        std::vector<words> properties{
            {"Description", "s", "a child of heaplings under a memory limit"},
            {"PIDs", "au", "2", std::to_string(child), std::to_string(anchor_)},
            {"MemoryMax", "t", std::to_string(limit_.memory.count())},
            {"CollectMode", "s", "inactive-or-failed"}};
        if (limit_.swap) {
            properties.push_back({"MemorySwapMax", "t", std::to_string(limit_.swap->count())});
        }
        if (with_policy) properties.push_back({"OOMPolicy", "s", "continue"});
        words command{"busctl",
                      "--user",
                      "call",
                      "org.freedesktop.systemd1",
                      "/org/freedesktop/systemd1",
                      "org.freedesktop.systemd1.Manager",
                      "StartTransientUnit",
                      "ssa(sv)a(sa(sv))",
                      name,
                      "fail",
                      std::to_string(properties.size())};
        for (const words& property : properties) {
            command.insert(command.end(), property.begin(), property.end());
        }
        command.push_back("0"); // no other units
        return run_program(std::move(command));
    }

    [[nodiscard]] static std::string first_line(const std::string& text)
    {
        return text.empty() ? "failed" : text.substr(0, text.find('\n'));
    }

    memory_limit limit_;
    std::string proc_;
    pid_t anchor_ = 0;
    std::optional<memory_cgroup> cgroup_;
    std::uint64_t oom_kills_before_ = 0;
};

} // namespace heaplings::detail
