// Standard containers that grow, rehash, splice, shrink and are moved from.
// expects: nothing

#include "program.hpp"

#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace faults::grown_and_shrunk {

void program()
{
    std::unordered_map<int, std::string> lines;
    for (int i = 0; i < 500; ++i) lines[i] = std::string(static_cast<std::size_t>(i), '-');
    lines.rehash(2000);
    for (int i = 0; i < 400; ++i) lines.erase(i);

    std::vector<std::string> words(100, "a word too long to be kept in the string itself");
    words.resize(3);
    words.shrink_to_fit();
    std::vector<std::string> moved = std::move(words);

    std::list<int> odd{1, 3, 5};
    std::list<int> even{2, 4};
    odd.splice(odd.end(), even);
    auto node = lines.extract(450);
    node.key() = 1;
    lines.insert(std::move(node));

    std::deque<int> window;
    for (int i = 0; i < 5000; ++i) {
        window.push_back(i);
        if (window.size() > 100) window.pop_front();
    }
    static_cast<void>(escape(&window));
}

} // namespace faults::grown_and_shrunk
