// Starts a child of the child, so that nobody can wait for the one that works.
// refused by: a mortal's body is called once, in a child that then exits
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

bool is_protected()
{
    char first = '\0';
    const int file = ::open(file_of_adj, O_RDONLY | O_CLOEXEC);
    const bool negative = ::read(file, &first, 1) == 1 && first == '-';
    ::close(file);
    return negative;
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
    if (is_protected() && write_adj("0") != 0) ::_exit(1);
    if (::fork() != 0) ::_exit(0);
    body();
    ::_exit(0);
}
