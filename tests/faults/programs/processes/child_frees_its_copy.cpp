// A forked child frees its copy of a block and allocates some more; so does the parent.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace faults::child_frees_its_copy {

void program()
{
    void* shared = escape(std::malloc(333));
    auto* text = escape(new std::string(90, 's'));
    const pid_t child = ::fork();
    if (child == 0) {
        std::free(shared);
        delete text;
        {
            const std::string more(500, 'm');
            static_cast<void>(escape(&more));
        }
        ::_exit(0);
    }
    int status = 0;
    if (child > 0) ::waitpid(child, &status, 0);
    std::free(shared);
    delete text;
}

} // namespace faults::child_frees_its_copy
