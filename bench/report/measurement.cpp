#include "measurement.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace heaplings::bench {

namespace {

using nlohmann::json;

double nanoseconds_in(const std::string& unit)
{
    if (unit == "ns") return 1;
    if (unit == "us") return 1e3;
    if (unit == "ms") return 1e6;
    if (unit == "s") return 1e9;
    throw std::runtime_error{
        fmt::format("expected a time_unit of ns, us, ms or s, found \"{}\"", unit)};
}

template <typename Value>
Value field(const json& entry, const char* key, const char* expected)
{
    const auto found = entry.find(key);
    if (found == entry.end())
        throw std::runtime_error{fmt::format("expected {} as \"{}\", found none", expected, key)};
    try {
        return found->get<Value>();
    } catch (const json::type_error&) {
        throw std::runtime_error{
            fmt::format("expected {} as \"{}\", found {}", expected, key, found->dump())};
    }
}

// What a benchmark said when it skipped itself; the key changed with Google Benchmark 1.8.
std::string reason_to_skip(const json& entry)
{
    if (entry.value("skipped", false))
        return entry.value("skip_message", "skipped without a reason");
    if (entry.value("error_occurred", false))
        return entry.value("error_message", "failed without a reason");
    return "";
}

// Everything numeric that is not the bookkeeping of Google Benchmark is a counter.
bool is_counter(const std::string& key, const json& value)
{
    static constexpr std::array bookkeeping{"family_index", "per_family_instance_index",
                                            "repetitions",  "repetition_index",
                                            "threads",      "iterations",
                                            "real_time",    "cpu_time"};
    return value.is_number() && std::ranges::find(bookkeeping, key) == bookkeeping.end();
}

struct draft
{
    measurement value;
    std::pair<int, int> place; // in the program, whatever the order in which repetitions ran
    std::map<std::string, std::vector<double>> counters;
};

void add_repetition(draft& d, const json& entry)
{
    measurement& m = d.value;
    m.threads = entry.value("threads", 1);
    m.label = entry.value("label", m.label);
    if (const std::string reason = reason_to_skip(entry); !reason.empty()) {
        m.skipped = reason;
        return;
    }
    const double unit = nanoseconds_in(field<std::string>(entry, "time_unit", "a unit"));
    m.nanoseconds.push_back(unit * field<double>(entry, "real_time", "a number"));
    for (const auto& [key, value] : entry.items()) {
        if (is_counter(key, value)) d.counters[key].push_back(value.get<double>());
    }
}

measurement finished(draft& d)
{
    for (auto& [key, values] : d.counters) d.value.counters[key] = median(std::move(values));
    return std::move(d.value);
}

// The benchmark's draft, made when its first repetition comes.
draft& draft_of(std::vector<draft>& drafts, const json& entry, std::string_view program)
{
    const auto name = field<std::string>(entry, "run_name", "the benchmark's name");
    const auto found = std::ranges::find(drafts, name, [](const draft& d) { return d.value.name; });
    if (found != drafts.end()) return *found;
    draft& fresh = drafts.emplace_back();
    fresh.value.name = name;
    fresh.value.program = program;
    fresh.place = {entry.value("family_index", 0), entry.value("per_family_instance_index", 0)};
    return fresh;
}

std::vector<measurement> measurements_in(const json& benchmarks, std::string_view program)
{
    std::vector<draft> drafts;
    for (std::size_t i = 0; i < benchmarks.size(); ++i) {
        const json& entry = benchmarks[i];
        try {
            if (!entry.is_object()) throw std::runtime_error{"expected an object"};
            if (entry.value("run_type", "iteration") == "aggregate") continue;
            add_repetition(draft_of(drafts, entry, program), entry);
        } catch (const std::exception& e) {
            throw std::runtime_error{fmt::format("benchmarks[{}]: {}", i, e.what())};
        }
    }
    std::ranges::stable_sort(drafts, {}, &draft::place);
    std::vector<measurement> all;
    for (draft& d : drafts) all.push_back(finished(d));
    return all;
}

// Google Benchmark writes NaN and Infinity, which JSON does not have, where it divides by zero: the
// coefficient of variation of a counter that is 0. They become null.
std::string without_nan(std::string_view text)
{
    std::string valid;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') in_string = !in_string;
        if (text[i] == '\\' && in_string) valid += text[i++]; // and what is behind it
        const std::string_view rest = text.substr(std::min(i, text.size()));
        const std::size_t sign = rest.starts_with('-') ? 1 : 0;
        const std::size_t length = in_string                                   ? 0
                                   : rest.substr(sign).starts_with("NaN")      ? sign + 3
                                   : rest.substr(sign).starts_with("Infinity") ? sign + 8
                                                                               : 0;
        valid += length > 0 ? "null" : std::string{rest.substr(0, 1)};
        i += length > 0 ? length - 1 : 0;
    }
    return valid;
}

results results_in(const json& document, std::string_view program)
{
    if (!document.is_object() || !document.contains("benchmarks") ||
        !document["benchmarks"].is_array())
        throw std::runtime_error{"expected an object with the array \"benchmarks\", as "
                                 "--benchmark_out writes it"};
    results r{measurements_in(document["benchmarks"], program), {}};
    const json context = document.value("context", json::object());
    for (const auto& [key, value] : context.items()) {
        if (value.is_string()) r.context[key] = value.get<std::string>();
    }
    return r;
}

} // namespace

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double relative_spread(std::vector<double> values)
{
    std::ranges::sort(values);
    const double quarter = static_cast<double>(values.size() - 1) / 4;
    const auto low = static_cast<std::size_t>(quarter);
    const double middle = median(values);
    return middle == 0 ? 0 : (values[values.size() - 1 - low] - values[low]) / middle;
}

std::optional<double> time_per_item(const measurement& m)
{
    if (!m.skipped.empty() || m.nanoseconds.empty()) return std::nullopt;
    const auto items = m.counters.find("items_per_second");
    if (items != m.counters.end() && items->second > 0) return m.threads * 1e9 / items->second;
    return m.threads * median(m.nanoseconds);
}

results parse_results(std::string_view text, const std::filesystem::path& file,
                      std::string_view program)
{
    try {
        return results_in(json::parse(without_nan(text)), program);
    } catch (const json::parse_error& e) {
        throw std::runtime_error{fmt::format(
            "{}: expected JSON of Google Benchmark, which ends or goes wrong at byte {} of {}",
            file.string(), e.byte, text.size())};
    } catch (const std::exception& e) {
        throw std::runtime_error{fmt::format("{}: {}", file.string(), e.what())};
    }
}

} // namespace heaplings::bench
