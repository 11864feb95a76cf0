// The allocation patterns, by what they are about.
#pragma once

#include "measured.hpp"

#include <vector>

namespace bench {

[[nodiscard]] std::vector<pattern> lifetimes();
[[nodiscard]] std::vector<pattern> reuse();
[[nodiscard]] std::vector<pattern> fresh();
[[nodiscard]] std::vector<pattern> growth();
[[nodiscard]] std::vector<pattern> containers();
[[nodiscard]] std::vector<pattern> arenas();

// All of them.
[[nodiscard]] std::vector<pattern> patterns();

} // namespace bench
