// The first output through iostreams, streams into strings and from a file.
// expects: nothing

#include "program.hpp"

#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

namespace faults::first_words_streamed {

void program()
{
    std::cout << "words, " << 42 << " and " << std::setprecision(3) << 2.5 << std::endl;
    std::cerr << "a word of warning\n";
    std::ostringstream text;
    for (int i = 0; i < 200; ++i) text << std::setw(8) << std::hex << i << ' ' << i / 7.0;
    std::istringstream again{text.str()};
    std::string word;
    while (again >> word) {
    }
    std::ifstream status{"/proc/self/status"};
    while (std::getline(status, word)) {
    }
}

} // namespace faults::first_words_streamed
