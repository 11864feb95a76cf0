// A queue of jobs: the ones that come too late are taken off the queue and forgotten.
// expects: leak

#include "program.hpp"

#include <queue>

namespace faults::late_jobs_dropped {

struct job
{
    int due = 0;
    double result = 0;
};

void program()
{
    std::queue<job*> waiting;
    for (int due = 0; due < 6; ++due) waiting.push(escape(new job{due, 0}));

    constexpr int now = 2;
    while (!waiting.empty()) {
        job* next = waiting.front();
        waiting.pop();
        if (next->due < now) continue;
        next->result = next->due * 1.5;
        delete next;
    }
}

} // namespace faults::late_jobs_dropped
