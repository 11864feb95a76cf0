// Every way to allocate, each with the way to free that belongs to it.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

namespace faults::each_with_its_own {

void from_the_c_library()
{
    void* page = nullptr;
    if (::posix_memalign(&page, 4096, 100) == 0) std::free(escape(page));
    std::free(escape(std::malloc(0)));
    std::free(escape(std::calloc(3, 5)));
    std::free(escape(std::aligned_alloc(64, 128)));
    std::free(escape(::memalign(256, 10)));
    std::free(escape(::valloc(10)));
    std::free(escape(::strndup("a string, of which a part is enough", 8)));
}

void program()
{
    from_the_c_library();
    constexpr std::align_val_t line{64};
    delete escape(new (std::nothrow) int{1});
    delete[] escape(new (std::nothrow) int[9]);
    ::operator delete(escape(::operator new(40)));
    ::operator delete[](escape(::operator new[](40)));
    ::operator delete(escape(::operator new(40, line)), line);
    ::operator delete[](escape(::operator new[](40, line)), line);
    ::operator delete (escape(::operator new(40)), std::size_t{40});
    ::operator delete (escape(::operator new(40, line)), std::size_t{40}, line);
    ::operator delete(escape(::operator new(40, std::nothrow)), std::nothrow);
    delete escape(static_cast<int*>(nullptr));
    delete[] escape(static_cast<int*>(nullptr));
}

} // namespace faults::each_with_its_own
