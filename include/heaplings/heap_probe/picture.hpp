// A picture of the address space, for a terminal.
#pragma once

#include <heaplings/heap_probe/detail/loaded.hpp>
#include <heaplings/heap_probe/region.hpp>
#include <heaplings/proc/maps.hpp>
#include <heaplings/units.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string_view>

namespace heaplings {

// An address to be shown in the picture, and what to call it: one word or two.
struct marker
{
    std::string_view name;
    const void* pointer = nullptr;
};

namespace detail {

// A run of neighbouring mappings, or parts of one, that the picture shows as one box.
struct picture_row
{
    std::string_view name;
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    bytes mapped;
    int mappings = 0;
};

// The rows from low to high addresses: the program's parts, the heap, the stack, and what is mapped
// between them. Neighbours of the same region are one row, whatever is unused between them.
class picture_rows
{
public:
    picture_rows()
    {
        maps_file maps;
        for (const mapping& m : maps) {
            if (m.path == "[vsyscall]") continue; // among the kernel's own addresses
            std::uintptr_t begin = m.begin;
            while (begin < m.end) begin = add_part(begin, m);
        }
    }

    [[nodiscard]] std::span<const picture_row> view() const noexcept { return {rows_, size_}; }

private:
    // Adds what begins at `begin` in the mapping `m`; returns where it ends.
    std::uintptr_t add_part(std::uintptr_t begin, const mapping& m)
    {
        const auto part = find_loaded_part(begin);
        if (part && part->of_program) {
            const std::uintptr_t end = std::min(part->end, m.end);
            add(to_string(part->what), begin, end);
            return end;
        }
        // A shared object is one of the many things in the mmap area.
        const region what = part ? region::mmap : region_of_mapping(begin, m);
        add(to_string(what), begin, m.end);
        return m.end;
    }

    void add(std::string_view name, std::uintptr_t begin, std::uintptr_t end)
    {
        const bool continues = size_ > 0 && rows_[size_ - 1].name == name;
        if (!continues && size_ < std::size(rows_)) rows_[size_++] = {name, begin, end, {}, 0};
        picture_row& row = rows_[size_ - 1];
        row.end = end;
        row.mapped += bytes{end - begin};
        ++row.mappings;
    }

    picture_row rows_[32];
    std::size_t size_ = 0;
};

// Draws line by line.
class picture
{
public:
    picture(std::ostream& out, std::span<const marker> markers) : out_{out}, markers_{markers} {}

    void draw(std::span<const picture_row> rows)
    {
        std::uintptr_t above = 0; // address 0, one past the highest
        for (std::size_t i = rows.size(); i > 0; --i) {
            const picture_row& row = rows[i - 1];
            draw_gap(row.end, above);
            draw_border(row.end);
            draw_row(row);
            if (i == 1 || rows[i - 2].end != row.begin) draw_border(row.begin);
            above = row.begin;
        }
        draw_gap(0, above);
    }

private:
    static constexpr int address_width = 14;
    static constexpr int name_width = 8;
    static constexpr std::size_t longest_marker = 30;

    void draw_border(std::uintptr_t address)
    {
        char digits[16];
        const auto end = std::to_chars(digits, std::end(digits), address, 16).ptr;
        const std::string_view text{digits, static_cast<std::size_t>(end - digits)};
        pad(address_width - static_cast<int>(text.size()));
        out_ << text << " +----------+\n";
    }

    void draw_row(const picture_row& row)
    {
        draw_side('|', row.name);
        out_ << ' ' << row.mapped;
        if (row.name == to_string(region::mmap)) out_ << " in " << row.mappings << " mappings";
        out_ << '\n';
        draw_markers('|', row.begin, row.end);
    }

    // What nobody has mapped. The gap above the highest row is the kernel's and only drawn for a
    // marker's sake.
    void draw_gap(std::uintptr_t begin, std::uintptr_t end)
    {
        if (begin == end) return;
        if (end != 0) {
            draw_side(':', "");
            out_ << ' ' << bytes{end - begin} << " unused\n";
        }
        draw_markers(':', begin, end);
    }

    // The markers from `begin` to `end`, the highest first.
    void draw_markers(char side, std::uintptr_t begin, std::uintptr_t end)
    {
        for (std::uintptr_t last = end - 1;;) {
            bool found = false;
            std::uintptr_t highest = begin;
            for (const marker& m : markers_) {
                const std::uintptr_t address = address_of(m.pointer);
                if (address < highest || last < address) continue;
                highest = address;
                found = true;
            }
            if (!found) return;
            for (const marker& m : markers_) {
                if (address_of(m.pointer) != highest) continue;
                draw_side(side, "");
                out_ << " <- " << m.name.substr(0, longest_marker) << ' ' << m.pointer << '\n';
            }
            if (highest == begin) return;
            last = highest - 1;
        }
    }

    void draw_side(char side, std::string_view name)
    {
        pad(address_width + 1);
        out_ << side << ' ' << name;
        pad(name_width - static_cast<int>(name.size()));
        out_ << ' ' << side;
    }

    void pad(int count)
    {
        for (; count > 0; --count) out_ << ' ';
    }

    std::ostream& out_;
    std::span<const marker> markers_;
};

} // namespace detail

// Prints the address space of this process, the highest address first, at most 80 columns wide, and
// points out where `markers` lie in it:
//
//       7ffd0c5c2000 +----------+
//                    | stack    | 135,168 B (132 KiB)
//                    |          | <- a local variable 0x7ffd0c5c0b3c
//       7ffd0c5a1000 +----------+
//                    :          : 1,125,826,560 B (1.0 GiB) unused
//
// The neighbouring mappings of a region are one box. Heap and stack are named as by region_of.
// Everything is read before the first character is written. Throws std::system_error if
// /proc/self/maps can't be read.
inline void print_address_space(std::ostream& out, std::span<const marker> markers = {})
{
    const detail::picture_rows rows;
    detail::picture{out, markers}.draw(rows.view());
}

} // namespace heaplings
