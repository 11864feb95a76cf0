// What the kernel's log tells of an OOM kill, and how free memory went until then, for people.
#pragma once

#include <heaplings/units.hpp>

#include <span>
#include <string>
#include <string_view>

namespace heaplings::tools {

// The line of the last kill in `log`, as the kernel wrote it; the victim's row of the task table,
// its columns drawn together; and free memory until that kill as a plot of at most 60 columns, if
// there are samples. Empty if the log tells of no kill.
[[nodiscard]] std::string show_last_kill(std::string_view log, std::span<const bytes> free);

// Each column is the lowest of the samples that it stands for; the highest one fills all rows, and
// what is less than a row is none.
[[nodiscard]] std::string plot_of(std::span<const bytes> free);

} // namespace heaplings::tools
