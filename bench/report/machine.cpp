#include "machine.hpp"

#include "text.hpp"

#include <heaplings/proc/meminfo.hpp>

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <sstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace heaplings::bench {

namespace {

using std::chrono::milliseconds;

constexpr const char* unknown = "unknown";

// The file's first line; nothing if it can't be read, which in a container or virtual machine is
// usual.
std::optional<std::string> line_of(const std::filesystem::path& file)
{
    try {
        const auto text = tools::read_file(file);
        if (!text || text->empty()) return std::nullopt;
        return text->substr(0, text->find('\n'));
    } catch (const std::system_error&) {
        return std::nullopt;
    }
}

// The value behind `key :` in proc/cpuinfo, of its first processor.
std::optional<std::string> cpuinfo(const std::filesystem::path& root, std::string_view key)
{
    const auto text = tools::read_file(root / "proc/cpuinfo");
    for (const std::string& line : tools::split(text.value_or(""), '\n')) {
        const std::size_t colon = line.find(':');
        if (line.starts_with(key) && line.find_first_not_of(" \t", key.size()) == colon &&
            colon != std::string::npos)
            return line.substr(std::min(colon + 2, line.size()));
    }
    return std::nullopt;
}

std::string cores(const std::filesystem::path& root)
{
    cpu_set_t allowed;
    const bool known = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    std::string text = fmt::format("{} online", ::sysconf(_SC_NPROCESSORS_ONLN));
    if (known) text += fmt::format(", {} for this process", CPU_COUNT(&allowed));
    const auto smt = line_of(root / "sys/devices/system/cpu/smt/active");
    if (smt == "1") text += ", two hardware threads share a core (SMT on)";
    if (smt == "0") text += ", SMT off";
    return text;
}

std::string caches(const std::filesystem::path& root)
{
    std::string text;
    for (int index = 0; index < 10; ++index) {
        const auto folder = root / fmt::format("sys/devices/system/cpu/cpu0/cache/index{}", index);
        const auto level = line_of(folder / "level");
        const auto size = line_of(folder / "size");
        const auto type = line_of(folder / "type");
        if (!level || !size || !type) break;
        const auto shared = line_of(folder / "shared_cpu_list").value_or("0");
        const std::string kind = *type == "Data" ? "d" : *type == "Instruction" ? "i" : "";
        text += fmt::format("{}L{}{} {}{}", text.empty() ? "" : ", ", *level, kind, *size,
                            shared.find_first_of(",-") == std::string::npos
                                ? ""
                                : " (shared by CPUs " + shared + ")");
    }
    return text.empty() ? unknown : text;
}

std::string memory(const std::filesystem::path& root)
{
    try {
        const meminfo all = read_meminfo((root / "proc").string());
        constexpr double gib = 1024.0 * 1024 * 1024;
        const auto in_gib = [](bytes size) { return static_cast<double>(size.count()) / gib; };
        return fmt::format("{:.1f} GiB of memory, {}", in_gib(all.total),
                           all.swap_total == 0_B
                               ? "no swap"
                               : fmt::format("{:.1f} GiB of swap", in_gib(all.swap_total)));
    } catch (const std::exception&) {
        return unknown;
    }
}

std::string kernel()
{
    utsname name{};
    if (::uname(&name) != 0) return unknown;
    return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

std::string governor(const std::filesystem::path& root)
{
    const auto name = line_of(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    if (!name) return "not shown by this machine (usual in virtual machines)";
    return *name == "performance" ? *name : *name + ": the clock may change while measuring";
}

std::string hypervisor(const std::filesystem::path& root)
{
    const auto flags = cpuinfo(root, "flags");
    if (!flags) return unknown;
    const auto vendor = line_of(root / "sys/class/dmi/id/sys_vendor");
    if ((" " + *flags + " ").find(" hypervisor ") == std::string::npos) return "none";
    return "virtual machine" + (vendor ? " (" + *vendor + ")" : "");
}

std::string huge_pages(const std::filesystem::path& root)
{
    const auto folder = root / "sys/kernel/mm/transparent_hugepage";
    const auto enabled = line_of(folder / "enabled");
    if (!enabled) return "not in this kernel";
    return fmt::format("{}; defrag: {}", *enabled, line_of(folder / "defrag").value_or(unknown));
}

std::string address_randomisation(const std::filesystem::path& root)
{
    const auto value = line_of(root / "proc/sys/kernel/randomize_va_space");
    if (!value) return unknown;
    return *value == "0" ? "off" : "on";
}

// Settings that change what malloc does; they reach the benchmarks too.
std::string malloc_settings()
{
    std::string text;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view setting{*variable};
        if (setting.starts_with("GLIBC_TUNABLES=") || setting.starts_with("MALLOC_") ||
            setting.starts_with("LD_PRELOAD="))
            text += (text.empty() ? "" : " ") + std::string{setting};
    }
    return text.empty() ? "none" : text;
}

// Of the last 1, 5 and 15 minutes.
std::string load_average(const std::filesystem::path& root)
{
    const std::string line = line_of(root / "proc/loadavg").value_or("");
    std::istringstream fields{line};
    std::string one, five, fifteen;
    return fields >> one >> five >> fifteen ? fmt::format("{}, {}, {}", one, five, fifteen)
                                            : unknown;
}

double percent(milliseconds part, milliseconds whole)
{
    if (whole.count() <= 0) return 0;
    return 100.0 * static_cast<double>(std::max<std::int64_t>(part.count(), 0)) /
           static_cast<double>(whole.count());
}

} // namespace

std::vector<fact> machine_facts(const std::filesystem::path& root)
{
    return {
        {"CPU", cpuinfo(root, "model name").value_or(unknown)},
        {"Cores", cores(root)},
        {"Caches", caches(root)},
        {"Memory", memory(root)},
        {"Virtualisation", hypervisor(root)},
        {"Frequency governor", governor(root)},
        {"Kernel", kernel()},
        {"Transparent huge pages", huge_pages(root)},
        {"Address randomisation", address_randomisation(root)},
        {"C library", fmt::format("glibc {}", ::gnu_get_libc_version())},
        {"Compiler", HEAPLINGS_BENCH_COMPILER},
        {"Flags", HEAPLINGS_BENCH_FLAGS},
        {"malloc settings in the environment", malloc_settings()},
        {"Load average at the start", load_average(root)},
    };
}

std::optional<processor_time> read_processor_time(const std::filesystem::path& root)
{
    std::istringstream line{line_of(root / "proc/stat").value_or("")};
    std::string name;
    std::int64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft_irq = 0,
                 stolen = 0;
    if (!(line >> name >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> stolen) ||
        name != "cpu")
        return std::nullopt;
    const std::int64_t tick = 1000 / ::sysconf(_SC_CLK_TCK);
    return processor_time{milliseconds{tick * (user + nice + system + irq + soft_irq)},
                          milliseconds{tick * (idle + waiting)}, milliseconds{tick * stolen}};
}

noise noise_between(const processor_time& before, const processor_time& after, milliseconds own)
{
    const milliseconds busy = after.busy - before.busy;
    const milliseconds stolen = after.stolen - before.stolen;
    const milliseconds all = busy + stolen + (after.idle - before.idle);
    return {percent(busy - own, all), percent(stolen, all)};
}

} // namespace heaplings::bench
