// The program and the shared objects in this process, as the dynamic linker has loaded them.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace heaplings::detail {

// A PT_LOAD segment (elf(5)): from its first address, what comes from the file ends at file_end and
// what is zeroed (bss) at end.
struct loaded_segment
{
    std::uintptr_t begin = 0;
    std::uintptr_t file_end = 0;
    std::uintptr_t end = 0;
    std::uintptr_t relro_end = 0; // made read-only after relocation: from begin up to here
    bool writable = false;
    bool executable = false;
    bool of_program = false; // else of a shared object or of the vdso
};

// dl_iterate_phdr(3) with a callable: `visit(const dl_phdr_info&, bool is_program)` for each
// object, the program first, until it returns true. Whether it did. Allocates nothing.
template <typename Visit>
bool any_loaded_object(Visit&& visit)
{
    struct state
    {
        Visit& visit;
        bool is_program;
    } first{visit, true};
    const auto call = [](dl_phdr_info* object, std::size_t, void* data) -> int {
        state& s = *static_cast<state*>(data);
        const bool stop = s.visit(*object, s.is_program);
        s.is_program = false;
        return stop ? 1 : 0;
    };
    return dl_iterate_phdr(call, &first) != 0;
}

// `visit(const loaded_segment&)` for each segment of each object, until it returns true. Whether it
// did.
template <typename Visit>
bool any_loaded_segment(Visit&& visit)
{
    return any_loaded_object([&](const dl_phdr_info& object, bool is_program) {
        std::uintptr_t relro_begin = 0;
        std::uintptr_t relro_end = 0;
        for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
            const auto& header = object.dlpi_phdr[i];
            if (header.p_type != PT_GNU_RELRO) continue;
            relro_begin = object.dlpi_addr + header.p_vaddr;
            relro_end = relro_begin + header.p_memsz;
        }
        for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
            const auto& header = object.dlpi_phdr[i];
            if (header.p_type != PT_LOAD) continue;
            loaded_segment segment;
            segment.begin = object.dlpi_addr + header.p_vaddr;
            segment.file_end = segment.begin + header.p_filesz;
            segment.end = segment.begin + header.p_memsz;
            segment.relro_end = segment.begin <= relro_begin && relro_begin < segment.end
                                    ? relro_end
                                    : segment.begin;
            segment.writable = (header.p_flags & PF_W) != 0;
            segment.executable = (header.p_flags & PF_X) != 0;
            segment.of_program = is_program;
            if (visit(segment)) return true;
        }
        return false;
    });
}

// Whether an object is loaded for whose path `wanted(path)` holds. The program's own is empty.
template <typename Wanted>
bool any_loaded_path(Wanted&& wanted)
{
    return any_loaded_object([&](const dl_phdr_info& object, bool) {
        return object.dlpi_name != nullptr && wanted(std::string_view{object.dlpi_name});
    });
}

} // namespace heaplings::detail
