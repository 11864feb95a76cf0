// Undoing what a log's writer did to characters: /dev/kmsg, dmesg, JSON and coloured terminals.
#pragma once

#include <heaplings/kernel_log/detail/scanner.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heaplings::detail {

// Which `\x1b` of a text stand for a character.
enum class hex_escapes {
    all,         // as in /dev/kmsg, which escapes the backslash, too
    unprintable, // as in dmesg, which leaves a printable `\x41` as it finds it
};

// Appends `text` to `out` with those escapes undone.
inline void append_unescaped(std::string& out, std::string_view text, hex_escapes which)
{
    while (!text.empty()) {
        const auto escape = text.find("\\x");
        out.append(text.substr(0, escape));
        if (escape == text.npos) return;
        text.remove_prefix(escape);

        const std::string_view digits = text.substr(2, 2);
        scanner number{digits};
        const auto c = number.number<std::uint8_t>(16);
        const bool printable = c && 0x20 <= *c && *c < 0x7f;
        if (c && digits.size() == 2 && number.at_end() &&
            (which == hex_escapes::all || !printable)) {
            out.push_back(static_cast<char>(*c));
            text.remove_prefix(4);
        } else {
            out.append("\\x");
            text.remove_prefix(2);
        }
    }
}

// Appends `text` without the colours of `dmesg --color` and of consoles: ESC [ ... letter.
inline void append_without_colours(std::string& out, std::string_view text)
{
    for (auto escape = text.find("\x1b["); escape != text.npos; escape = text.find("\x1b[")) {
        out.append(text.substr(0, escape));
        text.remove_prefix(escape + 2);
        const auto end = text.find_first_not_of("0123456789;");
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    out.append(text);
}

// Appends the character `code` as UTF-8.
inline void append_utf8(std::string& out, std::uint32_t code)
{
    const auto put = [&](std::uint32_t c) { out.push_back(static_cast<char>(c)); };
    const auto put_tail = [&](unsigned shift) { put(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6);
        put_tail(0);
    } else if (code < 0x1'0000) {
        put(0xe0 | code >> 12);
        put_tail(6);
        put_tail(0);
    } else {
        put(0xf0 | (code >> 18 & 0x07));
        put_tail(12);
        put_tail(6);
        put_tail(0);
    }
}

// The four digits of `\u00e9`, and of the second half of a surrogate pair if the first comes.
[[nodiscard]] inline std::uint32_t take_json_code(scanner& json) noexcept
{
    const auto half = [&]() -> std::uint32_t {
        scanner digits{json.rest().substr(0, 4)};
        const auto code = digits.number<std::uint32_t>(16);
        if (!code || !digits.at_end()) return 0xfffd; // what stands for an unreadable character
        json.skip(json.rest().substr(0, 4));
        return *code;
    };
    const std::uint32_t first = half();
    if (first < 0xd800 || 0xdbff < first || !json.skip("\\u")) return first;
    const std::uint32_t second = half();
    return second < 0xdc00 || 0xdfff < second
               ? 0xfffd
               : 0x1'0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

// Appends the JSON string whose opening quote was passed: whether it ends.
inline bool append_json_string(std::string& out, scanner& json)
{
    for (;;) {
        const auto special = json.rest().find_first_of("\"\\");
        if (special == std::string_view::npos) return false;
        const std::string_view plain = json.rest().substr(0, special);
        out.append(plain);
        json.skip(plain);
        if (json.skip("\"")) return true;
        json.skip("\\");
        if (json.at_end()) return false;
        const std::string_view letter = json.rest().substr(0, 1);
        json.skip(letter);
        constexpr std::string_view letters = "bfnrt";
        if (letter == "u") {
            append_utf8(out, take_json_code(json));
        } else if (const auto i = letters.find(letter); i != letters.npos) {
            out.push_back("\b\f\n\r\t"[i]);
        } else {
            out.append(letter); // a quote, a backslash or a slash
        }
    }
}

// Appends the bytes `[72,105]`, as which journalctl writes a text that is not UTF-8. The bracket
// was passed. Whether they end.
inline bool append_json_bytes(std::string& out, scanner& json)
{
    do {
        json.skip_blanks();
        const auto byte = json.number<std::uint8_t>();
        if (!byte) return false;
        out.push_back(static_cast<char>(*byte));
        json.skip_blanks();
    } while (json.skip(","));
    return json.skip("]");
}

// Appends the value of `key`, which is in quotes, of an object that journalctl -o json or
// dmesg --json wrote on one line: whether it was there.
inline bool append_json_value(std::string& out, std::string_view line, std::string_view key)
{
    scanner json{line};
    while (json.before(key)) {
        json.skip_blanks();
        if (!json.skip(":")) continue;
        json.skip_blanks();
        if (json.skip("\"")) return append_json_string(out, json);
        return json.skip("[") && append_json_bytes(out, json);
    }
    return false;
}

} // namespace heaplings::detail
