// Lets a doctest case leak, where leak_counter/doctest.hpp checks all others.
//
//     TEST_CASE("the registry keeps its entries" * heaplings::may_leak()) { ... }
//
// For a part of a case there is heaplings::not_counted, for a function heaplings::allow_leaks_of.
#pragma once

#include <heaplings/leak_counter/not_counted.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace heaplings {

namespace detail {

struct leak_permission
{
    std::string file;
    unsigned line;
    std::int64_t most_blocks;
};

// Of the test cases, which are known by where they stand. Filled before main.
[[nodiscard]] inline std::vector<leak_permission>& leak_permissions()
{
    static std::vector<leak_permission> list;
    return list;
}

} // namespace detail

// A decorator: the case may leave so many blocks behind, any number unless said otherwise. Its bad
// frees fail it all the same.
class may_leak
{
public:
    explicit may_leak(std::int64_t most_blocks = std::numeric_limits<std::int64_t>::max()) noexcept
        : most_blocks_{most_blocks}
    {
    }

    void fill(doctest::detail::TestCase& test) const
    {
        const not_counted own_work;
        detail::leak_permissions().push_back({test.m_file.c_str(), test.m_line, most_blocks_});
    }

private:
    std::int64_t most_blocks_;
};

} // namespace heaplings
