// What a spec saw when it asked a learner's function about addresses.
//
// Sightings are plain bytes of a fixed size, so that a fresh process can send them home
// (support::in_fresh_process).
#pragma once

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace support {

[[nodiscard]] inline std::uintptr_t number(const void* address)
{
    return reinterpret_cast<std::uintptr_t>(address);
}

// The line of /proc/self/maps in which `address` lies, without its padding.
[[nodiscard]] inline std::string maps_line(const void* address)
{
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) != 2) continue;
        if (begin <= number(address) && number(address) < end) {
            const auto both_blank = [](char a, char b) { return a == ' ' && b == ' '; };
            line.erase(std::unique(line.begin(), line.end(), both_blank), line.end());
            return line;
        }
    }
    return "nothing";
}

// One question and its answer.
template <class Answer>
struct sighting
{
    std::array<char, 96> what; // what lies at the address
    const void* address;
    Answer expected;
    Answer answered;
    std::array<char, 192> line; // of /proc/self/maps, where the answer is not the expected one
};

// For the INFO of a failed check: what was asked.
template <class Answer>
[[nodiscard]] std::string question(const sighting<Answer>& seen)
{
    std::array<char, 24> address;
    std::snprintf(address.data(), address.size(), "%#" PRIxPTR, number(seen.address));
    return std::string{"asked about "} + address.data() + ": " + seen.what.data();
}

// For the INFO of a failed check: what the machine shows.
template <class Answer>
[[nodiscard]] std::string evidence(const sighting<Answer>& seen)
{
    return std::string{"/proc/self/maps shows there: "} + seen.line.data();
}

// All that was asked in one process.
template <class Answer>
class sightings
{
public:
    void add(std::string_view what, const void* address, Answer expected, Answer answered)
    {
        if (size_ == items_.size()) throw std::length_error{"too many sightings"};
        sighting<Answer>& seen = items_[size_++];
        copy(what, seen.what);
        seen.address = address;
        seen.expected = expected;
        seen.answered = answered;
        if (answered != expected) copy(maps_line(address), seen.line);
    }

    [[nodiscard]] std::span<const sighting<Answer>> all() const { return {items_.data(), size_}; }

private:
    static void copy(std::string_view text, std::span<char> out)
    {
        out[text.copy(out.data(), out.size() - 1)] = '\0';
    }

    std::array<sighting<Answer>, 64> items_{};
    std::size_t size_ = 0;
};

} // namespace support
