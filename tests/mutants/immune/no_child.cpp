// Calls body in the caller.
// refused by: a mortal's body is called once, in a child that then exits
// refused by kernel: a mortal's body is called once, in a child that then exits
// refused by kernel: the child of an immune process is mortal, and its parent stays what it was

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
    body();
    return ::getpid();
}
