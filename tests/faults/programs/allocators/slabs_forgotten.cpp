// An arena keeps only its newest slab and forgets the ones that are full.
// expects: leak

#include "program.hpp"

#include <cstddef>
#include <cstdlib>

namespace faults::slabs_forgotten {

class arena
{
public:
    arena() = default;
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;
    ~arena() { std::free(slab_); }

    void* allocate(std::size_t size)
    {
        if (slab_ == nullptr || used_ + size > capacity) {
            slab_ = static_cast<char*>(escape(std::malloc(capacity)));
            used_ = 0;
        }
        used_ += size;
        return slab_ + used_ - size;
    }

private:
    static constexpr std::size_t capacity = 1024;
    char* slab_ = nullptr;
    std::size_t used_ = 0;
};

void program()
{
    arena words;
    for (int i = 0; i < 30; ++i) static_cast<void>(escape(words.allocate(100)));
}

} // namespace faults::slabs_forgotten
