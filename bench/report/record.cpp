#include "record.hpp"

#include "text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace heaplings::bench {

using nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(fact, name, value)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(noise, others, stolen)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(program_record, name, shows, command, failure, seconds,
                                   only_counts)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(allocator, name, library, file_name, packages)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(allocator_runs, failure, nanoseconds, peak_resident)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(compared_allocator, which, malloc_from, left_out, idle_resident,
                                   runs)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(comparison, command, rounds, benchmarks, allocators)

namespace {

template <typename Value>
json optional_json(const std::optional<Value>& value)
{
    return value ? json(*value) : json(nullptr);
}

template <typename Value>
std::optional<Value> optional_from(const json& value)
{
    if (value.is_null()) return std::nullopt;
    return value.get<Value>();
}

json json_of_run(const run_record& r)
{
    return {{"started", r.started},
            {"seconds", r.seconds},
            {"machine", r.machine},
            {"disturbance_percent", optional_json(r.disturbance)},
            {"programs", r.programs},
            {"allocators", optional_json(r.allocators)},
            {"allocators_failure", r.allocators_failure}};
}

run_record run_from(const json& j)
{
    run_record r;
    j.at("started").get_to(r.started);
    j.at("seconds").get_to(r.seconds);
    j.at("machine").get_to(r.machine);
    r.disturbance = optional_from<noise>(j.at("disturbance_percent"));
    j.at("programs").get_to(r.programs);
    r.allocators = optional_from<comparison>(j.at("allocators"));
    j.at("allocators_failure").get_to(r.allocators_failure);
    if (r.allocators) {
        for (const compared_allocator& a : r.allocators->allocators) {
            if (a.left_out.empty() && a.runs.size() != r.allocators->benchmarks.size())
                throw std::runtime_error{fmt::format("allocators: expected {} runs of {}, found {}",
                                                     r.allocators->benchmarks.size(), a.which.name,
                                                     a.runs.size())};
        }
    }
    return r;
}

std::filesystem::path record_file(const std::filesystem::path& folder)
{
    return folder / "data/run.json";
}

results read_results(const std::filesystem::path& folder, program_record& program)
{
    const std::filesystem::path file = results_file(folder, program.name);
    try {
        const auto text = tools::read_file(file);
        if (!text && !program.failure.empty()) return {};
        if (!text) throw std::runtime_error{file.string() + " is missing"};
        return parse_results(*text, file, program.name);
    } catch (const std::runtime_error& e) {
        program.failure += (program.failure.empty() ? "" : "; ") + std::string{e.what()};
        return {};
    }
}

// What the program counted goes to the measurements of the same names, with its sentences; its own
// times are of a program that counts, and go.
void hand_over_counts(report& r, std::size_t counting)
{
    const results counts = std::exchange(r.of_programs[counting], {});
    for (results& of_program : r.of_programs) {
        of_program.context.insert(counts.context.begin(), counts.context.end());
        for (measurement& m : of_program.all) {
            const auto counted = std::ranges::find(counts.all, m.name, &measurement::name);
            if (counted == counts.all.end()) continue;
            m.counters.insert(counted->counters.begin(), counted->counters.end());
        }
    }
}

// A field of CSV (RFC 4180): quoted where it needs to be.
std::string csv_field(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
    return quoted + '"';
}

std::string csv_line(const std::vector<std::string>& fields)
{
    std::string line;
    for (const std::string& field : fields) line += (line.empty() ? "" : ",") + csv_field(field);
    return line + "\n";
}

std::string number(std::optional<double> value)
{
    return value ? fmt::format("{:.6g}", *value) : "";
}

std::optional<double> counter(const measurement& m, const std::string& name)
{
    const auto found = m.counters.find(name);
    if (found == m.counters.end()) return std::nullopt;
    return found->second;
}

json json_of_measurement(const measurement& m)
{
    return {{"program", m.program},
            {"name", m.name},
            {"threads", m.threads},
            {"nanoseconds_per_item", optional_json(time_per_item(m))},
            {"nanoseconds_of_iteration", m.nanoseconds},
            {"counters", m.counters},
            {"label", m.label},
            {"skipped", m.skipped}};
}

std::string csv_of_allocators(const comparison& c)
{
    std::string text;
    for (const compared_allocator& a : c.allocators) {
        for (std::size_t b = 0; b < a.runs.size(); ++b) {
            const allocator_runs& runs = a.runs[b];
            const bool none = runs.nanoseconds.empty();
            text += csv_line({"allocators", c.benchmarks[b], a.which.name, "",
                              none ? "" : number(median(runs.nanoseconds)),
                              none ? "" : number(relative_spread(runs.nanoseconds)),
                              fmt::format("{}", runs.nanoseconds.size()), "", "",
                              none ? "" : number(median(runs.peak_resident)), runs.failure});
        }
    }
    return text;
}

} // namespace

std::filesystem::path results_file(const std::filesystem::path& folder, const std::string& program)
{
    return folder / "data" / (program + ".json");
}

void write_run_record(const run_record& run, const std::filesystem::path& folder)
{
    tools::write_file(record_file(folder), json_of_run(run).dump(1) + "\n");
}

report read_report(const std::filesystem::path& folder)
{
    const std::filesystem::path file = record_file(folder);
    const auto text = tools::read_file(file);
    if (!text)
        throw std::runtime_error{file.string() + " is missing: a run of the benchmarks writes it"};
    report r;
    try {
        r.run = run_from(json::parse(*text));
    } catch (const std::exception& e) {
        throw std::runtime_error{fmt::format("{}: {}", file.string(), e.what())};
    }
    for (program_record& program : r.run.programs)
        r.of_programs.push_back(read_results(folder, program));
    for (std::size_t p = 0; p < r.run.programs.size(); ++p) {
        if (r.run.programs[p].only_counts) hand_over_counts(r, p);
    }
    return r;
}

std::string csv_of(const report& r)
{
    std::string text =
        csv_line({"program", "benchmark", "allocator", "threads", "nanoseconds_per_item",
                  "relative_spread", "repetitions", "allocations_per_iteration", "peak_heap_bytes",
                  "peak_resident_bytes", "skipped"});
    for (const results& of_program : r.of_programs) {
        for (const measurement& m : of_program.all) {
            const auto time = time_per_item(m);
            text += csv_line({m.program, m.name, "", fmt::format("{}", m.threads), number(time),
                              time ? number(relative_spread(m.nanoseconds)) : "",
                              fmt::format("{}", m.nanoseconds.size()),
                              number(counter(m, "allocs_per_iter")),
                              number(counter(m, "max_bytes_used")), "", m.skipped});
        }
    }
    if (r.run.allocators) text += csv_of_allocators(*r.run.allocators);
    return text;
}

std::string json_of(const report& r)
{
    json all = json_of_run(r.run);
    all["measurements"] = json::array();
    for (const results& of_program : r.of_programs) {
        for (const measurement& m : of_program.all)
            all["measurements"].push_back(json_of_measurement(m));
    }
    return all.dump(1) + "\n";
}

} // namespace heaplings::bench
