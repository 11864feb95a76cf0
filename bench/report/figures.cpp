// The figures of the page: which benchmarks they are of, and what they are called there.
#include "figure.hpp"

#include <utility>

namespace heaplings::bench {

namespace {

constexpr const char* timed = "bench.patterns.plain";

// `axis` says what the values are, `rows` heads the first column of the table.
chart form_of(form shape, std::string axis, std::string rows)
{
    chart c;
    c.shape = shape;
    c.axis = std::move(axis);
    c.steps = std::move(rows);
    c.logarithmic = shape == form::dots;
    return c;
}

figure_of reuse()
{
    return {
        .id = "reuse",
        .question = "What does a block cost, by where malloc finds it?",
        .words =
            "A block is allocated and freed again and again. What was freed before waits in places "
            "that are quick to look into; a large block that is mapped anew costs two system "
            "calls, "
            "and a page fault for the page that is used.",
        .program = timed,
        .families = {"reuse/tcache", "reuse/fastbin", "reuse/unsorted", "reuse/large_kept",
                     "reuse/large_mapped"},
        .fixed = {{"used_kib", "4"}},
        .rows = {{.place = 1}},
        .names = {{"tcache", "tcache: the thread's own"},
                  {"fastbin", "fastbin"},
                  {"unsorted", "unsorted bin"},
                  {"large_kept", "16 MiB, kept by malloc"},
                  {"large_mapped", "33 MiB, mapped each time"}},
        .form = form_of(form::dots, "time of malloc with its free", "the block comes from"),
    };
}

figure_of lifetime()
{
    return {
        .id = "lifetime",
        .question = "Does the order in which blocks are freed matter?",
        .words = "1,024 blocks are allocated, then all are freed. Generational is the exception: "
                 "there each "
                 "new block takes the place of an older one, so few live at a time.",
        .program = timed,
        .families = {"lifetime"},
        .fixed = {{"threads", "1"}, {"blocks", "1024"}},
        .rows = {{.place = 2}},
        .columns = {{.place = 1}},
        .names = {{"one", "64 bytes each"},
                  {"mixed_small", "16 to 256 bytes"},
                  {"mixed_large", "one in ten 4 to 64 KiB"},
                  {"lifo", "newest first"},
                  {"fifo", "oldest first"},
                  {"random", "random order"},
                  {"generational", "generational"}},
        .form = form_of(form::bars, "time of malloc with its free", "sizes"),
    };
}

figure_of clearing()
{
    return {
        .id = "clearing",
        .question = "Is calloc slower than malloc with memset?",
        .words = "A block is cleared and freed. Memory that malloc kept has to be written by "
                 "calloc too; fresh "
                 "pages from the kernel are zero already, and calloc leaves them untouched. Once "
                 "they are used "
                 "(a byte of each page written), their page faults come after all.",
        .program = timed,
        .families = {"reuse/malloc_memset", "reuse/calloc", "reuse/calloc_touched"},
        .rows = {{.argument = "bytes"}},
        .columns = {{.place = 1}},
        .names = {{"64", "64 B"},
                  {"4096", "4 KiB"},
                  {"1048576", "1 MiB"},
                  {"34603008", "33 MiB, mapped"},
                  {"malloc_memset", "malloc and memset"},
                  {"calloc", "calloc"},
                  {"calloc_touched", "calloc, then used"}},
        .form = form_of(form::dots, "time of an allocation with its release", "size"),
    };
}

figure_of growth()
{
    return {
        .id = "growth",
        .question = "By what factor should a buffer grow?",
        .words = "A buffer is filled up to 256 KiB, realloc makes it larger as needed. Alone it is "
                 "the last block "
                 "of the heap and grows in place; where a second one grows beside it, each step "
                 "may have to "
                 "copy.",
        .program = timed,
        .families = {"growth/realloc"},
        .rows = {{.argument = "buffers"}},
        .columns = {{.argument = "percent"}},
        .names = {{"1", "one buffer"},
                  {"2", "two buffers in turn"},
                  {"100", "by 64 KiB"},
                  {"150", "by half"},
                  {"200", "doubled"}},
        .form = form_of(form::bars, "time until the buffers are full", "buffers"),
    };
}

figure_of reserve()
{
    return {
        .id = "reserve",
        .question = "What does reserve save a vector?",
        .words = "Numbers are added by push_back; without reserve the vector doubles its memory as "
                 "it grows, "
                 "and copies what it has.",
        .program = timed,
        .families = {"growth/vector"},
        .rows = {{.argument = "elements"}},
        .columns = {{.argument = "reserve"}},
        .names = {{"10", "10 elements"},
                  {"1000", "1,000 elements"},
                  {"1000000", "1,000,000 elements"},
                  {"0", "without reserve"},
                  {"1", "with reserve"}},
        .form = form_of(form::bars, "time of an element", "size"),
    };
}

figure_of walking()
{
    return {
        .id = "walking",
        .question = "What does it cost to walk a list rather than a vector?",
        .words = "The same numbers are added up. A list's nodes lie in the order of the list at "
                 "first; in one long "
                 "in use they lie anywhere, and where they are too many for the caches, each step "
                 "waits for "
                 "memory.",
        .program = timed,
        .families = {"container/vector_walk", "container/list_walk"},
        .rows = {{.argument = "elements"}},
        .columns = {{.place = 1}, {.argument = "scattered"}},
        .names = {{"1000", "1,000 numbers"},
                  {"1000000", "1,000,000 numbers"},
                  {"vector_walk", "vector"},
                  {"list_walk/0", "list, in order"},
                  {"list_walk/1", "list, scattered"}},
        .form = form_of(form::dots, "time of a number", "size"),
    };
}

figure_of small_objects()
{
    return {
        .id = "small_objects",
        .question = "What do smart pointers and short strings cost?",
        .words = "An object is made and destroyed. unique_ptr is new and delete, make_shared puts "
                 "the counter beside "
                 "the object, a shared_ptr to an object that is there needs a second block. A "
                 "string of up to "
                 "15 characters needs none (libstdc++).",
        .program = timed,
        .families = {"pointer", "container/string"},
        .rows = {{.place = 1}, {.argument = "chars"}},
        .names = {{"new_delete", "new and delete"},
                  {"make_unique", "make_unique"},
                  {"make_shared", "make_shared"},
                  {"shared_ptr_to_new", "shared_ptr{new T}"},
                  {"string/15", "string, 15 characters"},
                  {"string/16", "string, 16 characters"}},
        .form = form_of(form::bars, "time of an object", "object"),
    };
}

const std::vector<std::pair<std::string, std::string>> arena_names{
    {"list", "list"},
    {"map", "map"},
    {"unordered_map", "unordered_map"},
    {"blocks", "blocks alone"},
    {"reset", "giving all back, a block"},
    {"new", "new"},
    {"monotonic", "monotonic"},
    {"growing", ""},
    {"released", ""},
    {"unsynchronized", "unsynchronized pool"},
    {"synchronized", "synchronized pool"}};

figure_of arenas()
{
    return {
        .id = "arenas",
        .question = "What does an arena save a container of nodes?",
        .words = "1,000 numbers are put into a container, which is then destroyed, on std::pmr's "
                 "resources. The "
                 "monotonic arena frees nothing until all is given back at once.",
        .program = timed,
        .families = {"arena"},
        .fixed = {{"threads", "1"}},
        .rows = {{.place = 1}},
        .columns = {{.place = 2}},
        .names = arena_names,
        .form = form_of(form::bars, "time of a node", "container"),
    };
}

figure_of shared_arenas()
{
    return {
        .id = "shared_arenas",
        .question = "What do arenas cost two threads?",
        .words = "Both threads allocate and free 1,000 blocks. Each has a monotonic arena or "
                 "unsynchronized pool of "
                 "its own; new and the synchronized pool they share. If they do not disturb each "
                 "other, two "
                 "threads take as long as one.",
        .program = timed,
        .families = {"arena/blocks"},
        .rows = {{.place = 2}},
        .columns = {{.argument = "threads"}},
        .names = {{"new", "new"},
                  {"growing", ""},
                  {"released", ""},
                  {"monotonic", "monotonic"},
                  {"unsynchronized", "unsynchronized pool"},
                  {"synchronized", "synchronized pool"},
                  {"1", "one thread"},
                  {"2", "two threads"}},
        .form = form_of(form::bars, "time of a block in a thread", "blocks from"),
    };
}

figure_of thread_scaling()
{
    figure_of f{
        .id = "threads",
        .question = "Does malloc get more done with more threads?",
        .words = "How many blocks all threads together allocate and free in a second. With blocks "
                 "of its own a "
                 "thread disturbs no other; a block that another thread frees has to go back to "
                 "the arena it "
                 "came from.",
        .program = "threads",
        .families = {"threads/private", "threads/producer_consumer", "threads/random_private",
                     "threads/random_hand_over"},
        .fixed = {{"live_each", "1024"}, {"batch", "4096"}},
        .rows = {{.argument = "threads"}},
        .columns = {{.place = 1}},
        .names = {{"private", "own batch"},
                  {"producer_consumer", "to a consumer"},
                  {"random_private", "own, random"},
                  {"random_hand_over", "handed over"}},
        .counters = {"items_per_second"},
        .form = form_of(form::lines, "blocks in a second", "threads"),
    };
    f.form.in = unit::per_second;
    return f;
}

figure_of one_arena()
{
    figure_of f{
        .id = "one_arena",
        .question = "What if all threads share one arena?",
        .words = "Blocks of 2 KiB are too large for the tcache of a thread: each is taken from an "
                 "arena, under its "
                 "lock. Threads get an arena each, unless glibc.malloc.arena_max=1 (or "
                 "M_ARENA_MAX) lets them have "
                 "one only, which saves memory.",
        .program = "one_arena",
        .families = {"threads/own_arenas", "threads/one_arena"},
        .fixed = {{"bytes", "2048"}},
        .rows = {{.argument = "threads"}},
        .columns = {{.place = 1}},
        .names = {{"own_arenas", "own arenas"}, {"one_arena", "one arena"}},
        .counters = {"items_per_second"},
        .form = form_of(form::lines, "blocks in a second", "threads"),
    };
    f.form.in = unit::per_second;
    return f;
}

figure_of page_costs()
{
    return {
        .id = "pages",
        .question = "What does a page of memory cost?",
        .words = "64 MiB are mapped and touched, a page after the other. The first write to a page "
                 "is a fault, in "
                 "which the kernel finds a page and clears it; MADV_POPULATE_WRITE asks for all "
                 "pages in one call; "
                 "a huge page is 512 small ones in one fault, if the machine has them.",
        .program = "pages_and_limits",
        .families = {"pages/first_touch", "pages/second_touch", "pages/first_read",
                     "pages/populate", "pages/touch_huge"},
        .fixed = {{"mib", "64"}},
        .rows = {{.place = 1}},
        .names = {{"first_touch", "first write"},
                  {"populate", "MADV_POPULATE_WRITE"},
                  {"first_read", "first read"},
                  {"touch_huge", "first write, huge pages"},
                  {"second_touch", "second write"}},
        .counters = {"page"},
        .scale = 1e9,
        .form = form_of(form::dots, "time of a page of 4 KiB", "what is done"),
    };
}

figure_of strides()
{
    figure_of f{
        .id = "stride",
        .question = "How far apart may reads be?",
        .words =
            "Bytes of a block are read one after the other, so far apart. Up to 64 bytes, "
            "neighbours share a "
            "line of the cache; at 4 KiB each needs a page of its own to be looked up, and all "
            "compete for the same few places in the cache; 64 bytes more, and they do not.",
        .program = "pages_and_limits",
        .families = {"pages/stride"},
        .rows = {{.argument = "bytes"}},
        .names = {{"16", "16 B"},
                  {"64", "64 B"},
                  {"256", "256 B"},
                  {"1024", "1 KiB"},
                  {"4096", "4 KiB"},
                  {"4160", "4,160 B"}},
        .counters = {"read"},
        .scale = 1e9,
        .form = form_of(form::lines, "time of a read", "distance"),
    };
    return f;
}

figure_of fragmentation()
{
    figure_of f{
        .id = "fragmentation",
        .question = "How much memory comes back when most blocks are freed?",
        .words = "64 MiB of small blocks are allocated, then all but one of so many are freed. A "
                 "page goes back to "
                 "the kernel only if no block on it is left, and only by malloc_trim: free alone "
                 "keeps it.",
        .program = "pages_and_limits",
        .families = {"pages/swiss_cheese"},
        .rows = {{.argument = "one_kept_of"}},
        .counter_columns = {{"rss_full_mib", "all allocated"},
                            {"rss_freed_mib", "after free"},
                            {"rss_trimmed_mib", "malloc_trim"},
                            {"in_use_mib", "in use"}},
        .scale = 1024 * 1024,
        .form = form_of(form::lines, "resident memory", "one block kept of"),
    };
    f.form.in = unit::bytes;
    return f;
}

figure_of limits()
{
    return {
        .id = "limits",
        .question = "What happens near the limit of a memory cgroup?",
        .words =
            "A file is read again while the limit is so many percent of its size: below it, "
            "pages that were "
            "just read are thrown out and come from the disk again. Or new memory is touched "
            "while the cgroup "
            "is full of such cached pages, or of pages that have yet to be written to the disk.",
        .program = "pages_and_limits",
        .families = {"limits/read_again", "limits/touch_empty", "limits/touch_clean_cache",
                     "limits/touch_dirty_cache"},
        .rows = {{.place = 1}, {.argument = "limit_percent"}},
        .names = {{"read_again/200", "file read, limit 200 %"},
                  {"read_again/110", "file read, limit 110 %"},
                  {"read_again/90", "file read, limit 90 %"},
                  {"read_again/50", "file read, limit 50 %"},
                  {"touch_empty", "new memory, room left"},
                  {"touch_clean_cache", "new memory, cache full"},
                  {"touch_dirty_cache", "new memory, cache unwritten"}},
        .counters = {"page"},
        .scale = 1e9,
        .form = form_of(form::dots, "time of a page of 4 KiB", "work"),
    };
}

figure_of leak_counting()
{
    figure_of f{
        .id = "leak_counter",
        .question = "What does the leak counter cost?",
        .words = "The same work in processes with and without its hooks, divided by plain new or "
                 "malloc: batches "
                 "of small blocks freed in opposite order, and one of 100,000 live blocks replaced "
                 "at a time.",
        .program = "bench.leak_counter",
        .rows = {{.place = 0}, {.argument = "threads"}},
        .columns = {{.place = 1}},
        .names = {{"new_lifo/1", "new, batches"},
                  {"new_lifo/2", "new, batches, 2 threads"},
                  {"new_lifo_processes/2", "new, batches, 2 processes"},
                  {"new_lifo/4", "new, batches, 4 threads"},
                  {"new_lifo/8", "new, batches, 8 threads"},
                  {"new_live/1", "new, 100,000 live blocks"},
                  {"malloc_lifo/1", "malloc, batches"},
                  {"malloc_lifo/2", "malloc, batches, 2 threads"},
                  {"malloc_live/1", "malloc, 100,000 live blocks"},
                  {"no_scope", "no scope open"},
                  {"counting", "counting"},
                  {"tracking", "with sites"},
                  {"call_stacks", "with call stacks"}},
        .ratio_to = "plain",
        .form = form_of(form::dots, "time, as a ratio to that without hooks", "work"),
    };
    f.form.in = unit::ratio;
    f.form.reference = 1;
    return f;
}

figure_of proc_reading()
{
    figure_of f{
        .id = "proc_reader",
        .question = "What does reading /proc cost, beyond the kernel's part?",
        .words = "Each reader, divided by open, pread and close of the same file into a buffer on "
                 "the stack.",
        .program = "bench.proc_reader",
        .rows = {{.place = 0}},
        .columns = {{.place = 1}},
        .names = {{"ours", "heaplings"},
                  {"all_processes", "all processes"},
                  {"maps_kept", "maps, kept open"},
                  {"maps_one_address", "maps, one address"},
                  {"oom_score", "oom_score"},
                  {"oom_score_adj", "oom_score_adj"},
                  {"smaps_rollup", "smaps_rollup"}},
        .ratio_to = "raw",
        .form = form_of(form::dots, "time, as a ratio to raw system calls", "file"),
    };
    f.form.in = unit::ratio;
    f.form.reference = 1;
    return f;
}

} // namespace

std::vector<figure> all_figures(const report& r)
{
    std::vector<figure> all;
    for (const auto& of : {reuse, lifetime, clearing, growth, reserve, walking, small_objects,
                           arenas, shared_arenas, thread_scaling, one_arena, page_costs, strides,
                           fragmentation, limits, leak_counting, proc_reading})
        all.push_back(make_figure(of(), r));
    all.push_back(allocator_times(r));
    all.push_back(allocator_memory(r));
    return all;
}

} // namespace heaplings::bench
