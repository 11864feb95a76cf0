// A class brings an operator new of its own over malloc, and no operator delete.
// expects: bad free

#include "program.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace faults::class_with_half_its_own {

struct particle
{
    static void* operator new(std::size_t size)
    {
        void* room = std::malloc(size);
        if (room == nullptr) throw std::bad_alloc{};
        return room;
    }

    double x = 0, y = 0;
};

void program()
{
    auto* spark = escape(new particle);
    ::delete escape(spark);
}

} // namespace faults::class_with_half_its_own
