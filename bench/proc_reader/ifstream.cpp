#include "readings.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unordered_map>

namespace bench {
namespace {

// As the numbers of a line, whatever their base and meaning.
struct stat_record
{
    int pid = 0;
    std::string name;
    char state = 0;
    std::vector<long long> numbers;
};

void read_stat(const std::string& path)
{
    std::ifstream in{path};
    std::string line;
    std::getline(in, line);
    const auto open = line.find('(');
    const auto close = line.rfind(')');
    if (open == line.npos || close == line.npos) return; // gone meanwhile
    stat_record r;
    r.pid = std::stoi(line);
    r.name = line.substr(open + 1, close - open - 1);
    std::istringstream rest{line.substr(close + 1)};
    rest >> r.state;
    for (unsigned long long number = 0; r.numbers.size() < 44;) {
        std::string word;
        if (!(rest >> word)) break;
        number =
            word[0] == '-' ? static_cast<unsigned long long>(std::stoll(word)) : std::stoull(word);
        r.numbers.push_back(static_cast<long long>(number));
    }
    benchmark::DoNotOptimize(r);
}

template <std::size_t Size>
void read_numbers(const std::string& path)
{
    std::ifstream in{path};
    long long numbers[Size]{};
    for (long long& number : numbers) in >> number;
    benchmark::DoNotOptimize(numbers);
}

void read_key_values(const std::string& path, char separator)
{
    std::ifstream in{path};
    std::unordered_map<std::string, long long> values;
    for (std::string line; std::getline(in, line);) {
        const auto end = line.find(separator);
        if (end == line.npos) continue;
        values[line.substr(0, end)] = std::strtoll(line.c_str() + end + 1, nullptr, 10);
    }
    benchmark::DoNotOptimize(values);
}

struct mapping
{
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::string permissions;
    std::uint64_t offset = 0;
    std::string device;
    std::uint64_t inode = 0;
    std::string path;
};

[[nodiscard]] bool read_mapping(std::istream& in, mapping& m)
{
    std::string line;
    if (!std::getline(in, line)) return false;
    std::istringstream fields{line};
    char dash = 0;
    fields >> std::hex >> m.begin >> dash >> m.end >> m.permissions >> m.offset >> m.device;
    fields >> std::dec >> m.inode >> std::ws;
    std::getline(fields, m.path);
    return true;
}

void read_maps(const std::string& path)
{
    std::ifstream in{path};
    std::vector<mapping> all;
    for (mapping m; read_mapping(in, m);) all.push_back(m);
    benchmark::DoNotOptimize(all);
}

void find_mapping(const std::string& path, std::uintptr_t address)
{
    std::ifstream in{path};
    mapping m;
    while (read_mapping(in, m)) {
        if (m.begin <= address && address < m.end) break;
    }
    benchmark::DoNotOptimize(m);
}

void read_all_processes()
{
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        const std::string path = entry.path().string();
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != name.npos) continue;
        read_stat(path + "/stat");
        read_numbers<1>(path + "/oom_score");
    }
}

} // namespace

std::vector<reading> ifstream(const subjects& s)
{
    const std::string maps = "/proc/" + std::to_string(s.many_mappings) + "/maps";
    const auto key_values = [](const std::string& path, char separator = ':') {
        return [=] { read_key_values(path, separator); };
    };
    return {
        {"stat", "ifstream", [] { read_stat("/proc/self/stat"); }},
        {"statm", "ifstream", [] { read_numbers<7>("/proc/self/statm"); }},
        {"status", "ifstream", key_values("/proc/self/status")},
        {"smaps_rollup", "ifstream", key_values("/proc/self/smaps_rollup")},
        {"io", "ifstream", key_values("/proc/self/io")},
        {"oom_score", "ifstream", [] { read_numbers<1>("/proc/self/oom_score"); }},
        {"oom_score_adj", "ifstream", [] { read_numbers<1>("/proc/self/oom_score_adj"); }},
        {"meminfo", "ifstream", key_values("/proc/meminfo")},
        {"vmstat", "ifstream", key_values("/proc/vmstat", ' ')},
        {"overcommit", "ifstream",
         [] {
             read_numbers<1>("/proc/sys/vm/overcommit_memory");
             read_numbers<1>("/proc/sys/vm/overcommit_ratio");
             read_numbers<1>("/proc/sys/vm/overcommit_kbytes");
         }},
        {"maps_2000", "ifstream", [=] { read_maps(maps); }},
        {"maps_one_address", "ifstream", [=] { find_mapping(maps, s.middle_address); }},
        {"all_processes", "ifstream", read_all_processes},
    };
}

} // namespace bench
