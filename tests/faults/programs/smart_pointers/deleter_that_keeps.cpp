// A shared_ptr with a deleter that does nothing, for an object that nobody else owns.
// expects: leak

#include "program.hpp"

#include <memory>

namespace faults::deleter_that_keeps {

struct device
{
    int channel = 0;
};

std::shared_ptr<device> open_device(int channel)
{
    return {escape(new device{channel}), [](device*) {}};
}

void program()
{
    const auto opened = open_device(7);
    const auto other = opened;
}

} // namespace faults::deleter_that_keeps
