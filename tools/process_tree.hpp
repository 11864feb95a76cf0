// The processes below one, as /proc tells: who they are, what they hold, and how to end them all.
#pragma once

#include <heaplings/units.hpp>

#include <chrono>
#include <sys/types.h>
#include <vector>

namespace heaplings::tools {

// All processes below `root`, parents before children. Those that start or end meanwhile may or may
// not be among them.
[[nodiscard]] std::vector<pid_t> descendants(pid_t root);

struct usage
{
    int tasks = 0;    // threads, over all processes
    bytes resident{}; // a page that several processes share counts in each of them
};

// What the processes hold together; one that has ended holds nothing.
[[nodiscard]] usage usage_of(const std::vector<pid_t>& processes);

// Number of threads that run as `user`, as far as /proc shows them.
[[nodiscard]] int tasks_of(uid_t user);

// Sends SIGKILL to all that is below this process. Stops them first until no new one appears: who
// is stopped does not fork.
void kill_descendants();

// Sends SIGKILL to all processes of `user`, at once, so that not even a fork bomb escapes. Needs
// the right to become that user, and does nothing without.
void kill_all_of(uid_t user);

} // namespace heaplings::tools
