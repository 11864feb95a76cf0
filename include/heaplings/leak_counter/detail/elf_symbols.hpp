// The names of functions by address, from the symbol table of an ELF file (elf(5)).
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace heaplings::detail {

// The file stays mapped for as long as the object lives. Of a file that can't be read, is no ELF
// file of this machine's word size or is stripped, no names are known.
class elf_symbols
{
public:
    explicit elf_symbols(const char* path) noexcept
    {
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file == -1) return;
        struct stat status
        {
        };
        if (fstat(file, &status) == 0 && status.st_size > 0) {
            size_ = static_cast<std::size_t>(status.st_size);
            void* memory = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
            if (memory != MAP_FAILED) data_ = static_cast<const char*>(memory);
        }
        close(file);
        if (data_ != nullptr) read();
    }
    elf_symbols(const elf_symbols&) = delete;
    elf_symbols& operator=(const elf_symbols&) = delete;
    ~elf_symbols()
    {
        if (data_ != nullptr) munmap(const_cast<char*>(data_), size_); // NOLINT
    }

    // The mangled name of the function at this address of the file, as the loader would place it at
    // 0; empty if there is none.
    [[nodiscard]] std::string_view name_at(std::uintptr_t address) const noexcept
    {
        auto after = std::upper_bound(
            functions_.begin(), functions_.end(), address,
            [](std::uintptr_t at, const function& one) { return at < one.address; });
        if (after == functions_.begin()) return {};
        const function& found = *--after;
        return address - found.address < found.size ? found.name : std::string_view{};
    }

private:
    struct function
    {
        std::uintptr_t address;
        std::uintptr_t size;
        std::string_view name;
    };

    // `count` objects of a type at an offset of the file; nullptr if they are not all in it.
    template <typename T>
    [[nodiscard]] const T* at(std::uint64_t offset, std::uint64_t count) const noexcept
    {
        if (offset > size_ || count > (size_ - offset) / sizeof(T)) return nullptr;
        return reinterpret_cast<const T*>(data_ + offset); // NOLINT
    }

    void read()
    {
        const auto* header = at<ElfW(Ehdr)>(0, 1);
        constexpr unsigned char native = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
        if (header == nullptr || std::string_view{data_, 4} != ELFMAG ||
            header->e_ident[EI_CLASS] != native) {
            return;
        }
        const auto* sections = at<ElfW(Shdr)>(header->e_shoff, header->e_shnum);
        if (sections == nullptr) return;
        for (const ElfW(Word) wanted : {ElfW(Word){SHT_SYMTAB}, ElfW(Word){SHT_DYNSYM}}) {
            for (unsigned i = 0; i < header->e_shnum; ++i) {
                if (sections[i].sh_type != wanted) continue;
                if (sections[i].sh_link < header->e_shnum) {
                    read_table(sections[i], sections[sections[i].sh_link]);
                }
            }
            if (!functions_.empty()) break; // .dynsym is a part of .symtab
        }
        std::sort(functions_.begin(), functions_.end(),
                  [](const function& a, const function& b) { return a.address < b.address; });
    }

    void read_table(const ElfW(Shdr) & table, const ElfW(Shdr) & strings)
    {
        const std::uint64_t count = table.sh_size / sizeof(ElfW(Sym));
        const auto* symbols = at<ElfW(Sym)>(table.sh_offset, count);
        const char* names = at<char>(strings.sh_offset, strings.sh_size);
        if (symbols == nullptr || names == nullptr) return;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto& symbol = symbols[i];
            if ((symbol.st_info & 0xfU) != STT_FUNC || symbol.st_size == 0 ||
                symbol.st_name >= strings.sh_size) {
                continue;
            }
            const std::string_view rest{names + symbol.st_name, strings.sh_size - symbol.st_name};
            functions_.push_back(
                {symbol.st_value, symbol.st_size, rest.substr(0, rest.find('\0'))});
        }
    }

    const char* data_ = nullptr;
    std::size_t size_ = 0;
    std::vector<function> functions_;
};

} // namespace heaplings::detail
