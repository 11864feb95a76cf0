// Makes a range for a loop of what has only next().
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>

namespace heaplings::detail {

// An input iterator over what `source.next()` has yet to give, each a `Value`.
template <typename Source, typename Value>
class next_iterator
{
public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;

    next_iterator() = default;
    explicit next_iterator(Source& source) : source_{&source}, current_{source.next()} {}

    [[nodiscard]] const Value& operator*() const noexcept { return *current_; }
    [[nodiscard]] const Value* operator->() const noexcept { return &*current_; }
    next_iterator& operator++()
    {
        current_ = source_->next();
        return *this;
    }
    void operator++(int) { ++*this; }
    [[nodiscard]] friend bool operator==(const next_iterator& i, std::default_sentinel_t) noexcept
    {
        return !i.current_;
    }

private:
    Source* source_ = nullptr;
    std::optional<Value> current_;
};

} // namespace heaplings::detail
