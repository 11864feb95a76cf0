// The `heaplings` command: what it understands, and which part does it.
#include "build.hpp"
#include "course.hpp"
#include "doctor.hpp"
#include "kernel/kernel_command.hpp"
#include "live.hpp"
#include "notes.hpp"
#include "progress.hpp"
#include "screen.hpp"
#include "text.hpp"
#include "verdict.hpp"
#include "watch.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace heaplings::tools;

// Exit statuses.
constexpr int done = 0;
constexpr int unsolved = 1;
constexpr int bad_call = 2;
constexpr int skipped = 77; // SKIP_RETURN_CODE of the tests
constexpr int interrupted = 128 + SIGINT;

void print(const std::string& text)
{
    fmt::print("{}", text);
    std::fflush(stdout);
}

// This program lies in the build folder.
std::filesystem::path build_folder()
{
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

// Judges every run of the exercise in turn, up to the first that does not pass.
verdict judge_all_runs(const course& all, const exercise& e, const screen& out)
{
    verdict v;
    for (const run_kind kind : e.runs) {
        v = judge_exercise(all, e, kind);
        if (v.is != state::interrupted) remember(e, kind, v);
        print(out.headline(e, kind, v));
        if (v.is != state::passed) break;
    }
    return v;
}

// Checks one exercise and shows all there is to say; its why when it has just become solved.
state check_one(const course& all, const exercise& e, const screen& out)
{
    const bool was_solved = standing_of(e) == standing::solved;
    const verdict v = judge_all_runs(all, e, out);
    print(out.details(v));
    if (!was_solved && standing_of(e) == standing::solved) {
        print('\n' + out.strong("Why") + '\n' + read_notes(e.notes).why);
    }
    return v.is;
}

int check(const course& all, const std::vector<std::string>& names, const screen& out)
{
    const auto selected = select_exercises(all, names);
    build_exercises(all, selected);
    if (selected.size() == 1) {
        const state s = check_one(all, *selected.front(), out);
        if (s == state::interrupted) return interrupted;
    } else {
        verdict first_failure;
        const exercise* failed = nullptr;
        for (const exercise* e : selected) {
            verdict v = judge_all_runs(all, *e, out);
            if (v.is == state::interrupted) return interrupted;
            if (v.is != state::passed && v.is != state::unavailable && failed == nullptr) {
                failed = e;
                first_failure = std::move(v);
            }
        }
        if (failed != nullptr) {
            print(fmt::format("\nThe first to look at: {}\n", shown(failed->file)));
            print(out.details(first_failure));
        }
    }
    print('\n' + out.progress_report(all));
    for (const exercise* e : selected) {
        if (standing_of(*e) != standing::solved) return unsolved;
    }
    return done;
}

// One test of ctest's: 1.2_which_way, 1.2_which_way.valgrind or 3.5_until_killed.kernel.
int run(const course& all, std::string name, const screen& out)
{
    run_kind kind = run_kind::native;
    for (const run_kind other : all_run_kinds) {
        const std::string suffix = fmt::format(".{}", name_of(other));
        if (!name.ends_with(suffix)) continue;
        kind = other;
        name.resize(name.size() - suffix.size());
    }
    const exercise& e = find_exercise(all, name);
    if (!is_fresh(e)) build_exercises(all, {&e});
    const verdict v = judge_exercise(all, e, kind);
    if (v.is == state::interrupted) return interrupted;
    remember(e, kind, v);
    print(out.headline(e, kind, v) + out.details(v));
    if (v.is == state::passed) return done;
    return v.is == state::waiting || v.is == state::unavailable ? skipped : unsolved;
}

// What the spec shows with the learner's code, at its own pace.
int run_live(const course& all, const std::string& name, const screen& out)
{
    const exercise& e = find_exercise(all, name);
    if (!e.live) throw usage_error{fmt::format("{} has nothing to show live", e.name)};
    if (!is_fresh(e)) build_exercises(all, {&e});
    if (const auto why = why_not_run(all, e)) {
        print(out.headline(e, e.runs.front(), *why) + out.details(*why));
        return unsolved;
    }
    const live_ending end = show_live(e);
    print(end.text);
    if (!end.ran) return skipped;
    return end.interrupted ? interrupted : done;
}

int list(const course& all, bool json, const screen& out)
{
    print(json ? progress_json(all) : out.list(all) + '\n' + out.progress_report(all));
    return done;
}

int hint(const course& all, const std::string& name, int number, const screen& out)
{
    const exercise& e = find_exercise(all, name);
    const notes prose = read_notes(e.notes);
    const auto index = static_cast<std::size_t>(number);
    print(out.strong(fmt::format("{}, hint {} of {}", e.name, number, prose.hints.size())) + '\n' +
          prose.hints.at(index - 1));
    if (index < prose.hints.size()) {
        print(out.quiet(fmt::format("\nmore: ./heaplings hint {} {}\n", e.name, number + 1)));
    }
    if (standing_of(e) == standing::solved) print('\n' + out.strong("Why") + '\n' + prose.why);
    return done;
}

// The learner's text is kept beside the file:
// exercises/1_allocate/2_which_way.2026-11-24_093012.cpp
int reset(const course& all, const std::string& name)
{
    const exercise& e = find_exercise(all, name);
    const auto shipped = read_file(e.shipped);
    if (!shipped) throw std::runtime_error{fmt::format("{} is missing", e.shipped.string())};
    if (const auto current = read_file(e.file); current && *current != *shipped) {
        const std::time_t now = std::time(nullptr);
        char date[32];
        std::strftime(date, sizeof date, "%Y-%m-%d_%H%M%S", std::localtime(&now));
        std::filesystem::path kept = e.file;
        kept.replace_extension(fmt::format(".{}.cpp", date));
        for (int i = 2; std::filesystem::exists(kept); ++i) {
            kept = e.file;
            kept.replace_extension(fmt::format(".{}_{}.cpp", date, i));
        }
        write_file(kept, *current);
        print(fmt::format("your text is kept in {}\n", shown(kept)));
    } else if (current) {
        print(fmt::format("{} is as shipped\n", shown(e.file)));
        return done;
    }
    write_file(e.file, *shipped);
    print(fmt::format("{} is as shipped again\n", shown(e.file)));
    return done;
}

int doctor(const course& all, const screen& out)
{
    bool able = true;
    for (const finding& f : examine_machine(all)) {
        const std::string mark = f.works    ? out.good("yes")
                                 : f.needed ? out.bad("NO ")
                                            : out.quiet("no ");
        print(fmt::format("{}  {:<18} {}\n", mark, f.what, f.detail));
        if (!f.works) print(fmt::format("     {:<18} {}\n", "", f.remedy));
        able = able && (f.works || !f.needed);
    }
    return able ? done : unsolved;
}

// The project's own tests: one workflow of CMakePresets.json after the other.
int test(const course& all, bool quick)
{
    std::vector<std::string> presets{"test-gcc", "test-clang", "test-asan", "test-tsan"};
    if (quick) presets = {"test-quick"};
    std::filesystem::current_path(all.source);
    std::vector<std::string> failed;
    for (const std::string& preset : presets) {
        print(fmt::format("\n== {} (cmake --workflow --preset {})\n", preset, preset));
        const int status = std::system(fmt::format("cmake --workflow --preset {}", preset).c_str());
        if (WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) >= 128))
            return interrupted;
        if (status != 0) failed.push_back(preset);
    }
    print(failed.empty() ? "\nAll of the project's tests pass.\n"
                         : fmt::format("\nFailed: {}\n", fmt::join(failed, ", ")));
    return failed.empty() ? done : unsolved;
}

std::filesystem::path ctest_stamp(const course& all)
{
    return all.build / "ctest_started";
}

int before_ctest(const course& all)
{
    write_file(ctest_stamp(all), "");
    build_exercises(all, select_exercises(all, {}));
    return done;
}

// Of the exercises that this ctest ran, the first that fails is explained; then what comes next.
int after_ctest(const course& all, const screen& out)
{
    const auto started = std::filesystem::last_write_time(ctest_stamp(all));
    for (const exercise& e : all.exercises) {
        for (const run_kind kind : e.runs) {
            const auto last = recall(e, kind);
            if (!last || judged_at(e, kind) < started || last->is == state::passed ||
                last->is == state::unavailable || last->is == state::waiting) {
                continue;
            }
            print('\n' + out.headline(e, kind, *last) + out.details(*last) + '\n' +
                  out.progress_report(all));
            return done;
        }
    }
    print('\n' + out.progress_report(all));
    return done;
}

// Without a subcommand: everything once, what comes next, and on a terminal go on with each save.
int main_job(const course& all, const screen& out)
{
    const auto everything = select_exercises(all, {});
    build_exercises(all, everything);
    for (const exercise* e : everything) {
        if (judge_all_runs(all, *e, out).is == state::interrupted) return interrupted;
    }
    print('\n' + out.progress_report(all));
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return done;

    print(out.quiet("\nSave a file and it is checked. Ctrl-C ends.\n"));
    watch_for_saves(all, [&](const exercise& e) {
        print("\n");
        build_exercises(all, {&e});
        check_one(all, e, out);
        print('\n' + out.progress_report(all));
    });
    return done;
}

} // namespace

int main(int argc, char** argv)
try {
    CLI::App app{"Learn how memory works on Linux, in C++. Without a command: check everything "
                 "once, say what\n"
                 "comes next and, on a terminal, go on with each save.",
                 "./heaplings"};
    app.require_subcommand(0, 1);
    app.fallthrough(); // --yes may stand behind the command, too
    app.set_version_flag("--version", "heaplings " HEAPLINGS_VERSION);

    std::vector<std::string> names;
    std::string name;
    int hint_number = 1;
    bool json = false;
    bool quick = false;
    bool yes = false;
    bool live = false;
    app.add_flag("--yes", yes, "Install what is missing without asking");

    auto* check_command =
        app.add_subcommand("check", "Check exercises; exit 0 if all are solved, 1 if not");
    check_command->add_option("NAME", names, "Exercises or chapters; none means all");
    auto* list_command = app.add_subcommand("list", "Show the state of each exercise");
    list_command->add_flag("--json", json, "For other programs");
    auto* hint_command = app.add_subcommand("hint", "Show a hint");
    hint_command->add_option("NAME", name)->required();
    hint_command->add_option("NUMBER", hint_number, "Which of the three")->check(CLI::Range(1, 3));
    auto* reset_command =
        app.add_subcommand("reset", "Bring back the shipped text; yours is kept beside it");
    reset_command->add_option("NAME", name)->required();
    auto* run_command = app.add_subcommand("run", "Run one exercise as ctest does");
    run_command->add_option("NAME", name)->required();
    run_command->add_flag("--live", live,
                          "Rather show what it does, at its own pace, in a disposable kernel");
    const auto kernel = add_kernel_command(app);
    auto* doctor_command =
        app.add_subcommand("doctor", "Say what this machine can do, and what to do about the rest");
    auto* test_command = app.add_subcommand("test", "Run the project's own tests");
    test_command->add_flag("--quick", quick, "Only unit tests and contracts, with one compiler");

    // What the build and ctest call.
    std::string work;
    std::string file;
    std::vector<std::string> command;
    CLI::App* steps[2];
    for (const bool linking : {false, true}) {
        auto* step = steps[linking] = app.add_subcommand(linking ? "link" : "compile")->group("");
        step->add_option("WORK", work)->required();
        step->add_option("FILE", file)->required();
        step->add_option("COMMAND", command)->required();
    }
    auto* before = app.add_subcommand("before-ctest")->group("");
    auto* after = app.add_subcommand("after-ctest")->group("");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int status = app.exit(e);
        return status == 0 ? done : bad_call;
    }

    for (const bool linking : {false, true}) {
        if (*steps[linking]) {
            return run_build_step(linking ? build_step::link : build_step::compile, work, file,
                                  command);
        }
    }

    if (was_asked_for(*kernel)) return make_kernel_call(*kernel);

    const course all = load_course(build_folder());
    const screen out;
    if (*check_command) return check(all, names, out);
    if (*list_command) return list(all, json, out);
    if (*hint_command) return hint(all, name, hint_number, out);
    if (*reset_command) return reset(all, name);
    if (*run_command) return live ? run_live(all, name, out) : run(all, name, out);
    if (*doctor_command) return doctor(all, out);
    if (*test_command) return test(all, quick);
    if (*before) return before_ctest(all);
    if (*after) return after_ctest(all, out);
    return main_job(all, out);
} catch (const heaplings::tools::usage_error& e) {
    fmt::print(stderr, "heaplings: {}\n", e.what());
    return bad_call;
} catch (const std::exception& e) {
    fmt::print(stderr, "heaplings: {}\n", e.what());
    return unsolved;
}
