// A class owns a buffer and leaves copying to the compiler: both copies free it.
// expects: bad free

#include "program.hpp"

namespace faults::copied_shallowly {

class palette // no copy constructor
{
public:
    palette() : colours_{escape(new int[16]{})} {}
    ~palette() { delete[] colours_; }

private:
    int* colours_;
};

[[gnu::noinline]] void draw_with(palette used)
{
    static_cast<void>(escape(&used));
}

void program()
{
    const palette warm;
    draw_with(warm);
}

} // namespace faults::copied_shallowly
