// Only the forked child frees the block: the parent's own is another, and stays.
// expects: leak

#include "program.hpp"

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace faults::left_to_the_child {

void program()
{
    void* task = escape(std::malloc(333));
    const pid_t child = ::fork();
    if (child == 0) {
        std::free(task);
        ::_exit(0);
    }
    int status = 0;
    if (child > 0) ::waitpid(child, &status, 0);
}

} // namespace faults::left_to_the_child
