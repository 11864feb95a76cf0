// The first look at the time zone, a locale set and set back, one made and freed.
// expects: nothing

#include "program.hpp"

#include <clocale>
#include <ctime>
#include <cwchar>

namespace faults::times_and_locales {

void program()
{
    const std::time_t moment = 1'700'000'000;
    std::tm local{};
    static_cast<void>(::localtime_r(&moment, &local));
    char text[100];
    static_cast<void>(std::strftime(text, sizeof text, "%A, %d %B %Y %Z", &local));

    if (std::setlocale(LC_ALL, "C.UTF-8") != nullptr) {
        std::mbstate_t state{};
        wchar_t letter = L'\0';
        static_cast<void>(std::mbrtowc(&letter, "\xc3\xa9", 2, &state));
        std::setlocale(LC_ALL, "C");
    }
    if (locale_t own = ::newlocale(LC_ALL_MASK, "C.UTF-8", nullptr); own != nullptr) {
        ::freelocale(own);
    }
}

} // namespace faults::times_and_locales
