// Files, folders, patterns and paths, each given back with the function that belongs to it.
// expects: nothing

#include "program.hpp"

#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <glob.h>
#include <regex.h>

namespace faults::files_and_folders {

void list(const char* path)
{
    dirent** entries = nullptr;
    const int count = ::scandir(path, &entries, nullptr, ::alphasort);
    for (int i = 0; i < count; ++i) std::free(entries[i]);
    std::free(entries);

    if (DIR* directory = ::opendir(path); directory != nullptr) ::closedir(directory);
}

void program()
{
    list("/proc/self/fdinfo");
    std::free(::realpath("/proc/self/fd/..", nullptr));

    glob_t found{};
    if (::glob("/proc/self/s*", 0, nullptr, &found) == 0) ::globfree(&found);

    regex_t pattern;
    if (::regcomp(&pattern, "^[a-z]+=([0-9]+|\"[^\"]*\")$", REG_EXTENDED) == 0) {
        regmatch_t parts[2];
        static_cast<void>(::regexec(&pattern, "speed=50", 2, parts, 0));
        ::regfree(&pattern);
    }
    char* text = nullptr;
    std::size_t size = 0;
    if (std::FILE* memory = ::open_memstream(&text, &size); memory != nullptr) {
        for (int i = 0; i < 1000; ++i) std::fprintf(memory, "line %d\n", i);
        std::fclose(memory);
        std::free(text);
    }
    if (std::FILE* scratch = std::tmpfile(); scratch != nullptr) {
        std::fputs("a few words", scratch);
        std::fclose(scratch);
    }
}

} // namespace faults::files_and_folders
