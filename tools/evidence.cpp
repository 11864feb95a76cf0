#include "evidence.hpp"

#include "text.hpp"

#include <charconv>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace heaplings::tools {

namespace {

std::string unescape(std::string_view field)
{
    std::string text;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] != '\\' || i + 1 == field.size()) {
            text += field[i];
            continue;
        }
        const char c = field[++i];
        text += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    return text;
}

std::vector<std::string> fields_of(std::string_view line)
{
    std::vector<std::string> fields = split(line, '\t');
    for (std::string& field : fields) field = unescape(field);
    return fields;
}

int number(std::string_view text)
{
    int value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// "CHECK( 1 == 2 )" to "1 == 2"
std::string without_macro(std::string values)
{
    const std::size_t open = values.find("( ");
    if (open == std::string::npos || !values.ends_with(" )")) return values;
    return values.substr(open + 2, values.size() - open - 4);
}

test_case test_case_from(const std::vector<std::string>& fields)
{
    return {fields[1], number(fields[2]), fields[3]};
}

} // namespace

evidence read_evidence(std::string_view text, std::string_view key)
{
    evidence seen;
    for (const std::string& line : split(text, '\n')) {
        if (!line.starts_with(key)) continue;
        const auto fields = fields_of(std::string_view{line}.substr(key.size()));
        // fields[0] is empty: the key is followed by a tab
        const std::vector<std::string> said(fields.begin() + (fields.empty() ? 0 : 1),
                                            fields.end());
        if (said.empty()) continue;
        const std::string& kind = said[0];
        if (kind == "begin") {
            seen.began = true;
        } else if (kind == "end") {
            seen.ended = true;
        } else if (kind == "start" && said.size() == 4) {
            seen.running = test_case_from(said);
            seen.unfinished = {};
        } else if (kind == "skip" && said.size() == 4) {
            seen.skipped.push_back(test_case_from(said));
        } else if (kind == "case" && said.size() == 7) {
            finished_case& now = seen.unfinished;
            now.which = test_case_from(said);
            now.passed = said[4] == "1" && number(said[6]) == 0;
            now.asserts = number(said[5]);
            seen.finished.push_back(std::exchange(now, {}));
            seen.running.reset();
        } else if (kind == "message" && said.size() >= 4) {
            seen.unfinished.messages.push_back(said[3]);
        } else if (kind == "fail" && said.size() >= 6) {
            seen.unfinished.failures.push_back({said[1],
                                                number(said[2]),
                                                said[3],
                                                without_macro(said[4]),
                                                said[5] == "1",
                                                {said.begin() + 6, said.end()}});
        } else if (kind == "throw" && said.size() == 2 && seen.running) {
            seen.unfinished.failures.push_back(
                {seen.running->file, seen.running->line, "", said[1], true, {}});
        } else if (kind == "crash") {
            seen.crash.assign(said.begin() + 1, said.end());
        }
    }
    return seen;
}

std::vector<test_case> read_expected(const std::filesystem::path& file)
{
    std::vector<test_case> cases;
    for (const std::string& line : split(read_file(file).value_or(""), '\n')) {
        const auto fields = fields_of(line);
        if (fields.size() == 5 && fields[1] == "expect") {
            cases.push_back({fields[2], number(fields[3]), fields[4]});
        }
    }
    if (cases.empty()) {
        throw std::runtime_error{
            fmt::format("{} lists no test case of the spec: build again", file.string())};
    }
    return cases;
}

} // namespace heaplings::tools
