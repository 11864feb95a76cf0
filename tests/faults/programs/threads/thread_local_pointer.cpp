// A thread_local pointer keeps a buffer for the thread; when the thread ends, only the pointer
// goes.
// expects: leak

#include "program.hpp"

#include <thread>

namespace faults::thread_local_pointer {

thread_local char* line_buffer = nullptr;

char* buffer_of_this_thread()
{
    if (line_buffer == nullptr) line_buffer = escape(new char[1024]);
    return line_buffer;
}

void program()
{
    for (int i = 0; i < 2; ++i) {
        std::thread worker{[] {
            buffer_of_this_thread()[0] = 'a';
            buffer_of_this_thread()[1] = 'b';
        }};
        worker.join();
    }
}

} // namespace faults::thread_local_pointer
