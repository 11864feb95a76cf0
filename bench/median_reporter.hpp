// Google Benchmark's console reporter, which remembers the median of each benchmark for a table of
// ratios.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace bench {

class median_reporter : public benchmark::ConsoleReporter
{
public:
    void ReportRuns(const std::vector<Run>& reports) override
    {
        ConsoleReporter::ReportRuns(reports);
        for (const Run& run : reports) {
            if (run.run_type == Run::RT_Aggregate && run.aggregate_name == "median") {
                medians_[run.run_name.function_name] = run.GetAdjustedRealTime();
            }
        }
    }

    // In the unit of the benchmark; 0 if it did not run, or not repeatedly.
    [[nodiscard]] double median_of(const std::string& benchmark) const
    {
        const auto found = medians_.find(benchmark);
        return found == medians_.end() ? 0 : found->second;
    }

    [[nodiscard]] bool is_empty() const { return medians_.empty(); }

private:
    std::map<std::string, double> medians_;
};

} // namespace bench
