// qsort of more than fits its buffer on the stack: it takes and gives back a block.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <vector>

namespace faults::sorted_by_merging {

int by_value(const void* a, const void* b)
{
    const int x = *static_cast<const int*>(a);
    const int y = *static_cast<const int*>(b);
    return x < y ? -1 : x > y ? 1 : 0;
}

void program()
{
    std::vector<int> numbers(20'000);
    unsigned state = 1;
    for (int& number : numbers) {
        state = state * 1'103'515'245U + 12'345U;
        number = static_cast<int>(state >> 16U);
    }
    std::qsort(numbers.data(), numbers.size(), sizeof(int), by_value);
}

} // namespace faults::sorted_by_merging
