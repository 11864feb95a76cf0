#include "watch.hpp"

#include "system_error.hpp"
#include "text.hpp"

#include <cerrno>
#include <map>
#include <poll.h>
#include <set>
#include <sys/inotify.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

// Waits for a first event, then until the editor has been quiet for a moment: a save is several
// events.
void wait_for_events(int watcher)
{
    constexpr int quiet_ms = 20;
    pollfd ready{watcher, POLLIN, 0};
    int timeout = -1;
    while (::poll(&ready, 1, timeout) != 0) {
        alignas(inotify_event) char events[4096];
        if (::read(watcher, events, sizeof events) < 0 && errno != EINTR && errno != EAGAIN) {
            fail("cannot read file events");
        }
        timeout = quiet_ms;
    }
}

} // namespace

void watch_for_saves(const course& all, const std::function<void(const exercise&)>& on_save)
{
    const int watcher = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watcher < 0) fail("cannot watch for saves");
    std::set<std::filesystem::path> folders;
    std::map<const exercise*, std::string> known;
    for (const exercise& e : all.exercises) {
        folders.insert(e.file.parent_path());
        known[&e] = content_hash(e.file);
    }
    // The folder, not the file: most editors write a new file and rename it.
    for (const std::filesystem::path& folder : folders) {
        if (::inotify_add_watch(watcher, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
            fail("cannot watch " + folder.string());
        }
    }
    while (true) {
        wait_for_events(watcher);
        for (const exercise& e : all.exercises) {
            const std::string now = content_hash(e.file);
            if (now.empty() || known[&e] == now) continue;
            known[&e] = now;
            on_save(e);
        }
    }
}

} // namespace heaplings::tools
