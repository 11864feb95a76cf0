// Tells apart what the C library allocates for itself and keeps: environment, time zone, locales,
// handlers of exit, user data bases.
#pragma once

#include <heaplings/leak_counter/detail/code_names.hpp>
#include <heaplings/leak_counter/leaked_block.hpp>

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace heaplings::detail {

// Blocks that the C library allocated and still points to, from its own variables or from another
// block of this kind, and so will use or free itself. Not meant are streams, which it gave to its
// caller though it keeps a list of them.
class c_library_blocks
{
public:
    // `leaks` are sorted by address.
    explicit c_library_blocks(std::span<const leaked_block> leaks) : leaks_{leaks}
    {
        may_be_kept_.reserve(leaks.size());
        std::map<const void*, bool> known; // by the innermost frame: many leaks have the same
        const void* latest = nullptr;
        bool latest_is = false;
        for (const leaked_block& leak : leaks) {
            const void* caller = leak.stack.empty() ? nullptr : leak.stack.front();
            if (caller != latest) {
                const auto [place, is_new] = known.try_emplace(caller, false);
                if (is_new) place->second = is_of_c_library(caller);
                latest = caller;
                latest_is = place->second;
            }
            may_be_kept_.push_back(latest_is);
            has_any_ = has_any_ || latest_is;
        }
        is_kept_.resize(leaks.size());
        if (!has_any_) return;
        dl_iterate_phdr(
            [](dl_phdr_info* module, std::size_t, void* self) {
                static_cast<c_library_blocks*>(self)->follow_variables_of(*module);
                return 0;
            },
            this);
        while (!to_follow_.empty()) {
            const leaked_block& block = leaks_[to_follow_.back()];
            to_follow_.pop_back();
            follow(block.address, static_cast<std::size_t>(block.size.count()));
        }
    }

    [[nodiscard]] bool contain(std::size_t index) const { return is_kept_[index]; }

private:
    [[nodiscard]] static bool is_of_c_library(const void* caller)
    {
        if (caller == nullptr) return false;
        const code_location code = code_names::of_return_address(caller);
        return code.module != nullptr && code.module->is_c_library() && code.function != "popen";
    }

    void follow_variables_of(const dl_phdr_info& module)
    {
        if (!detail::is_c_library(file_name_of(module.dlpi_name))) return;
        for (std::size_t i = 0; i < module.dlpi_phnum; ++i) {
            const auto& segment = module.dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
            follow(reinterpret_cast<const void*>(module.dlpi_addr + segment.p_vaddr), // NOLINT
                   segment.p_memsz);
        }
    }

    // Takes each aligned word of the memory for a pointer. Other threads may be writing it.
#if defined(__clang__)
    [[clang::no_sanitize("address", "hwaddress", "memory", "thread")]]
#else
    [[gnu::no_sanitize("address,thread")]]
#endif
    void
    follow(const void* begin, std::size_t size)
    {
        const auto* words = static_cast<const volatile std::uintptr_t*>(begin);
        for (std::size_t i = 0; i < size / sizeof *words; ++i) {
            if (words + i != list_of_streams_) keep_at(words[i]);
        }
    }

    void keep_at(std::uintptr_t address)
    {
        const auto found =
            std::lower_bound(leaks_.begin(), leaks_.end(), address,
                             [](const leaked_block& block, std::uintptr_t at) {
                                 return reinterpret_cast<std::uintptr_t>(block.address) < at;
                             });
        if (found == leaks_.end()) return;
        const auto index = static_cast<std::size_t>(found - leaks_.begin());
        if (reinterpret_cast<std::uintptr_t>(found->address) != address || !may_be_kept_[index] ||
            is_kept_[index]) {
            return;
        }
        is_kept_[index] = true;
        to_follow_.push_back(index);
    }

    std::span<const leaked_block> leaks_;
    std::vector<bool> may_be_kept_;
    std::vector<bool> is_kept_;
    std::vector<std::size_t> to_follow_;
    bool has_any_ = false;
    const void* list_of_streams_ = dlsym(RTLD_DEFAULT, "_IO_list_all");
};

inline void remove_kept_by_c_library(std::vector<leaked_block>& leaks)
{
    const c_library_blocks kept{leaks};
    std::size_t index = 0;
    std::erase_if(leaks, [&](const leaked_block&) { return kept.contain(index++); });
}

} // namespace heaplings::detail
