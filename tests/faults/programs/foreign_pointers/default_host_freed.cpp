// A setting is a copy if the user gave one, else a string literal; at the end it is freed.
// expects: bad free

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::default_host_freed {

char default_host[] = "localhost";

void connect(const char* given)
{
    char* host = given != nullptr ? ::strdup(given) : default_host;
    std::free(escape(host));
}

void program()
{
    connect("www.example.org");
    connect(nullptr);
}

} // namespace faults::default_host_freed
