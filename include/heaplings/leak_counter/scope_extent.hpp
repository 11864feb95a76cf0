// Whose allocations are counted.
#pragma once

namespace heaplings {

// Whose allocations and frees a scope counts.
enum class scope_extent {
    this_thread, // those made by the thread that opened the scope
    process,     // those of all threads, also of threads that have ended
};

} // namespace heaplings
