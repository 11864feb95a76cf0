#include "object_gate.hpp"

#include "text.hpp"

#include <heaplings/error.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <memory>
#include <string_view>
#include <vector>

namespace heaplings::tools {

namespace {

struct symbol
{
    std::string name; // as the linker sees it
    bool is_defined = false;
    bool is_local = false;
    bool is_weak = false;
};

std::string demangle(const std::string& name)
{
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text{
        abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free};
    return status == 0 ? std::string{text.get()} : name;
}

// An object file in memory. Each number in it is doubted: it may be cut short or made by anything.
class elf_object
{
public:
    elf_object(const std::filesystem::path& file, std::string_view content)
        : file_{file}, content_{content}
    {
    }

    [[nodiscard]] std::vector<symbol> symbols() const
    {
        for (const Elf64_Shdr& section : sections()) {
            if (section.sh_type == SHT_SYMTAB) return symbols_of(section);
        }
        refuse("an object file with a symbol table");
    }

private:
    [[noreturn]] void refuse(std::string_view expected) const
    {
        throw parse_error{file_.string(), 1, content_.substr(0, SELFMAG), expected};
    }

    // `count` values that start `offset` bytes into `bytes`.
    template <typename Value>
    [[nodiscard]] std::vector<Value> values_at(std::uint64_t offset, std::uint64_t count) const
    {
        const std::size_t size = content_.size();
        if (offset > size || count > (size - offset) / sizeof(Value)) {
            refuse("an object file that is whole");
        }
        std::vector<Value> values(count);
        if (count > 0) std::memcpy(values.data(), content_.data() + offset, count * sizeof(Value));
        return values;
    }

    [[nodiscard]] std::vector<Elf64_Shdr> sections() const
    {
        constexpr int byte_order =
            std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
        constexpr std::string_view magic{ELFMAG, SELFMAG};
        if (!content_.starts_with(magic)) refuse("an ELF object file");
        const Elf64_Ehdr header = values_at<Elf64_Ehdr>(0, 1).front();
        if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != byte_order ||
            header.e_shentsize != sizeof(Elf64_Shdr)) {
            refuse("a 64-bit ELF object file of this machine");
        }
        std::uint64_t count = header.e_shnum;
        if (count == 0) count = values_at<Elf64_Shdr>(header.e_shoff, 1).front().sh_size; // elf(5)
        return values_at<Elf64_Shdr>(header.e_shoff, count);
    }

    [[nodiscard]] std::vector<symbol> symbols_of(const Elf64_Shdr& table) const
    {
        const std::vector<Elf64_Shdr> all = sections();
        if (table.sh_link >= all.size()) refuse("a symbol table with names");
        const Elf64_Shdr& strings = all[table.sh_link];
        const std::vector<char> names = values_at<char>(strings.sh_offset, strings.sh_size);
        if (names.empty() || names.back() != '\0') refuse("names that end");

        std::vector<symbol> symbols;
        for (const Elf64_Sym& entry :
             values_at<Elf64_Sym>(table.sh_offset, table.sh_size / sizeof(Elf64_Sym))) {
            if (entry.st_name >= names.size()) refuse("a name within the names");
            symbol one;
            one.name = names.data() + entry.st_name;
            one.is_defined = entry.st_shndx != SHN_UNDEF;
            one.is_local = ELF64_ST_BIND(entry.st_info) == STB_LOCAL;
            one.is_weak = ELF64_ST_BIND(entry.st_info) == STB_WEAK;
            symbols.push_back(std::move(one));
        }
        return symbols;
    }

    const std::filesystem::path& file_;
    std::string_view content_;
};

// Whether it, or the type of a parameter, is in the namespace.
bool is_of_doctest(const symbol& s)
{
    return s.name.find("N7doctest") != std::string::npos ||
           s.name.find("NK7doctest") != std::string::npos;
}

bool is_of_judge(const symbol& s)
{
    constexpr std::array<std::string_view, 3> prefixes = {"heaplings_probe", "__wrap_", "__real_"};
    return std::ranges::any_of(prefixes,
                               [&](std::string_view prefix) { return s.name.starts_with(prefix); });
}

bool is_mangled(const symbol& s)
{
    return s.name.starts_with("_Z");
}

// Inline functions and instances of templates are weak in each file that needs them, in the library
// too, and equal. Weak operators new and delete are replacements as strong ones are.
bool is_replacement(const symbol& s)
{
    const bool is_allocation = s.name.starts_with("_Zn") || s.name.starts_with("_Zd");
    return s.is_defined && !s.is_local && (!s.is_weak || !is_mangled(s) || is_allocation);
}

bool is_allowed(const symbol& s, std::span<const std::string> allowed)
{
    const std::string demangled = demangle(s.name);
    return std::ranges::any_of(allowed, [&](const std::string& name) {
        return demangled == name || demangled.starts_with(name + '(');
    });
}

bool is_exported_by_library(const symbol& s)
{
    return ::dlsym(RTLD_DEFAULT, s.name.c_str()) != nullptr;
}

} // namespace

std::optional<std::string> why_not_judged(const std::filesystem::path& object,
                                          std::span<const std::string> allowed)
{
    const std::optional<std::string> content = read_file(object);
    if (!content) detail::throw_system_error(ENOENT, "read", object.string());

    for (const symbol& s : elf_object{object, *content}.symbols()) {
        if (s.name == "main" && s.is_defined && !s.is_local) {
            return "your file defines main: the exercise has its own; rename yours or run it "
                   "elsewhere";
        }
        if (is_of_doctest(s)) {
            return "your file uses doctest: the tests are in spec/, your file needs none";
        }
        if (is_of_judge(s)) {
            return fmt::format("your file uses `{}`, which belongs to the tests: rename it",
                               s.name);
        }
        if (is_replacement(s) && is_exported_by_library(s) && !is_allowed(s, allowed)) {
            return fmt::format(
                "your file defines `{}`, which the {} library has too: rename it or make "
                "it static",
                demangle(s.name), is_mangled(s) ? "C++" : "C");
        }
    }
    return std::nullopt;
}

} // namespace heaplings::tools
