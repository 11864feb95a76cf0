// Waits for saves of exercise files.
#pragma once

#include "course.hpp"

#include <functional>

namespace heaplings::tools {

// Calls `on_save` with each exercise whose file gets another content, until the process is ended.
// Throws std::system_error if the folders can't be watched (inotify(7)).
[[noreturn]] void watch_for_saves(const course& all,
                                  const std::function<void(const exercise&)>& on_save);

} // namespace heaplings::tools
