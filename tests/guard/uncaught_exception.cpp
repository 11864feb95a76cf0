// An exception leaves a function that promised not to let any out.
// says: aborted
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <stdexcept>

namespace {

void promises_not_to_throw() noexcept
{
    throw std::runtime_error{"and yet it throws"};
}

} // namespace

int twice(int number)
{
    promises_not_to_throw();
    return 2 * number;
}
