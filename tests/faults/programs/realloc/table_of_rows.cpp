// A table of strings grows by reallocarray; whatever fails, the rows and the table go back.
// expects: nothing
// run: each allocation failing

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::table_of_rows {

void program()
{
    char** table = nullptr;
    std::size_t rows = 0;
    while (rows < 5) {
        auto** larger = static_cast<char**>(escape(::reallocarray(table, rows + 1, sizeof(char*))));
        if (larger == nullptr) break;
        table = larger;
        char* row = ::strdup("a row of the table");
        if (row == nullptr) break;
        table[rows++] = row;
    }
    for (std::size_t i = 0; i < rows; ++i) std::free(table[i]);
    std::free(table);
}

} // namespace faults::table_of_rows
