#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

// A clock, and a way to wait for a time of it. The tests bring one that runs at their pace.
struct pacer
{
    virtual ~pacer() = default;

    // The time since the clock was started.
    virtual std::chrono::milliseconds now() = 0;

    // Returns at that time of the clock or a little later; at once if it is past already.
    virtual void sleep_until(std::chrono::milliseconds time) = 0;
};

// Obtains `rounds` blocks of `block` bytes from malloc, the first at once and each further one
// `every` later than the one before was due: the first is due at the time when pace is called, the
// next at that time + `every`, then + 2 * `every`. Each block is kept, and every page of it is
// written to before the wait for the next one begins. Behind the last there is no wait.
//
// Stops at the first malloc that returns null. Returns the blocks obtained, in order; the caller
// frees them.
std::vector<void*> pace(std::size_t block, int rounds, std::chrono::milliseconds every,
                        pacer& clock);
