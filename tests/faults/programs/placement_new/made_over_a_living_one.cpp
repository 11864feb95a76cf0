// A new object is made in the place of one that still lives: what that one owned is lost.
// expects: leak

#include "program.hpp"

#include <memory>
#include <new>
#include <vector>

namespace faults::made_over_a_living_one {

void program()
{
    alignas(std::vector<int>) unsigned char slot[sizeof(std::vector<int>)];
    auto* frame = new (slot) std::vector<int>(320);
    frame = new (escape(frame)) std::vector<int>(640);
    std::destroy_at(frame);
}

} // namespace faults::made_over_a_living_one
