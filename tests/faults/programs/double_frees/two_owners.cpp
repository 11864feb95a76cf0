// A house and its garden both think that the fence is theirs.
// expects: bad free

#include "program.hpp"

namespace faults::two_owners {

struct fence
{
    int metres = 0;
};

struct owner
{
    fence* mine;
    ~owner() { delete mine; }
};

void program()
{
    auto* built = escape(new fence{40});
    const owner house{built};
    const owner garden{escape(built)};
}

} // namespace faults::two_owners
