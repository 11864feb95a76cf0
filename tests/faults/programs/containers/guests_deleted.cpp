// A guest list of pointers: each guest is deleted before the list is cleared.
// expects: nothing

#include "program.hpp"

#include <string>
#include <vector>

namespace faults::guests_deleted {

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
    for (guest* one : coming) delete one;
    coming.clear();
}

} // namespace faults::guests_deleted
