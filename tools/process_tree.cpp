#include "process_tree.hpp"

#include "descriptor.hpp"

#include <charconv>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

// Empty if the process is gone or the file can't be read.
std::string read_proc(const std::string& path)
{
    const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(file.get(), buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
}

template <typename Number>
std::optional<Number> number(std::string_view text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::string_view> words(std::string_view text)
{
    std::vector<std::string_view> found;
    while (true) {
        const std::size_t start = text.find_first_not_of(" \n");
        if (start == std::string_view::npos) return found;
        text.remove_prefix(start);
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        found.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

// The names in a directory that are numbers: processes in /proc, threads in /proc/<pid>/task.
std::vector<pid_t> numbers_in(const std::string& directory)
{
    struct closer
    {
        void operator()(DIR* open) const { ::closedir(open); }
    };
    const std::unique_ptr<DIR, closer> open{::opendir(directory.c_str())};
    std::vector<pid_t> found;
    if (!open) return found;
    while (const dirent* const entry = ::readdir(open.get())) {
        if (const auto pid = number<pid_t>(entry->d_name)) found.push_back(*pid);
    }
    return found;
}

std::string task_directory(pid_t pid)
{
    return fmt::format("/proc/{}/task", pid);
}

// A directory has a link more for each subdirectory, besides its own two.
std::optional<int> tasks_in(pid_t pid, std::optional<uid_t> owner = std::nullopt)
{
    struct stat status
    {
    };
    if (::stat(task_directory(pid).c_str(), &status) != 0) return std::nullopt;
    if (owner && status.st_uid != *owner) return 0;
    return static_cast<int>(status.st_nlink) - 2;
}

// Children by parent, from /proc/<pid>/stat: for kernels without CONFIG_PROC_CHILDREN.
std::multimap<pid_t, pid_t> all_children()
{
    std::multimap<pid_t, pid_t> found;
    for (const pid_t pid : numbers_in("/proc")) {
        const std::string stat = read_proc(fmt::format("/proc/{}/stat", pid));
        const std::size_t name_end = stat.rfind(')');
        if (name_end == std::string::npos) continue;
        const auto fields = words(std::string_view{stat}.substr(name_end + 1));
        if (fields.size() < 2) continue;
        if (const auto parent = number<pid_t>(fields[1])) found.emplace(*parent, pid);
    }
    return found;
}

// A child belongs to the thread that forked it.
std::vector<pid_t> listed_children(pid_t pid)
{
    const std::string tasks = task_directory(pid);
    const bool single = tasks_in(pid) == 1;
    std::vector<pid_t> found;
    for (const pid_t thread : single ? std::vector{pid} : numbers_in(tasks)) {
        const std::string children = read_proc(fmt::format("{}/{}/children", tasks, thread));
        for (const std::string_view word : words(children)) {
            if (const auto child = number<pid_t>(word)) found.push_back(*child);
        }
    }
    return found;
}

} // namespace

std::vector<pid_t> descendants(pid_t root)
{
    const bool kernel_lists_children = ::access("/proc/thread-self/children", R_OK) == 0;
    const auto all = kernel_lists_children ? std::multimap<pid_t, pid_t>{} : all_children();

    std::vector<pid_t> found;
    std::set<pid_t> seen{root};
    const auto add = [&](pid_t pid) {
        if (seen.insert(pid).second) found.push_back(pid);
    };
    const auto add_children_of = [&](pid_t pid) {
        if (kernel_lists_children) {
            for (const pid_t child : listed_children(pid)) add(child);
        } else {
            const auto [first, last] = all.equal_range(pid);
            for (auto child = first; child != last; ++child) add(child->second);
        }
    };
    add_children_of(root);
    for (std::size_t i = 0; i < found.size(); ++i) add_children_of(found[i]);
    return found;
}

usage usage_of(const std::vector<pid_t>& processes)
{
    usage sum;
    for (const pid_t pid : processes) {
        const std::string statm = read_proc(fmt::format("/proc/{}/statm", pid)); // size, resident
        const auto fields = words(statm);
        if (fields.size() < 2) continue;
        sum.tasks += tasks_in(pid).value_or(0);
        sum.resident += number<long>(fields[1]).value_or(0) * page_size();
    }
    return sum;
}

int tasks_of(uid_t user)
{
    int sum = 0;
    for (const pid_t pid : numbers_in("/proc")) sum += tasks_in(pid, user).value_or(0);
    return sum;
}

void kill_descendants()
{
    std::set<pid_t> stopped;
    std::vector<pid_t> found;
    for (bool grew = true; grew;) {
        grew = false;
        found = descendants(::getpid());
        for (const pid_t pid : found) {
            if (!stopped.insert(pid).second) continue;
            ::kill(pid, SIGSTOP);
            grew = true;
        }
    }
    for (const pid_t pid : found) ::kill(pid, SIGKILL);
}

void kill_all_of(uid_t user)
{
    const pid_t helper = ::fork();
    if (helper == 0) {
        // kill(-1) reaches whatever the caller may signal: first make sure that this is no more
        // than the processes of `user`. Capabilities can outlive the change of user.
        __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
        const __user_cap_data_struct none[2]{};
        if (user != 0 && ::setresuid(user, user, user) == 0 &&
            ::syscall(SYS_capset, &header, none) == 0) {
            ::kill(-1, SIGKILL);
        }
        ::_exit(0);
    }
    if (helper > 0) ::waitpid(helper, nullptr, 0);
}

} // namespace heaplings::tools
