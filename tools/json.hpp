// JSON by jsoncpp: what the tools need beside its Json::Value. All throw std::runtime_error.
#pragma once

#include <json/json.h>

#include <string>

namespace heaplings::tools {

[[nodiscard]] Json::Value parse_json(const std::string& text);

// Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string write_json(const Json::Value& value);

// The object's member, which must be there; text_of's must be a string.
[[nodiscard]] const Json::Value& member_of(const Json::Value& object, const char* name);
[[nodiscard]] std::string text_of(const Json::Value& object, const char* name);

} // namespace heaplings::tools
