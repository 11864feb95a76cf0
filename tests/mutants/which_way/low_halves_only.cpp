// Compares the lower 32 bits of the addresses.
// refused by: addresses may lie further apart than 32 bits can tell

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    bool up = false;
    bool down = false;
    for (std::size_t i = 1; i < n; ++i) {
        const auto before = static_cast<std::uint32_t>(addresses[i - 1]);
        const auto after = static_cast<std::uint32_t>(addresses[i]);
        if (after > before) up = true;
        if (after < before) down = true;
    }
    if (up && down) return growth::mixed;
    if (up) return growth::up;
    if (down) return growth::down;
    return growth::unknown;
}
