#include "build.hpp"

#include "process.hpp"
#include "system_error.hpp"
#include "text.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

// Files in an exercise's work folder.
constexpr const char* hash_file = "source";   // hash of the text that was compiled
constexpr const char* object_file = "object"; // path of the object file
constexpr const char* errors_file = "errors"; // what the failed compiler or linker said

// What follows -o.
std::filesystem::path output_of(const std::vector<std::string>& command)
{
    const auto option = std::ranges::find(command, "-o");
    return option != command.end() && option + 1 != command.end() ? *(option + 1) : "";
}

// Two builds at a time in one folder disturb each other: the second waits.
class build_lock
{
public:
    explicit build_lock(const std::filesystem::path& folder)
        : file_{::open((folder / "heaplings.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)}
    {
        if (file_ < 0) fail(fmt::format("cannot write in the build folder {}", folder.string()));
        while (::flock(file_, LOCK_EX) != 0 && errno == EINTR) {
        }
    }
    ~build_lock() { ::close(file_); }
    build_lock(const build_lock&) = delete;
    build_lock& operator=(const build_lock&) = delete;

private:
    int file_;
};

void run_ninja(const course& all, const std::vector<const exercise*>& selected)
{
    // Ninja stops at once, whatever -k says, if a file is missing: leave out what has none.
    std::vector<std::string> command{all.make_program.string(), "-C", all.build.string(), "-k",
                                     "0"};
    const std::size_t options = command.size();
    for (const exercise* e : selected) {
        if (std::filesystem::exists(e->file)) command.push_back(e->id);
    }
    if (command.size() == options) return;
    const finished_command done = run_command(command);
    write_file(all.build / "last_build.log", done.said);
}

} // namespace

int run_build_step(build_step step, const std::filesystem::path& work,
                   const std::filesystem::path& file, const std::vector<std::string>& command)
{
    const std::filesystem::path output = output_of(command);
    const std::filesystem::path program = work / work.filename();
    std::error_code ignored;
    std::filesystem::remove(program, ignored); // from here on it would be stale
    constexpr int attempts = 5;
    for (int attempt = 1;; ++attempt) {
        const std::string before = content_hash(file);
        const finished_command done = run_command(command);
        const bool edited_meanwhile = step == build_step::compile && content_hash(file) != before;
        if (edited_meanwhile && attempt < attempts) continue;

        ::write(STDERR_FILENO, done.said.data(), done.said.size());
        if (done.status != 0) {
            write_file(work / errors_file, done.said);
            std::filesystem::remove(output, ignored);
            std::filesystem::remove(work / hash_file, ignored);
        } else if (step == build_step::compile) {
            std::filesystem::remove(work / errors_file, ignored);
            write_file(work / object_file, std::filesystem::absolute(output).string());
            write_file(work / hash_file, before);
        } else {
            std::filesystem::remove(work / errors_file, ignored);
            ::chmod(output.c_str(), 0755); // the guard may run it as another user
        }
        return done.status;
    }
}

void build_exercises(const course& all, const std::vector<const exercise*>& selected)
{
    const build_lock lock{all.build};
    run_ninja(all, selected);
    std::vector<const exercise*> stale;
    for (const exercise* e : selected) {
        if (is_fresh(*e) || build_errors(*e) || object_of(*e).empty()) continue;
        std::error_code ignored;
        std::filesystem::remove(object_of(*e), ignored); // then Ninja can't take it for up to date
        stale.push_back(e);
    }
    if (!stale.empty()) run_ninja(all, stale);
}

bool is_fresh(const exercise& e)
{
    const std::string now = content_hash(e.file);
    return !now.empty() && read_file(e.work / hash_file) == now &&
           ::access(e.program().c_str(), X_OK) == 0;
}

std::optional<std::string> build_errors(const exercise& e)
{
    return read_file(e.work / errors_file);
}

std::string first_error(const std::string& said)
{
    const auto is_error = [](std::string_view line) {
        for (const std::string_view sign :
             {"error:", "undefined reference", "undefined symbol", "multiple definition",
              "duplicate symbol", "cannot start"}) {
            if (line.find(sign) != std::string_view::npos) return true;
        }
        return false;
    };
    const std::vector<std::string> lines = split(said, '\n');
    const auto first = std::ranges::find_if(lines, is_error);
    if (first == lines.end()) return said.substr(0, 500);
    std::string text = *first + '\n';
    // The compiler's excerpt of the source follows, indented.
    for (auto line = first + 1; line != lines.end() && line->starts_with(' '); ++line) {
        text += *line + '\n';
    }
    return text;
}

std::filesystem::path object_of(const exercise& e)
{
    return read_file(e.work / object_file).value_or("");
}

} // namespace heaplings::tools
