// A library to be preloaded behind an allocator into a benchmarked process: at its end it tells, in
// the file that HEAPLINGS_WITNESS names, which libraries its malloc, free and operator new came
// from, and its peak resident set size. wait4(2) would not do for that: its maximum includes the
// process that forked.
#include <heaplings/proc/status.hpp>

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <exception>

namespace {

// The library that the symbol of this name comes from for everyone in this process.
void tell_origin(std::FILE* file, const char* name, const char* symbol)
{
    Dl_info origin{};
    void* address = ::dlsym(RTLD_DEFAULT, symbol);
    const bool known = address != nullptr && ::dladdr(address, &origin) != 0;
    std::fprintf(file, "%s %s\n", name, known ? origin.dli_fname : "unknown");
}

struct witness
{
    ~witness()
    {
        const char* path = std::getenv("HEAPLINGS_WITNESS");
        std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "w");
        if (file == nullptr) return;
        tell_origin(file, "malloc", "malloc");
        tell_origin(file, "free", "free");
        tell_origin(file, "operator_new", "_Znwm");
        try {
            const auto status = heaplings::read_status();
            if (status && status->peak_resident)
                std::fprintf(file, "peak %lld\n",
                             static_cast<long long>(status->peak_resident->count()));
        } catch (const std::exception&) {
            // Whoever reads the file misses the line.
        }
        std::fclose(file);
    }
};
const witness at_the_end;

} // namespace
