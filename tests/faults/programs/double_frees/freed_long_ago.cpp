// A block is freed once more long after, when many others have come and gone.
// expects: bad free

#include "program.hpp"

#include <cstdlib>
#include <string>
#include <vector>

namespace faults::freed_long_ago {

void program()
{
    void* ticket = escape(std::malloc(700));
    std::free(escape(ticket));
    {
        std::vector<std::string> others;
        for (std::size_t i = 1; i < 50; ++i) others.emplace_back(i * 16, '.');
    }
    std::free(escape(ticket));
}

} // namespace faults::freed_long_ago
