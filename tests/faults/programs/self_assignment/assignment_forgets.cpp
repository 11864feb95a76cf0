// A copy assignment takes a new buffer and forgets the old one.
// expects: leak

#include "program.hpp"

#include <algorithm>
#include <cstddef>

namespace faults::assignment_forgets {

class histogram
{
public:
    explicit histogram(std::size_t bins) : size_{bins}, bins_{escape(new int[bins]{})} {}
    histogram(const histogram& other) : histogram(other.size_)
    {
        std::copy_n(other.bins_, size_, bins_);
    }
    histogram& operator=(const histogram& other)
    {
        if (this == &other) return *this;
        size_ = other.size_;
        bins_ = escape(new int[size_]);
        std::copy_n(other.bins_, size_, bins_);
        return *this;
    }
    ~histogram() { delete[] bins_; }

private:
    std::size_t size_;
    int* bins_;
};

void program()
{
    const histogram today{24};
    histogram shown{12};
    shown = today;
}

} // namespace faults::assignment_forgets
