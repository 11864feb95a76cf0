// A move assignment takes the pointer of the other and clears it: onto itself, that loses the
// block.
// expects: leak

#include "program.hpp"

#include <utility>
#include <vector>

namespace faults::moved_onto_itself {

class picture
{
public:
    explicit picture(int number) : pixels_{escape(new char[64 * 64]{})}, number_{number} {}
    picture(picture&& other) noexcept
        : pixels_{std::exchange(other.pixels_, nullptr)}, number_{other.number_}
    {
    }
    picture& operator=(picture&& other) noexcept
    {
        if (pixels_ != other.pixels_) delete[] pixels_;
        pixels_ = other.pixels_;
        other.pixels_ = nullptr;
        number_ = other.number_;
        return *this;
    }
    ~picture() { delete[] pixels_; }

private:
    char* pixels_;
    int number_;
};

void program()
{
    std::vector<picture> album;
    album.reserve(3);
    for (int number = 0; number < 3; ++number) album.emplace_back(number);
    // Brings the best one to the front, which it happens to be already.
    const std::size_t best = 0;
    album[0] = std::move(album[best]);
}

} // namespace faults::moved_onto_itself
