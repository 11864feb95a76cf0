#include "progress.hpp"

#include "json.hpp"
#include "text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heaplings::tools {

namespace {

std::filesystem::path verdict_file(const exercise& e, run_kind kind)
{
    return e.work / fmt::format("verdict.{}.json", name_of(kind));
}

// What a verdict is about: the learner's text and the promise and tests that it was held against.
std::string judged_texts(const exercise& e)
{
    std::filesystem::path promise = e.spec;
    promise.replace_extension(".hpp");
    return content_hash(e.file) + content_hash(e.spec) + content_hash(promise);
}

constexpr state all_states[] = {state::passed,     state::failed,  state::not_built,
                                state::missing,    state::waiting, state::unavailable,
                                state::interrupted};

const char* name_of(standing s)
{
    switch (s) {
    case standing::solved:
        return "solved";
    case standing::unchecked:
        return "unchecked";
    case standing::skipped:
        return "skipped";
    case standing::unsolved:
        return "unsolved";
    }
    return "unknown";
}

} // namespace

void remember(const exercise& e, run_kind kind, const verdict& v)
{
    Json::Value json;
    json["state"] = std::string{name_of(v.is)};
    json["headline"] = v.headline;
    json["details"] = v.details;
    json["took_ms"] = Json::Int64{v.took.count()};
    json["of"] = judged_texts(e);
    write_file(verdict_file(e, kind), write_json(json));
}

std::optional<verdict> recall(const exercise& e, run_kind kind)
{
    const auto text = read_file(verdict_file(e, kind));
    if (!text) return std::nullopt;
    try {
        const Json::Value json = parse_json(*text);
        if (text_of(json, "of") != judged_texts(e)) return std::nullopt;
        const std::string is = text_of(json, "state");
        const auto found =
            std::ranges::find_if(all_states, [&](state s) { return name_of(s) == is; });
        if (found == std::end(all_states)) return std::nullopt;
        verdict v;
        v.is = *found;
        v.headline = text_of(json, "headline");
        v.details = text_of(json, "details");
        v.took = std::chrono::milliseconds{member_of(json, "took_ms").asInt64()};
        return v;
    } catch (const std::runtime_error&) {
        return std::nullopt; // broken
    }
}

std::filesystem::file_time_type judged_at(const exercise& e, run_kind kind)
{
    std::error_code absent;
    const auto time = std::filesystem::last_write_time(verdict_file(e, kind), absent);
    return absent ? std::filesystem::file_time_type::min() : time;
}

standing standing_of(const exercise& e)
{
    std::size_t passed = 0;
    for (const run_kind kind : e.runs) {
        const auto last = recall(e, kind);
        if (last && last->is == state::passed)
            ++passed;
        else if (!last || last->is != state::unavailable)
            return standing::unsolved;
    }
    if (passed == e.runs.size()) return standing::solved;
    return passed > 0 ? standing::unchecked : standing::skipped;
}

progress progress_of(const course& all)
{
    progress result;
    for (const exercise& e : all.exercises) {
        if (result.chapters.empty() || result.chapters.back().name != e.chapter) {
            result.chapters.push_back({e.chapter, 0, 0});
        }
        ++result.chapters.back().all;
        ++result.all;
        switch (standing_of(e)) {
        case standing::solved:
            ++result.chapters.back().solved;
            ++result.solved;
            break;
        case standing::unchecked:
            ++result.unchecked;
            break;
        case standing::skipped:
            ++result.skipped;
            break;
        case standing::unsolved:
            if (result.next == nullptr) result.next = &e;
            break;
        }
    }
    return result;
}

std::string progress_json(const course& all)
{
    const progress sums = progress_of(all);
    Json::Value json;
    json["solved"] = sums.solved;
    json["skipped"] = sums.skipped;
    json["total"] = sums.all;
    json["next"] = sums.next != nullptr ? Json::Value{sums.next->name} : Json::Value{};
    json["exercises"] = Json::Value{Json::arrayValue};
    for (const exercise& e : all.exercises) {
        Json::Value entry;
        entry["id"] = e.id;
        entry["name"] = e.name;
        entry["chapter"] = e.chapter;
        entry["title"] = e.title;
        entry["file"] = e.file.string();
        entry["state"] = name_of(standing_of(e));
        for (const run_kind kind : e.runs) {
            const auto last = recall(e, kind);
            entry["runs"][std::string{name_of(kind)}] =
                std::string{last ? name_of(last->is) : "not_run"};
        }
        json["exercises"].append(entry);
    }
    return write_json(json);
}

} // namespace heaplings::tools
