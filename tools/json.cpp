#include "json.hpp"

#include <fmt/format.h>
#include <memory>
#include <stdexcept>

namespace heaplings::tools {

Json::Value parse_json(const std::string& text)
{
    Json::CharReaderBuilder strict;
    Json::CharReaderBuilder::strictMode(&strict.settings_);
    const std::unique_ptr<Json::CharReader> reader{strict.newCharReader()};
    Json::Value value;
    std::string errors;
    if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors)) {
        throw std::runtime_error{errors};
    }
    return value;
}

std::string write_json(const Json::Value& value)
{
    Json::StreamWriterBuilder settings;
    settings["indentation"] = "  ";
    settings["enableYAMLCompatibility"] = true; // "name": value, as others write it
    return Json::writeString(settings, value) + '\n';
}

const Json::Value& member_of(const Json::Value& object, const char* name)
{
    if (!object.isObject() || !object.isMember(name)) {
        throw std::runtime_error{fmt::format("expected an object with a member '{}'", name)};
    }
    return object[name];
}

std::string text_of(const Json::Value& object, const char* name)
{
    const Json::Value& member = member_of(object, name);
    if (!member.isString()) throw std::runtime_error{fmt::format("'{}' must be a string", name)};
    return member.asString();
}

} // namespace heaplings::tools
