// Addresses come back from malloc and are freed again, and null is freed often: all is well.
// expects: nothing

#include "program.hpp"

#include <cstdlib>

namespace faults::same_address_again {

void program()
{
    char* message = nullptr;
    for (int i = 0; i < 100; ++i) {
        message = static_cast<char*>(escape(std::malloc(64)));
        std::free(message);
        message = nullptr;
        std::free(message);
    }
    int* number = escape(new int{1});
    delete number;
    number = nullptr;
    delete escape(number);
}

} // namespace faults::same_address_again
