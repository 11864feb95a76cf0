// Claims success in a static initialiser.
// says: ended early (exit status 0), before its tests were done
// says: before the first test case had started
#include "spec/hostile.hpp"

#include <cstdlib>

namespace {

int leave()
{
    std::exit(0);
}

const int factor = leave();

} // namespace

int twice(int number)
{
    return factor * number;
}
