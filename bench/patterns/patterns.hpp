// The allocation patterns, by what they are about.
#pragma once

#include "measured.hpp"

#include <vector>

namespace bench {

[[nodiscard]] std::vector<pattern> lifetimes();
[[nodiscard]] std::vector<pattern> reuse();

// All of them.
[[nodiscard]] std::vector<pattern> patterns();

} // namespace bench
