// Lets a child take the memory, and ends itself.
// refused by: the kernel log names the hog, and nobody else

#include "spec/until_killed.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

void hog()
{
    const pid_t child = fork();
    if (child == 0) {
        constexpr std::size_t step = 256 * 1024;
        while (true) {
            void* const block = std::malloc(step);
            if (block != nullptr) std::memset(block, 1, step);
        }
    }
    waitpid(child, nullptr, 0);
    std::raise(SIGKILL);
    std::abort();
}
