// What a unique_ptr owns is deleted by hand.
// expects: bad free

#include "program.hpp"

#include <memory>

namespace faults::deleted_behind_its_owner {

struct socket_state
{
    int descriptor = -1;
};

void program()
{
    const auto connection = std::make_unique<socket_state>();
    delete escape(connection.get()); // "closes it early"
}

} // namespace faults::deleted_behind_its_owner
