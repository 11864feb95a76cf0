// Where the pages of a process are, page by page: /proc/<pid>/pagemap.
#pragma once

#include <heaplings/proc/detail/file.hpp>
#include <heaplings/units.hpp>

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace heaplings {

// What the page table says of one page (the kernel's Documentation/admin-guide/mm/pagemap.rst).
class pagemap_entry
{
public:
    constexpr pagemap_entry() noexcept = default;
    constexpr explicit pagemap_entry(std::uint64_t bits) noexcept : bits_{bits} {}

    [[nodiscard]] constexpr bool is_present() const noexcept { return bit(63); } // in RAM
    [[nodiscard]] constexpr bool is_swapped() const noexcept { return bit(62); }

    // A page of a file or of shared memory, not an anonymous one. Since Linux 3.5.
    [[nodiscard]] constexpr bool is_file_or_shared() const noexcept { return bit(61); }

    // Mapped by this process alone. Since Linux 4.2.
    [[nodiscard]] constexpr bool is_exclusive() const noexcept { return bit(56); }

    // Written to since the soft-dirty bits were cleared (soft-dirty.rst). Never set by a kernel
    // that does not keep them.
    [[nodiscard]] constexpr bool is_soft_dirty() const noexcept { return bit(55); }

    // The number of the page frame in RAM; nothing if the page is in none, or, since Linux 4.2, if
    // the reader lacks CAP_SYS_ADMIN.
    [[nodiscard]] constexpr std::optional<std::uint64_t> frame() const noexcept
    {
        const std::uint64_t number = bits_ & ((std::uint64_t{1} << 55) - 1);
        if (!is_present() || number == 0) return std::nullopt;
        return number;
    }

    // Nothing at all: never touched, or not mapped.
    [[nodiscard]] constexpr bool is_empty() const noexcept
    {
        return !is_present() && !is_swapped();
    }

    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

    [[nodiscard]] friend constexpr bool operator==(pagemap_entry, pagemap_entry) noexcept = default;

private:
    [[nodiscard]] constexpr bool bit(int number) const noexcept { return bits_ >> number & 1; }

    std::uint64_t bits_ = 0;
};

// The file pagemap of a process, open for reading. It takes about 4 KiB, best on the stack, and no
// heap.
class pagemap_file
{
public:
    // Opens `<proc>/<pid>/pagemap`; a process that is gone has no pages.
    //
    // `proc` is the mount point; tests pass a directory of their own.
    // Throws std::system_error if the file may not be read.
    explicit pagemap_file(process_id process = this_process, std::string_view proc = "/proc")
        : file_{process, "pagemap", proc}
    {
    }

    // Reads the entries of the page that holds `address` and of those behind it into `entries`:
    // those that were read. They are fewer where the address space ends, and none if the process
    // is gone or has no memory. Throws std::system_error.
    std::span<pagemap_entry> read(std::uintptr_t address, std::span<pagemap_entry> entries)
    {
        if (!file_.is_open()) return {};

        static_assert(sizeof(pagemap_entry) == sizeof(std::uint64_t));
        const std::span<char> buffer{reinterpret_cast<char*>(entries.data()), entries.size_bytes()};
        const auto page = static_cast<std::uintptr_t>(page_size().count());
        const auto offset = static_cast<off_t>(address / page * sizeof(pagemap_entry));
        std::size_t size = 0;
        while (size < buffer.size()) {
            const auto more =
                file_.read_at(offset + static_cast<off_t>(size), buffer.subspan(size));
            if (more.value_or(0) == 0) break;
            size += *more;
        }
        return entries.first(size / sizeof(pagemap_entry));
    }

    // The entry of the page that holds `address`; nothing if the process is gone or has no memory
    // and for addresses that no process has. Throws std::system_error.
    [[nodiscard]] std::optional<pagemap_entry> at(std::uintptr_t address)
    {
        pagemap_entry entry;
        if (read(address, {&entry, 1}).empty()) return std::nullopt;
        return entry;
    }

private:
    detail::proc_file file_;
};

} // namespace heaplings
