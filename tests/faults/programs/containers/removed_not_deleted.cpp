// std::remove_if over pointers: what it overwrites is lost, and erase deletes nobody.
// expects: leak

#include "program.hpp"

#include <algorithm>
#include <vector>

namespace faults::removed_not_deleted {

struct sensor
{
    double reading;
    bool broken;
};

void program()
{
    std::vector<sensor*> all;
    for (int i = 0; i < 8; ++i) all.push_back(escape(new sensor{i * 0.5, i % 4 == 1}));

    const auto first = std::remove_if(all.begin(), all.end(), [](sensor* s) { return s->broken; });
    all.erase(first, all.end());
    for (sensor* s : all) delete s;
}

} // namespace faults::removed_not_deleted
