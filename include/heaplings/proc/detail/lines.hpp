// Reading a file of a process line by line through a buffer of fixed size.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace heaplings::detail {

// How the kernel hands out a file.
enum class handed_out {
    // Of many records, mostly less than a page of them at a time, whatever the size of the buffer:
    // the end is where a read gives nothing.
    in_pieces,
    // Of one record (single_open() in the kernel's fs/seq_file.c): a read that gives less than it
    // was asked for has come to the end. That saves another one, some per cent of the time.
    at_once,
};

// The lines of a proc_file.
template <std::size_t Capacity, handed_out How = handed_out::at_once>
class line_reader
{
public:
    explicit line_reader(proc_file& file) noexcept : file_{file} {}

    // The next line without its newline, to be taken apart until the next call; nothing at the end
    // of the file and when the process is gone. Of a line longer than Capacity only the head.
    // Throws std::system_error, and parse_error if the last line has no newline.
    [[nodiscard]] std::optional<fields> next()
    {
        if (cut_) skip_line();
        for (std::size_t searched = 0;;) {
            const std::string_view text = pending();
            if (const auto length = text.find('\n', searched); length != text.npos) {
                ++number_;
                taken_ = length + 1;
                first_ += taken_;
                return fields{file_.path(), number_, text.substr(0, length)};
            }
            if (text.size() == Capacity) {
                ++number_;
                taken_ = Capacity;
                first_ = last_;
                cut_ = true;
                return fields{file_.path(), number_, text};
            }
            searched = text.size();
            if (refill()) continue;
            if (searched > 0 && !process_gone_) {
                throw parse_error{file_.path(), number_ + 1, pending(), "a newline at the end"};
            }
            return std::nullopt;
        }
    }

    // The place behind the last line, where what the file lacks is missed.
    [[nodiscard]] fields end() const noexcept { return {file_.path(), number_ + 1, ""}; }

    // Makes the line that next() gave last the next one again. It is not to be called twice.
    void put_back() noexcept
    {
        --number_;
        first_ -= taken_;
        cut_ = false;
    }

    // Begins anew with the file's first line.
    void rewind() noexcept
    {
        offset_ = 0;
        first_ = last_ = number_ = 0;
        cut_ = process_gone_ = at_end_ = false;
    }

    // The buffer, for other use after rewind(): the next line overwrites it.
    [[nodiscard]] std::span<char> buffer() noexcept { return buffer_; }

    [[nodiscard]] bool at_begin() const noexcept { return number_ == 0; }
    [[nodiscard]] bool line_is_cut() const noexcept { return cut_; }
    [[nodiscard]] bool process_gone() const noexcept { return process_gone_; }

private:
    // What was read and not given yet.
    [[nodiscard]] std::string_view pending() const noexcept
    {
        return {buffer_ + first_, last_ - first_};
    }

    // Moves what is pending to the front and reads more behind it: whether there was more.
    bool refill()
    {
        if (at_end_) return false;
        std::copy(buffer_ + first_, buffer_ + last_, buffer_);
        last_ -= first_;
        first_ = 0;
        const auto size = file_.read_at(offset_, {buffer_ + last_, Capacity - last_});
        process_gone_ = !size;
        last_ += size.value_or(0);
        offset_ += static_cast<off_t>(size.value_or(0));
        if constexpr (How == handed_out::at_once) {
            at_end_ = 0 < last_ && last_ < Capacity && buffer_[last_ - 1] == '\n';
        }
        return size.value_or(0) > 0;
    }

    // Passes over the rest of a line of which next() gave the head.
    void skip_line()
    {
        cut_ = false;
        do {
            const char* const newline = std::find(buffer_ + first_, buffer_ + last_, '\n');
            first_ = static_cast<std::size_t>(newline - buffer_);
        } while (first_ == last_ && refill());
        if (first_ < last_) {
            ++first_;
        } else if (!process_gone_) {
            throw parse_error{file_.path(), number_, "", "a newline at the end"};
        }
    }

    proc_file& file_;
    off_t offset_ = 0;      // of what is to be read next
    std::size_t first_ = 0; // pending: from first_ up to last_
    std::size_t last_ = 0;
    std::size_t taken_ = 0; // the last line, newline included
    std::size_t number_ = 0;
    bool cut_ = false;
    bool process_gone_ = false;
    bool at_end_ = false;   // known without another read
    char buffer_[Capacity]; // up to last_
};

} // namespace heaplings::detail
