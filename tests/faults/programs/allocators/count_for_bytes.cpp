// An allocator gives its blocks back with the number of elements where bytes are asked for.
// expects: bad free

#include "program.hpp"

#include <new>
#include <vector>

namespace faults::count_for_bytes {

template <typename T>
struct sloppy
{
    using value_type = T;

    sloppy() = default;
    template <typename Other>
    sloppy(const sloppy<Other>&)
    {
    }
    T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T))); }
    void deallocate(T* block, std::size_t count) { ::operator delete(escape(block), count); }
    friend bool operator==(const sloppy&, const sloppy&) { return true; }
};

void program()
{
    const std::vector<double, sloppy<double>> samples(100);
    static_cast<void>(escape(&samples));
}

} // namespace faults::count_for_bytes
