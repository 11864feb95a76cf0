// A stream into memory is closed; its text belongs to the caller, who forgets it.
// expects: leak

#include "program.hpp"

#include <cstdio>

namespace faults::memory_stream_text_left {

void program()
{
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* memory = ::open_memstream(&text, &size);
    if (memory == nullptr) return;
    std::fprintf(memory, "total: %.2f\n", 12.5);
    std::fclose(memory);
    static_cast<void>(escape(text));
}

} // namespace faults::memory_stream_text_left
