// What code an address belongs to: which module of the process, which function, whose.
#pragma once

#include <heaplings/leak_counter/detail/elf_symbols.hpp>
#include <heaplings/leak_counter/detail/loaded_modules.hpp>

#include <cxxabi.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace heaplings::detail {

// A file with code that is loaded in this process, and its names.
struct code_module
{
    code_module(std::string file, std::uintptr_t base)
        : path{std::move(file)}, load_address{base}, symbols{path.c_str()}
    {
    }

    std::string path;
    std::uintptr_t load_address;
    elf_symbols symbols;

    [[nodiscard]] std::string_view file_name() const noexcept { return file_name_of(path); }
    [[nodiscard]] bool is_loader() const noexcept { return file_name().starts_with("ld-"); }
    [[nodiscard]] bool is_c_library() const noexcept { return detail::is_c_library(file_name()); }
    [[nodiscard]] bool is_cxx_library() const noexcept
    {
        return file_name().starts_with("libstdc++.so") || file_name().starts_with("libc++");
    }
    [[nodiscard]] bool is_sanitizer() const noexcept
    {
        return file_name().starts_with("libasan.so") || file_name().starts_with("libtsan.so") ||
               file_name().starts_with("liblsan.so") || file_name().starts_with("libhwasan.so");
    }
    [[nodiscard]] bool is_runtime() const noexcept
    {
        return is_loader() || is_c_library() || is_cxx_library() || is_sanitizer();
    }
};

// An address in a module; without a module it is in code that was unloaded, or made at run time.
struct code_location
{
    const code_module* module = nullptr;
    std::uintptr_t offset = 0; // from the load address, as in the file
    std::string_view function; // mangled; empty: unknown
};

// Names are read once for each module, and kept. Allocates: call it where that is not counted.
class code_names
{
public:
    // `address` is one that a call returns to, and so may be behind the end of a function.
    [[nodiscard]] static code_location of_return_address(const void* address)
    {
        struct search
        {
            std::uintptr_t at;
            std::string path;
            std::uintptr_t load_address = 0;
            bool found = false;
        };
        search wanted{reinterpret_cast<std::uintptr_t>(address) - 1, {}};
        dl_iterate_phdr(
            [](dl_phdr_info* module, std::size_t, void* argument) {
                auto& looked_for = *static_cast<search*>(argument);
                if (!covers(*module, looked_for.at)) return 0;
                looked_for.path = *module->dlpi_name != '\0' ? module->dlpi_name : "/proc/self/exe";
                looked_for.load_address = module->dlpi_addr;
                looked_for.found = true;
                return 1;
            },
            &wanted);
        if (!wanted.found) return {};
        const code_module& module = module_of(wanted.path, wanted.load_address);
        const std::uintptr_t offset = wanted.at - wanted.load_address;
        return {&module, offset, module.symbols.name_at(offset)};
    }

private:
    [[nodiscard]] static const code_module& module_of(const std::string& path,
                                                      std::uintptr_t load_address)
    {
        // Never destroyed: static destructors may still ask.
        static std::mutex& lock = *new std::mutex;
        static auto& modules = *new std::list<code_module>;
        const std::lock_guard guard{lock};
        for (const code_module& known : modules) {
            if (known.path == path && known.load_address == load_address) return known;
        }
        return modules.emplace_back(path, load_address);
    }
};

// Whose code a function is, as far as leaks are concerned.
enum class code_owner { user, standard_library, test_framework };

// By the outermost namespace of a mangled name (Itanium C++ ABI, 5.1 "External Names").
[[nodiscard]] inline code_owner owner_of(std::string_view mangled) noexcept
{
    if (mangled.starts_with("_Zn") || mangled.starts_with("_Zd")) { // operator new and delete
        return code_owner::standard_library;
    }
    if (!mangled.starts_with("_Z")) {
        const bool is_sanitizer = mangled.starts_with("__interceptor_") ||
                                  mangled.starts_with("__sanitizer_") ||
                                  mangled.starts_with("__asan_");
        return is_sanitizer ? code_owner::standard_library : code_owner::user;
    }
    mangled.remove_prefix(2);
    if (mangled.starts_with('Z')) mangled.remove_prefix(1); // in a function
    if (mangled.starts_with('N')) mangled.remove_prefix(1);
    while (!mangled.empty() && std::string_view{"rVKRO"}.find(mangled.front()) != mangled.npos) {
        mangled.remove_prefix(1);
    }
    for (const std::string_view start :
         {"St", "Sa", "Ss", "Sb", "Si", "So", "Sd", "9__gnu_cxx", "10__cxxabiv1", "6__asan",
          "6__lsan", "6__tsan", "6__msan", "11__sanitizer"}) {
        if (mangled.starts_with(start)) return code_owner::standard_library;
    }
    for (const std::string_view start :
         {"7doctest", "7testing8internal", "5Catch", "9heaplings13within_budget",
          "9heaplings20fail_each_allocation", "9heaplings7warm_up"}) {
        if (mangled.starts_with(start)) return code_owner::test_framework;
    }
    return code_owner::user;
}

[[nodiscard]] inline bool is_loaders(const code_location& code) noexcept
{
    return code.module != nullptr && code.module->is_loader();
}

// Whether code may be the C or C++ runtime's: by its module, and where that is linked statically,
// by a name that is not a C++ one.
[[nodiscard]] inline bool may_be_runtime(const code_location& code) noexcept
{
    if (code.module == nullptr) return false;
    if (code.module->is_runtime()) return true;
    static const bool is_static = is_linked_statically();
    return is_static && !code.function.starts_with("_Z") && code.function != "main";
}

// `load_table(int)` for `_Z10load_tablei`; the name as it is if it is not mangled.
[[nodiscard]] inline std::string demangled(std::string_view name)
{
    const std::string terminated{name};
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text{
        abi::__cxa_demangle(terminated.c_str(), nullptr, nullptr, &status), &std::free};
    return text != nullptr ? text.get() : terminated;
}

} // namespace heaplings::detail
