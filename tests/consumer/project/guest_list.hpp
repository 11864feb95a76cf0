// The names of guests, the last first.
#pragma once

#include <string>

class guest_list
{
public:
    guest_list() = default;
    guest_list(const guest_list&) = delete;
    guest_list& operator=(const guest_list&) = delete;
    ~guest_list();

    void add(const std::string& name);

private:
    struct guest;
    guest* last_ = nullptr;
};
