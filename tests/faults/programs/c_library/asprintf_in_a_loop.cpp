// asprintf makes a new string in each round of a loop; only the last one is freed.
// expects: leak

#include "program.hpp"

#include <cstdio>
#include <cstdlib>

namespace faults::asprintf_in_a_loop {

void program()
{
    char* label = nullptr;
    for (int i = 0; i < 4; ++i) {
        if (::asprintf(&label, "sample %d of %d", i, 4) < 0) return;
        static_cast<void>(escape(label));
    }
    std::free(label);
}

} // namespace faults::asprintf_in_a_loop
