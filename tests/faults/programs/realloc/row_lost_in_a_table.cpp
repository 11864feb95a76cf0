// A table grows by reallocarray; on failure the rows are freed, but the table they stand in is
// lost.
// expects: leak
// run: each allocation failing

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::row_lost_in_a_table {

constexpr std::size_t rows = 5;

void program()
{
    char** table = nullptr;
    for (std::size_t i = 0; i < rows; ++i) {
        auto** larger = static_cast<char**>(::reallocarray(escape(table), i + 1, sizeof(char*)));
        if (larger == nullptr) {
            for (std::size_t k = 0; k < i; ++k) std::free(table[k]);
            return; // and the table?
        }
        table = larger;
        table[i] = ::strdup("a row of the table");
    }
    for (std::size_t i = 0; i < rows; ++i) std::free(table[i]);
    std::free(table);
}

} // namespace faults::row_lost_in_a_table
