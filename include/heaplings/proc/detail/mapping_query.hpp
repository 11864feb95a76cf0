// The mapping of one address from the kernel at once, without a look at all the others.
#pragma once

#include <heaplings/proc/detail/file.hpp>

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <span>

namespace heaplings::detail {

// Argument of the ioctl PROCMAP_QUERY on maps, Linux 6.11: struct procmap_query of the kernel's
// include/uapi/linux/fs.h, which older systems' <linux/fs.h> doesn't have yet.
struct mapping_query
{
    static constexpr std::uint64_t readable = 0x01; // PROCMAP_QUERY_VMA_...
    static constexpr std::uint64_t writable = 0x02;
    static constexpr std::uint64_t executable = 0x04;
    static constexpr std::uint64_t shared = 0x08;

    std::uint64_t size_of_this = sizeof(mapping_query);
    std::uint64_t wanted = 0;
    std::uint64_t address = 0;

    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t flags = 0;
    std::uint64_t page_size = 0;
    std::uint64_t offset = 0;
    std::uint64_t inode = 0;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint32_t name_size = 0; // of the buffer; then of the name with its '\0', or 0
    std::uint32_t build_id_size = 0;
    std::uint64_t name = 0; // address of the buffer
    std::uint64_t build_id = 0;
};
static_assert(sizeof(mapping_query) == 104);

enum class query_answer {
    found,
    not_mapped,
    none, // read the text: an older kernel, no file of the kernel's, a name that doesn't fit
};

// Asks `maps` for the mapping that holds `query.address`, with its name in `name`. That is as in
// the text but for newlines, which are not escaped.
[[nodiscard]] inline query_answer ask(proc_file& maps, mapping_query& query, std::span<char> name)
{
    // Valgrind doesn't know that the kernel writes there.
    std::fill(name.begin(), name.end(), '\0');
    query.name = reinterpret_cast<std::uintptr_t>(name.data());
    query.name_size = static_cast<std::uint32_t>(name.size());
    if (maps.control(_IOWR('f', 17, mapping_query), &query) == 0) return query_answer::found;

    // The upper half is the kernel's. What the text shows there, [vsyscall], isn't answered for.
    constexpr std::uintptr_t half = std::numeric_limits<std::uintptr_t>::max() / 2;
    return errno == ENOENT && query.address <= half ? query_answer::not_mapped : query_answer::none;
}

} // namespace heaplings::detail
