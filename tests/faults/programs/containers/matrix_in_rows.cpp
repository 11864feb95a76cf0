// A matrix of rows: the rows first, then the table of rows.
// expects: nothing

#include "program.hpp"

#include <cstddef>

namespace faults::matrix_in_rows {

void program()
{
    constexpr std::size_t rows = 4;
    constexpr std::size_t columns = 16;
    auto** matrix = escape(new double*[rows]);
    for (std::size_t i = 0; i < rows; ++i) matrix[i] = escape(new double[columns]{});
    for (std::size_t i = 0; i < rows; ++i) delete[] matrix[i];
    delete[] matrix;
}

} // namespace faults::matrix_in_rows
