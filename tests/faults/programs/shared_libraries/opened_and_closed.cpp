// A shared library is opened, asked for a symbol, and closed; one that is not there gives an error.
// expects: nothing

#include "program.hpp"

#include <dlfcn.h>

namespace faults::opened_and_closed {

void program()
{
    for (int i = 0; i < 2; ++i) {
        void* library = ::dlopen("libBrokenLocale.so.1", RTLD_NOW); // comes with glibc
        if (library == nullptr) return;
        static_cast<void>(escape(::dlsym(library, "__ctype_get_mb_cur_max")));
        ::dlclose(library);
    }
    if (::dlopen("libthere-is-no-such-thing.so.7", RTLD_NOW) == nullptr) {
        static_cast<void>(escape(::dlerror()));
    }
}

} // namespace faults::opened_and_closed
