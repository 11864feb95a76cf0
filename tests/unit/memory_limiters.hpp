// The memory limiters that a test can really use on this machine.
#pragma once

#include <heaplings/memory_limit.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

// The limiters that work on this machine; the others are told once.
inline const std::vector<heaplings::memory_limiter>& usable_limiters()
{
    static const std::vector<heaplings::memory_limiter> usable = [] {
        using namespace heaplings::literals;
        std::vector<heaplings::memory_limiter> found;
        for (const heaplings::memory_limiter limiter : heaplings::all_memory_limiters) {
            try {
                static_cast<void>(
                    heaplings::run_limited({.memory = 64_MiB, .only = limiter}, [] {}));
                found.push_back(limiter);
            } catch (const std::runtime_error& error) {
                MESSAGE("not tested here: " << std::string{error.what()});
            }
        }
        return found;
    }();
    return usable;
}

inline bool kills(heaplings::memory_limiter limiter)
{
    return limiter != heaplings::memory_limiter::address_space;
}
