// Folders are walked and paths put together with std::filesystem, errors included.
// expects: nothing

#include "program.hpp"

#include <filesystem>
#include <system_error>

namespace faults::paths_walked {

void program()
{
    namespace fs = std::filesystem;
    std::size_t letters = 0;
    for (const auto& entry : fs::directory_iterator{"/proc/self/fdinfo"}) {
        letters += entry.path().filename().string().size();
    }
    const fs::path joined = fs::path{"/proc"} / "self" / ".." / "self" / "status";
    letters += joined.lexically_normal().string().size();
    try {
        letters += fs::file_size("/proc/no such file");
    } catch (const fs::filesystem_error& error) {
        letters += std::string_view{error.what()}.size();
    }
    static_cast<void>(escape(&letters));
}

} // namespace faults::paths_walked
