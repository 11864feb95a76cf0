#pragma once

// This process volunteers for the OOM killer as long as such an object lives.
class volunteer
{
public:
    // Notes the oom_score_adj of this process in before_, and writes `adj` in its place.
    //
    // Throws an exception derived from std::exception if the kernel refuses; nothing has changed
    // then.
    explicit volunteer(int adj);

    // Writes back what stood there before. Does not throw: should the kernel refuse, the value
    // stays as it is.
    ~volunteer();

    volunteer(const volunteer&) = delete;
    volunteer& operator=(const volunteer&) = delete;

private:
    int before_;
};
