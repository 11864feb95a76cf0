// A pair of buffers, each with an owner of its own before the next is asked for.
// expects: nothing
// run: each allocation failing

#include "program.hpp"

#include <memory>

namespace faults::second_buffer_owned {

class double_buffer
{
public:
    double_buffer() : front_{escape(new char[4096])}, back_{escape(new char[4096])} {}

private:
    std::unique_ptr<char[]> front_;
    std::unique_ptr<char[]> back_;
};

void program()
{
    double_buffer screen;
    static_cast<void>(escape(&screen));
}

} // namespace faults::second_buffer_owned
