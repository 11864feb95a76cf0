// An exception leaves the function.
// says: it threw: "that is too much"
#include "spec/hostile.hpp"

#include <stdexcept>

int twice(int)
{
    throw std::runtime_error{"that is too much"};
}
