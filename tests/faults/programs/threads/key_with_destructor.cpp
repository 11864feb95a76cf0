// A pthread key holds a block for each thread, and its destructor frees it.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <pthread.h>
#include <thread>

namespace faults::key_with_destructor {

void program()
{
    pthread_key_t session;
    if (::pthread_key_create(&session, [](void* block) { std::free(block); }) != 0) return;
    for (int i = 0; i < 3; ++i) {
        std::thread worker{[session] { ::pthread_setspecific(session, escape(std::malloc(200))); }};
        worker.join();
    }
    ::pthread_key_delete(session);
}

} // namespace faults::key_with_destructor
