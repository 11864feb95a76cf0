// Memory resources to be compared: each tells how many allocations of the heap it makes for a
// number of blocks, and has a release() if it frees them all at once.
#pragma once

#include "measured.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <vector>

namespace bench::resources {

inline constexpr std::size_t buffer_size = 1 << 20; // for all that a pattern asks for at once

class new_delete
{
public:
    [[nodiscard]] std::pmr::memory_resource* get() { return std::pmr::new_delete_resource(); }
    static expected_allocations allocations(std::int64_t blocks) { return exactly(blocks); }
};

class monotonic
{
public:
    [[nodiscard]] std::pmr::memory_resource* get() { return &resource_; }
    void release() { resource_.release(); }
    static expected_allocations allocations(std::int64_t) { return exactly(0); }

private:
    std::vector<std::byte> buffer_ = std::vector<std::byte>(buffer_size);
    std::pmr::monotonic_buffer_resource resource_{buffer_.data(), buffer_.size(),
                                                  std::pmr::null_memory_resource()};
};

class growing
{
public:
    [[nodiscard]] std::pmr::memory_resource* get() { return &resource_; }
    void release() { resource_.release(); }
    static expected_allocations allocations(std::int64_t blocks) { return between(1, blocks / 20); }

private:
    std::pmr::monotonic_buffer_resource resource_;
};

// Large enough for the buckets of a hash table, too.
inline constexpr std::pmr::pool_options pool_options{.max_blocks_per_chunk = 0,
                                                     .largest_required_pool_block = buffer_size};

class unsynchronized
{
public:
    [[nodiscard]] std::pmr::memory_resource* get() { return &resource_; }
    static expected_allocations allocations(std::int64_t) { return exactly(0); }

private:
    std::pmr::unsynchronized_pool_resource resource_{pool_options};
};

class released
{
public:
    [[nodiscard]] std::pmr::memory_resource* get() { return &resource_; }
    void release() { resource_.release(); }
    static expected_allocations allocations(std::int64_t blocks) { return between(1, blocks / 5); }

private:
    std::pmr::unsynchronized_pool_resource resource_{pool_options};
};

// One for all threads of a benchmark: the first one makes it, the last one takes it away.
class synchronized
{
public:
    synchronized()
    {
        const std::lock_guard lock{mutex_};
        if (users_++ == 0) shared_.emplace(pool_options);
    }
    synchronized(const synchronized&) = delete;
    synchronized& operator=(const synchronized&) = delete;
    ~synchronized()
    {
        const std::lock_guard lock{mutex_};
        if (--users_ == 0) shared_.reset();
    }

    [[nodiscard]] std::pmr::memory_resource* get() { return &*shared_; }
    static expected_allocations allocations(std::int64_t) { return exactly(0); }

private:
    static inline std::mutex mutex_;
    static inline int users_ = 0;
    static inline std::optional<std::pmr::synchronized_pool_resource> shared_;
};

template <typename Resource>
constexpr bool frees_at_once = requires(Resource resource)
{
    resource.release();
};

} // namespace bench::resources
