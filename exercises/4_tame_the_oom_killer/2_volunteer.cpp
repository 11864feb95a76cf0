// A map server draws tiles, for which it needs a few gigabytes for a minute, twice a day. On the
// same machine runs the dispatch of the ambulances, which needs little and must go on. If memory
// runs out while tiles are drawn, let it be the map server that dies: so it volunteers, and as it
// is otherwise a good neighbour, for that minute only.
//
// A process volunteers by writing a number to /proc/self/oom_score_adj, where "self" is whoever
// opens the file. The kernel looks at the number when it arrives, and may refuse it.
//
// In C++ "for that minute only" is the business of a class. Its constructor runs where an object
// is made, its destructor, ~volunteer, when the object's scope is left: at the closing brace, by a
// return, or by an exception that flies through. Nobody has to think of it.
//
//     {
//         volunteer first_to_go{500};
//         draw_tiles();
//     } // as before
//
// TODO: the constructor volunteers, but forgets what was there before and does not hear when the
// kernel says no; the destructor takes 0 for normal. Make both keep their promise in
// spec/volunteer.hpp.
//
// Read: man 5 proc_pid_oom_score_adj (or man 5 proc), man 2 write (ERRORS: EINVAL)

#include "spec/volunteer.hpp"

#include <fstream>

volunteer::volunteer(int adj) : before_{0}
{
    std::ofstream{"/proc/self/oom_score_adj"} << adj;
}

volunteer::~volunteer()
{
    std::ofstream{"/proc/self/oom_score_adj"} << before_;
}
