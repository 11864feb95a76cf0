// Assignment by copy and swap: onto itself, from another and from a temporary.
// expects: nothing

#include "program.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace faults::assigned_by_swap {

class histogram
{
public:
    explicit histogram(std::size_t bins) : size_{bins}, bins_{escape(new int[bins]{})} {}
    histogram(const histogram& other) : histogram(other.size_)
    {
        std::copy_n(other.bins_, size_, bins_);
    }
    histogram(histogram&& other) noexcept
        : size_{std::exchange(other.size_, 0)}, bins_{std::exchange(other.bins_, nullptr)}
    {
    }
    histogram& operator=(histogram other) noexcept
    {
        std::swap(size_, other.size_);
        std::swap(bins_, other.bins_);
        return *this;
    }
    ~histogram() { delete[] bins_; }

private:
    std::size_t size_;
    int* bins_;
};

void program()
{
    histogram today{24};
    histogram& same = today;
    today = same;
    today = std::move(same);
    today = histogram{48};
}

} // namespace faults::assigned_by_swap
