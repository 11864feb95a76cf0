// Types of a cache line's alignment: alone, in arrays with a count in front, in containers.
// expects: nothing

#include "program.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace faults::over_aligned {

struct alignas(64) counter
{
    long value = 0;
};

struct alignas(128) channel
{
    std::string name = "a channel with quite a long name, of its own";
};

void program()
{
    delete escape(new counter);
    delete[] escape(new counter[5]);
    delete escape(new channel);
    delete[] escape(new channel[3]);
    std::vector<channel> all(4);
    all.resize(9);
    std::map<int, counter> by_number;
    for (int i = 0; i < 20; ++i) by_number[i].value = i;
    const auto shared = std::make_shared<channel>();
    const auto owned = std::make_unique<counter[]>(7);
}

} // namespace faults::over_aligned
