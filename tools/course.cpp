#include "course.hpp"

#include "json.hpp"
#include "text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace heaplings::tools {

namespace {

run_kind run_kind_from(const std::string& name)
{
    for (const run_kind kind : all_run_kinds) {
        if (name == name_of(kind)) return kind;
    }
    throw std::runtime_error{
        fmt::format("unknown run '{}', expected native, valgrind or kernel", name)};
}

exercise exercise_from(const Json::Value& entry, const course& all)
{
    exercise e;
    e.chapter = text_of(entry, "chapter");
    e.number = member_of(entry, "number").asInt();
    e.name = text_of(entry, "name");
    e.title = text_of(entry, "title");
    for (const Json::Value& name : member_of(entry, "defines"))
        e.defines.push_back(name.asString());
    for (const Json::Value& run : member_of(entry, "runs"))
        e.runs.push_back(run_kind_from(run.asString()));
    e.machine.memory = member_of(entry, "memory_mib").asInt64() * 1_MiB;
    e.machine.swap = member_of(entry, "swap_mib").asInt64() * 1_MiB;
    e.live = member_of(entry, "live").asBool();

    const std::string chapter_number = e.chapter.substr(0, e.chapter.find('_'));
    e.id = fmt::format("{}.{}_{}", chapter_number, e.number, e.name);
    const std::filesystem::path folder = all.source / "exercises" / e.chapter;
    const std::string stem = fmt::format("{}_{}", e.number, e.name);
    e.file = folder / (stem + ".cpp");
    e.spec = folder / "spec" / (e.name + ".cpp");
    e.notes = folder / "notes" / (e.name + ".md");
    e.shipped = folder / "shipped" / (e.name + ".txt");
    e.work = all.build / "course" / e.chapter / stem;
    return e;
}

bool means(std::string_view name, const exercise& e)
{
    const std::string file = e.file.filename().string();
    return name == e.name || name == e.id || name == file || name == e.file.stem().string() ||
           name == e.id.substr(0, e.id.find('_'));
}

bool means_chapter(std::string_view name, const exercise& e)
{
    const std::size_t underscore = e.chapter.find('_');
    return name == e.chapter || name == e.chapter.substr(0, underscore) ||
           name == e.chapter.substr(underscore + 1);
}

// A path, as an editor or a shell completes it, is known by its last part.
std::string_view last_part(std::string_view name)
{
    while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
    return name.substr(name.rfind('/') + 1);
}

[[noreturn]] void refuse(const course& all, std::string_view name)
{
    std::string nearest;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const exercise& e : all.exercises) {
        for (const std::string& candidate : {e.name, e.id, e.chapter}) {
            if (const std::size_t d = edit_distance(name, candidate); d < least) {
                least = d;
                nearest = candidate;
            }
        }
    }
    throw usage_error{fmt::format("there is no exercise or chapter '{}'; did you mean '{}'? "
                                  "`./heaplings list` shows all",
                                  name, nearest)};
}

} // namespace

std::string_view name_of(run_kind kind)
{
    switch (kind) {
    case run_kind::native:
        return "native";
    case run_kind::valgrind:
        return "valgrind";
    case run_kind::kernel:
        return "kernel";
    }
    return "unknown";
}

std::string exercise::test(run_kind kind) const
{
    return kind == run_kind::native ? id : fmt::format("{}.{}", id, name_of(kind));
}

course load_course(const std::filesystem::path& build)
{
    const std::filesystem::path file = build / "course.json";
    const auto text = read_file(file);
    if (!text) {
        throw usage_error{fmt::format("{} is missing: configure first, with ./heaplings or cmake",
                                      file.string())};
    }
    try {
        const Json::Value json = parse_json(*text);
        course all;
        all.source = text_of(json, "source");
        all.build = text_of(json, "build");
        all.compiler = text_of(json, "compiler");
        all.make_program = text_of(json, "make_program");
        all.valgrind = text_of(json, "valgrind");
        for (const Json::Value& entry : member_of(json, "exercises")) {
            all.exercises.push_back(exercise_from(entry, all));
        }
        return all;
    } catch (const std::exception& e) {
        throw std::runtime_error{fmt::format("{}: {}", file.string(), e.what())};
    }
}

const exercise& find_exercise(const course& all, std::string_view name)
{
    const auto found = std::ranges::find_if(
        all.exercises, [&](const exercise& e) { return means(last_part(name), e); });
    if (found == all.exercises.end()) refuse(all, name);
    return *found;
}

std::vector<const exercise*> select_exercises(const course& all,
                                              const std::vector<std::string>& names)
{
    for (const std::string& name : names) {
        const bool known = std::ranges::any_of(all.exercises, [&](const exercise& e) {
            return means(last_part(name), e) || means_chapter(last_part(name), e);
        });
        if (!known) refuse(all, name);
    }
    std::vector<const exercise*> selected;
    for (const exercise& e : all.exercises) {
        const bool wanted =
            names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
                return means(last_part(name), e) || means_chapter(last_part(name), e);
            });
        if (wanted) selected.push_back(&e);
    }
    return selected;
}

} // namespace heaplings::tools
