// A singleton is made at its first use, which is declared, and deleted by its destructor at exit.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <string>
#include <vector>

namespace faults::singleton {

class settings
{
public:
    static settings& get()
    {
        static settings only;
        return only;
    }
    std::vector<std::string> paths{"/usr/share/a/rather/long/path", "/usr/local/share/another"};
    std::unique_ptr<int> level = std::make_unique<int>(3);

private:
    settings() = default;
};

void program()
{
    {
        const not_counted first_use;
        settings::get();
    }
    const std::vector<std::string> copy = settings::get().paths;
    static_cast<void>(escape(&copy));
}

} // namespace faults::singleton
