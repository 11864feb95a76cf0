// An old parser leaves by longjmp, over the free of its buffer.
// expects: leak

#include "program.hpp"

#include <csetjmp>
#include <cstdlib>

namespace faults::jumped_over_free {

std::jmp_buf give_up; // NOLINT

[[gnu::noinline]] void parse(const char* text)
{
    char* token = static_cast<char*>(escape(std::malloc(64)));
    if (token == nullptr) return;
    for (; *text != '\0'; ++text) {
        if (*text == '%') std::longjmp(give_up, 1);
        *token = *text;
    }
    std::free(token);
}

void program()
{
    if (setjmp(give_up) == 0) parse("speed=50%");
}

} // namespace faults::jumped_over_free
