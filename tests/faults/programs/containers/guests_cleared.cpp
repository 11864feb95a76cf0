// A guest list of pointers is cleared, and nobody deletes the guests.
// expects: leak

#include "program.hpp"

#include <string>
#include <vector>

namespace faults::guests_cleared {

struct guest
{
    std::string name;
    int table = 0;
};

void program()
{
    std::vector<guest*> coming;
    for (int table = 1; table <= 3; ++table) {
        coming.push_back(escape(new guest{"a guest with a rather long family name", table}));
    }
    coming.clear();
}

} // namespace faults::guests_cleared
