// Sets the child to 0, whatever the parent volunteers for.
// refused by kernel: a mortal keeps the oom_score_adj of a parent that is more likely to be killed than others

#include "spec/immune.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr const char* file_of_adj = "/proc/self/oom_score_adj";

// 0, or the errno value of what the kernel refused.
int write_adj(const char* adj)
{
    const int file = ::open(file_of_adj, O_WRONLY | O_CLOEXEC);
    if (file < 0) return errno;
    const int error = ::write(file, adj, std::strlen(adj)) < 0 ? errno : 0;
    ::close(file);
    return error;
}

} // namespace

int become_immune()
{
    return write_adj("-1000");
}

pid_t spawn_mortal(void (*body)())
{
    const pid_t child = ::fork();
    if (child != 0) return child;
    write_adj("0");
    body();
    ::_exit(0);
}
