// A matrix of rows: the table of rows is freed, the rows are not.
// expects: leak

#include "program.hpp"

#include <cstddef>
#include <cstdlib>

namespace faults::matrix_rows_left {

void program()
{
    constexpr std::size_t rows = 4;
    constexpr std::size_t columns = 16;
    auto** matrix = static_cast<double**>(escape(std::calloc(rows, sizeof(double*))));
    if (matrix == nullptr) return;
    for (std::size_t i = 0; i < rows; ++i) {
        matrix[i] = static_cast<double*>(escape(std::calloc(columns, sizeof(double))));
    }
    std::free(matrix);
}

} // namespace faults::matrix_rows_left
