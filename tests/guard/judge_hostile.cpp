// Judges a hostile answer and compares the verdict with what its first lines demand: `// says:
// TEXT`.
//   judge_hostile caller|ordinary|kernel PROGRAM OBJECT SOURCE CASES
// Afterwards no process of the program may be left. `ordinary` gives up root first; `kernel` judges in a
// disposable kernel.
#include "text.hpp"
#include "verdict.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <grp.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

using namespace heaplings::tools;

constexpr uid_t nobody = 65534;
constexpr int skipped = 77;

// Everything the judge needs, where an ordinary user may read it.
class stage
{
public:
    stage(const std::filesystem::path& program, const std::filesystem::path& object,
          const std::filesystem::path& cases)
    {
        std::string name =
            (std::filesystem::temp_directory_path() / "heaplings-hostile-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::system_error{errno, std::generic_category(), name};
        }
        folder_ = name;
        if (std::filesystem::exists(program))
            std::filesystem::copy_file(program, folder_ / "program");
        std::filesystem::copy_file(object, folder_ / "object");
        std::filesystem::copy_file(cases, folder_ / "cases");
        std::filesystem::permissions(folder_, std::filesystem::perms::all);
    }
    ~stage()
    {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

private:
    std::filesystem::path folder_;
};

// Afterwards the folder belongs to the ordinary user, who removes it.
bool give_up_root(const std::filesystem::path& folder)
{
    return ::chown(folder.c_str(), nobody, nobody) == 0 && ::setgroups(0, nullptr) == 0 &&
           ::setresgid(nobody, nobody, nobody) == 0 && ::setresuid(nobody, nobody, nobody) == 0;
}

std::vector<std::string> demands_of(const std::string& source, std::string_view mark)
{
    std::vector<std::string> demands;
    for (const std::string& line : split(source, '\n')) {
        if (line.starts_with(mark)) demands.push_back(line.substr(mark.size()));
    }
    return demands;
}

void compare(const verdict& v, const std::vector<std::string>& demands)
{
    const std::string said = v.headline + '\n' + v.details;
    fmt::print("{}\n", said);
    for (const std::string& demand : demands) {
        if (said.find(demand) == std::string::npos) {
            throw std::runtime_error{fmt::format("the verdict must contain: {}", demand)};
        }
    }
    if (v.output.find("<DartMeasurement") != std::string::npos ||
        v.output.find('\033') != std::string::npos) {
        throw std::runtime_error{"the output could reach ctest or a terminal as a command"};
    }
}

// Processes that still run the program, whoever is their parent.
std::vector<std::string> processes_of(const std::filesystem::path& program)
{
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        std::error_code gone;
        const auto executable = std::filesystem::read_symlink(entry.path() / "exe", gone);
        if (!gone && executable.string().starts_with(program.string())) {
            found.push_back(entry.path().filename());
        }
    }
    return found;
}

} // namespace

int main(int argc, char** argv)
try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() != 5) {
        throw std::runtime_error{
            "usage: judge_hostile caller|ordinary|kernel PROGRAM OBJECT SOURCE CASES"};
    }
    const std::filesystem::path source = arguments[3];
    const std::string text = read_file(source).value_or(""); // while that is still permitted
    const stage here{arguments[1], arguments[2], arguments[4]};
    const std::filesystem::path program = here.folder() / "program";
    if (arguments[0] == "ordinary" && !give_up_root(here.folder())) {
        fmt::print(
            "skipped: root can't be given up here; guard.*.caller has run as this ordinary user\n");
        return skipped;
    }
    answer given{program,       here.folder() / "object",   here.folder() / "cases",
                 here.folder(), source.filename().string(), {},
                 {}};
    const run_kind kind = arguments[0] == "kernel" ? run_kind::kernel : run_kind::native;
    const auto demands = demands_of(text, "// says: ");
    if (demands.empty()) throw std::runtime_error{"no line `// says: TEXT` in " + source.string()};
    const verdict v = judge(given, kind, "");
    if (v.is == state::unavailable) {
        fmt::print("{}\n{}", v.headline, v.details);
        return skipped;
    }
    compare(v, demands);
    // What the object gate refuses must not pass either where the gate sees nothing.
    if (const auto others = demands_of(text, "// says without the gate: "); !others.empty()) {
        given.object.clear();
        compare(judge(given, kind, ""), others);
    }
    if (const auto left = processes_of(program); !left.empty()) {
        throw std::runtime_error{fmt::format("processes left: {}", fmt::join(left, " "))};
    }
    return 0;
} catch (const std::exception& e) {
    fmt::print(stderr, "broken: {}\n", e.what());
    return 1;
}
