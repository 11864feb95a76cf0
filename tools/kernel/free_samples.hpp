// How free memory went until a kill: samples in little room, without allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace heaplings::tools {

// Samples of free memory in KiB, at equal distances in time. When there are too many, two become
// one, the lower of them, and the distance doubles: what is kept is of the same shape.
class free_samples
{
public:
    static constexpr std::size_t most = 120;

    void add(std::int32_t kib)
    {
        lowest_ = waiting_ == 0 ? kib : std::min(lowest_, kib);
        if (++waiting_ < distance_) return;
        waiting_ = 0;
        if (size_ == most) halve();
        samples_[size_++] = lowest_;
    }

    // The samples so far, one that is not complete left out, were before a kill.
    void mark_kill() { until_kill_ = size_; }

    // Before the last kill; none if there was no kill.
    [[nodiscard]] std::span<const std::int32_t> until_kill() const
    {
        return std::span{samples_}.first(until_kill_);
    }

private:
    void halve()
    {
        for (std::size_t i = 0; i < most / 2; ++i) {
            samples_[i] = std::min(samples_[2 * i], samples_[2 * i + 1]);
        }
        size_ = most / 2;
        until_kill_ = (until_kill_ + 1) / 2;
        distance_ *= 2;
    }

    std::array<std::int32_t, most> samples_{};
    std::size_t size_ = 0;
    std::size_t until_kill_ = 0;
    std::int32_t lowest_ = 0; // of those that are waiting to become one sample
    std::size_t waiting_ = 0;
    std::size_t distance_ = 1; // in calls of add()
};

} // namespace heaplings::tools
