// A memory cgroup of our own with a limit, in either version.
#pragma once

#include <heaplings/cgroup/memory_cgroup.hpp>
#include <heaplings/error.hpp>
#include <heaplings/memory_limit/detail/containment.hpp>

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace heaplings::detail {

// A name that nobody else has, in whatever pid namespace.
[[nodiscard]] inline std::string new_cgroup_name()
{
    std::uint64_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != sizeof random) {
        throw_system_error(errno, "get", "random bytes");
    }
    char name[40];
    std::snprintf(name, sizeof name, "heaplings-%016llx", static_cast<unsigned long long>(random));
    return name;
}

// How long killed processes may take to leave a cgroup: one that writes a core file, for one.
inline constexpr std::chrono::seconds patience{10};

// Tries `done` again and again until it says so: whether it did in time.
template <typename Done>
[[nodiscard]] bool eventually(Done done)
{
    const auto end = std::chrono::steady_clock::now() + patience;
    auto pause = std::chrono::microseconds{100};
    while (!done()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, std::chrono::microseconds{20'000});
    }
    return true;
}

// Kills what is in the cgroup and below; again and again, for a process that forks meanwhile.
inline void kill_processes(const memory_cgroup& cgroup)
{
    if (write_control(cgroup.file("cgroup.kill").c_str(), "1") == 0) return; // v2, Linux >= 5.14
    cgroup.for_each_process([](pid_t pid) {
        if (pid > 0 && pid != ::getpid()) ::kill(pid, SIGKILL);
    });
}

// Removes the directory of a cgroup and those that its processes have made in it: 0 or an errno
// value.
[[nodiscard]] inline int remove_directories(const std::string& directory)
{
    std::vector<std::string> directories{directory};
    std::error_code gone;
    for (std::filesystem::recursive_directory_iterator i{directory, gone}, end; !gone && i != end;
         i.increment(gone)) {
        if (i->is_directory(gone)) directories.push_back(i->path().native());
    }
    int error = 0;
    for (auto d = directories.rbegin(); d != directories.rend(); ++d) { // the deepest first
        error = ::rmdir(d->c_str()) == 0 || errno == ENOENT ? 0 : errno;
    }
    return error;
}

// Ends all that is in the cgroup, and the cgroup. Throws std::system_error if it does not go.
inline void remove_cgroup(const memory_cgroup& cgroup)
{
    int error = 0;
    const bool removed = eventually([&] {
        kill_processes(cgroup);
        error = remove_directories(cgroup.directory());
        return error != EBUSY && error != ENOTEMPTY;
    });
    if (!removed || error != 0) throw_system_error(error, "remove", cgroup.directory());
}

// What the files of the cgroup tell about a run.
inline void tell_of_cgroup(const memory_cgroup& cgroup, std::uint64_t oom_kills_before,
                           limited_run& run)
{
    run.cgroup = cgroup.directory();
    if (const auto kills = cgroup.oom_kills()) {
        run.oom_kills = {cgroup.oom_kills_file(), oom_kills_before, *kills};
    }
    run.limit_hits = cgroup.limit_hits();
    run.peak = cgroup.peak();
    run.swap_limited = cgroup.swap_limit().has_value();
}

// Where a new cgroup can be made that has the memory controller, best first.
//
// In v2 a cgroup with processes can't hand its controllers down to its children (EBUSY), but for
// the root: then the new one goes beside that of the caller, or higher up, where the controller has
// been handed down already and the caller may write.
[[nodiscard]] inline std::vector<std::string> places_for_cgroup(const memory_cgroup& own,
                                                                std::string& refusals)
{
    if (own.version() == cgroup_version::v1) return {own.directory()};
    std::vector<std::string> places;
    for (std::optional<memory_cgroup> up = own; up; up = up->parent()) {
        const std::string file = up->file("cgroup.subtree_control");
        if (!names_controller(file, "memory")) {
            if (up->directory() != own.directory()) continue;
            if (const int error = write_control(file.c_str(), "+memory"); error != 0) {
                refusals += "cannot write +memory to " + file + ": " +
                            std::generic_category().message(error) + "; ";
                continue;
            }
        }
        places.push_back(up->directory());
    }
    return places;
}

class limited_cgroup final : public containment
{
public:
    // Makes a cgroup with the limit for a child of this process. `announce(directory)` is called
    // before it comes into being, so that it is known even if this process dies.
    // Throws std::runtime_error that says why it can't be.
    template <typename Announce>
    limited_cgroup(const memory_cgroup& own, const memory_limit& limit, Announce announce)
        : cgroup_{create(own, announce)}
    {
        try {
            set_limits(limit);
            procs_ = cgroup_.file("cgroup.procs");
            oom_kills_before_ = cgroup_.oom_kills().value_or(0);
        } catch (...) {
            ::rmdir(cgroup_.directory().c_str());
            throw;
        }
    }

    // "0" is the process that writes.
    [[nodiscard]] int join() noexcept override { return write_control(procs_.c_str(), "0\n"); }

    void tell(limited_run& run) const override { tell_of_cgroup(cgroup_, oom_kills_before_, run); }

    void remove() override { remove_cgroup(cgroup_); }

private:
    template <typename Announce>
    static memory_cgroup create(const memory_cgroup& own, Announce announce)
    {
        std::string refusals;
        const std::string name = new_cgroup_name();
        for (const std::string& place : places_for_cgroup(own, refusals)) {
            const std::string directory = place + "/" + name;
            announce(directory);
            if (::mkdir(directory.c_str(), 0755) == 0) return {own.version(), directory, place};
            refusals +=
                "cannot make " + directory + ": " + std::generic_category().message(errno) + "; ";
        }
        if (refusals.empty()) refusals = "no cgroup here has the memory controller; ";
        throw std::runtime_error{refusals.substr(0, refusals.size() - 2)};
    }

    void set_limits(const memory_limit& limit) const
    {
        if (cgroup_.version() == cgroup_version::v2) {
            set("memory.max", limit.memory);
            if (limit.swap) set_if_there("memory.swap.max", *limit.swap);
            return;
        }
        // First RAM, then the sum, which must not be less.
        set("memory.limit_in_bytes", limit.memory);
        if (limit.swap &&
            !set_if_there("memory.memsw.limit_in_bytes", limit.memory + *limit.swap) &&
            *limit.swap == bytes{0}) {
            set_if_there("memory.swappiness", bytes{0}); // at least the limit does not make it swap
        }
        // A new cgroup inherits this, and under it a process at the limit would wait for ever.
        const std::string oom_control = cgroup_.file("memory.oom_control");
        if (read_control_key(oom_control, "oom_kill_disable").value_or(0) != 0) {
            must_write_control(oom_control, "0\n");
        }
    }

    void set(std::string_view name, bytes size) const
    {
        must_write_control(cgroup_.file(name), std::to_string(size.count()) + "\n");
    }

    // Whether the kernel counts this.
    bool set_if_there(std::string_view name, bytes size) const
    {
        const std::string path = cgroup_.file(name);
        if (::access(path.c_str(), F_OK) != 0) return false;
        must_write_control(path, std::to_string(size.count()) + "\n");
        return true;
    }

    memory_cgroup cgroup_;
    std::string procs_;
    std::uint64_t oom_kills_before_ = 0;
};

} // namespace heaplings::detail
