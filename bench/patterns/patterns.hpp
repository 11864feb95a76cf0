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
[[nodiscard]] std::vector<pattern> threads();
[[nodiscard]] std::vector<pattern> contention();
[[nodiscard]] std::vector<pattern> pages();
[[nodiscard]] std::vector<pattern> give_back();
[[nodiscard]] std::vector<pattern> limits();

// All of them.
[[nodiscard]] std::vector<pattern> patterns();

} // namespace bench
