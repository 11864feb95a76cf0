// Containers with an allocator of their own, which counts and hands on to malloc.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <functional>
#include <map>
#include <new>
#include <vector>

namespace faults::counting_allocator {

long live_bytes = 0;

template <typename T>
struct counting
{
    using value_type = T;

    counting() = default;
    template <typename Other>
    counting(const counting<Other>&)
    {
    }
    T* allocate(std::size_t count)
    {
        void* block = std::malloc(count * sizeof(T));
        if (block == nullptr) throw std::bad_alloc{};
        live_bytes += static_cast<long>(count * sizeof(T));
        return static_cast<T*>(block);
    }
    void deallocate(T* block, std::size_t count)
    {
        live_bytes -= static_cast<long>(count * sizeof(T));
        std::free(block);
    }
    friend bool operator==(const counting&, const counting&) { return true; }
};

void program()
{
    std::vector<int, counting<int>> numbers;
    for (int i = 0; i < 1000; ++i) numbers.push_back(i);
    std::map<int, double, std::less<>, counting<std::pair<const int, double>>> halves;
    for (const int i : numbers) halves[i] = i / 2.0;
}

} // namespace faults::counting_allocator
