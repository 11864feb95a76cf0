// The executable and the libraries that are loaded in this process (dl_iterate_phdr(3)).
#pragma once

#include <link.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heaplings::detail {

// Whether the address is in the module's code or variables.
[[nodiscard]] inline bool covers(const dl_phdr_info& module, std::uintptr_t address) noexcept
{
    for (std::size_t i = 0; i < module.dlpi_phnum; ++i) {
        const auto& segment = module.dlpi_phdr[i];
        if (segment.p_type == PT_LOAD &&
            address - (module.dlpi_addr + segment.p_vaddr) < segment.p_memsz) {
            return true;
        }
    }
    return false;
}

// Whether the address is in any module's.
[[nodiscard]] inline bool is_in_module(std::uintptr_t address) noexcept
{
    return dl_iterate_phdr(
               [](dl_phdr_info* module, std::size_t, void* looked_for) {
                   return covers(*module, *static_cast<std::uintptr_t*>(looked_for)) ? 1 : 0;
               },
               &address) != 0;
}

[[nodiscard]] inline bool is_c_library(std::string_view file_name) noexcept
{
    return file_name.starts_with("libc.so") || file_name.starts_with("libc.musl");
}

[[nodiscard]] inline std::string_view file_name_of(std::string_view path) noexcept
{
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

// Whether the C library is a part of the executable.
[[nodiscard]] inline bool is_linked_statically() noexcept
{
    return dl_iterate_phdr(
               [](dl_phdr_info* module, std::size_t, void*) {
                   return is_c_library(file_name_of(module->dlpi_name)) ? 1 : 0;
               },
               nullptr) == 0;
}

} // namespace heaplings::detail
