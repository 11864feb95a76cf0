// A pair of buffers: if there is no memory for the second one, the first is lost.
// expects: leak
// run: each allocation failing

#include "program.hpp"

namespace faults::second_buffer_throws {

class double_buffer
{
public:
    double_buffer() : front_{escape(new char[4096])}, back_{escape(new char[4096])} {}
    ~double_buffer()
    {
        delete[] front_;
        delete[] back_;
    }
    double_buffer(const double_buffer&) = delete;
    double_buffer& operator=(const double_buffer&) = delete;

private:
    char* front_;
    char* back_;
};

void program()
{
    double_buffer screen;
    static_cast<void>(escape(&screen));
}

} // namespace faults::second_buffer_throws
