// An object counts its references itself; one user takes one more than it gives back.
// expects: leak

#include "program.hpp"

namespace faults::one_reference_too_many {

class texture
{
public:
    void retain() { ++references_; }
    void release()
    {
        if (--references_ == 0) delete this;
    }

private:
    ~texture() = default;
    int references_ = 1;
};

[[gnu::noinline]] bool draw(texture* used, bool visible)
{
    used->retain();
    if (!visible) return false;
    used->release();
    return true;
}

void program()
{
    auto* wood = escape(new texture);
    draw(wood, true);
    draw(wood, false);
    wood->release();
}

} // namespace faults::one_reference_too_many
