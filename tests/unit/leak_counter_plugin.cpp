// A library that is loaded while the program runs.
#include <cstddef>
#include <string>

extern "C" {

char* plugin_make(std::size_t size)
{
    return new char[size]; // line of the plugin's allocation
}

void plugin_drop(char* block)
{
    delete[] block;
}

std::string* plugin_text()
{
    return new std::string(100, 'x');
}

} // extern "C"
