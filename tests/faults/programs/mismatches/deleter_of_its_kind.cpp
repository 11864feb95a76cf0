// What malloc gave is owned by a unique_ptr whose deleter calls free.
// expects: nothing

#include "program.hpp"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace faults::deleter_of_its_kind {

struct call_free
{
    void operator()(void* block) const { std::free(block); }
};

void program()
{
    const std::unique_ptr<char, call_free> host{escape(::strdup("www.example.org"))};
    const std::unique_ptr<char, call_free> path{escape(::realpath("/proc/self/..", nullptr))};
    const std::unique_ptr<int[], call_free> numbers{static_cast<int*>(std::calloc(8, sizeof(int)))};
}

} // namespace faults::deleter_of_its_kind
