// What the library throws: std::system_error when the operating system refuses, parse_error when a
// text is not what it should be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace heaplings {

// A text, mostly a file of /proc, that does not have the form that its documentation promises.
//
// what() reads `/proc/self/maps:3: expected a hexadecimal number, found "55z0-..."`. A text longer
// than 200 characters is cut, and a NUL, at which what() would end, is shown as `?`.
class parse_error : public std::runtime_error
{
public:
    // `file` is where the text came from, `line` counts from 1, `text` is what was found there,
    // `expected` says what should have been, as in "a hexadecimal number".
    parse_error(std::string_view file, std::size_t line, std::string_view text,
                std::string_view expected)
        : runtime_error{message(file, line, text.substr(0, longest_text), expected)},
          file_size_{file.size()}, line_{line}, text_size_{std::min(text.size(), longest_text)}
    {
    }

    [[nodiscard]] std::string_view file() const noexcept
    {
        return std::string_view{what()}.substr(0, file_size_);
    }
    [[nodiscard]] std::size_t line() const noexcept { return line_; }
    [[nodiscard]] std::string_view text() const noexcept
    {
        const std::string_view all{what()};
        return all.substr(all.size() - 1 - text_size_, text_size_);
    }

private:
    static constexpr std::size_t longest_text = 200;

    static std::string message(std::string_view file, std::size_t line, std::string_view text,
                               std::string_view expected)
    {
        std::string all{file};
        all.append(":").append(std::to_string(line));
        all.append(": expected ").append(expected);
        all.append(", found \"").append(text).append("\"");
        std::replace(all.begin(), all.end(), '\0', '?');
        return all;
    }

    // Places in what(), so that a copy of the exception, which must not throw, allocates nothing.
    std::size_t file_size_;
    std::size_t line_;
    std::size_t text_size_;
};

namespace detail {

// Throws std::system_error for the errno value `error`, reading `cannot open /proc/1/maps:
// Permission denied`. `action` is a verb, `object` the path or pid that it failed on.
[[noreturn]] inline void throw_system_error(int error, std::string_view action,
                                            std::string_view object)
{
    std::string what{"cannot "};
    what.append(action).append(" ").append(object);
    throw std::system_error{error, std::generic_category(), what};
}

} // namespace detail

} // namespace heaplings
