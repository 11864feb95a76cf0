// A file whose pages a benchmark has in the page cache, or not.
#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace bench {

// A file on disk that has no name, so it is gone with the process.
class disk_file
{
public:
    // Throws std::system_error, or std::runtime_error if the folder is in RAM.
    explicit disk_file(std::size_t size) : folder_{folder()}, file_{create(folder_)}, size_{size}
    {
        try {
            struct statfs where
            {
            };
            fstatfs(file_, &where);
            if (where.f_type == TMPFS_MAGIC || where.f_type == RAMFS_MAGIC) {
                throw std::runtime_error{folder_ + " is in RAM; set TMPDIR to a folder on a disk"};
            }
            write_all();
        } catch (...) {
            close(file_);
            throw;
        }
    }
    disk_file(const disk_file&) = delete;
    disk_file& operator=(const disk_file&) = delete;
    ~disk_file() { close(file_); }

    // From the disk to this process's part of the page cache: a page that is there already would
    // count in the cgroup of who has read it before.
    void read_into_cache() const
    {
        leave_cache();
        read_all();
    }

    // Pages that must be written to the disk before they can go.
    void write_into_cache() const
    {
        leave_cache();
        write_all();
    }

    // Throws std::system_error.
    void read_all() const
    {
        alignas(4096) static char buffer[64 << 10];
        off_t at = 0;
        ssize_t got = 0;
        while ((got = pread(file_, buffer, sizeof buffer, at)) > 0) at += got;
        if (got < 0) fail("read");
    }

private:
    void leave_cache() const
    {
        fsync(file_); // what is not on disk yet would stay
        posix_fadvise(file_, 0, 0, POSIX_FADV_DONTNEED);
    }

    static std::string folder()
    {
        const char* chosen = std::getenv("TMPDIR");
        return chosen != nullptr ? chosen : "/var/tmp";
    }

    static int create(const std::string& folder)
    {
        std::string name = folder + "/bench.patterns.XXXXXX";
        const int file = mkostemp(name.data(), O_CLOEXEC);
        if (file < 0) throw std::system_error{errno, std::generic_category(), "create " + name};
        unlink(name.c_str());
        return file;
    }

    void write_all() const
    {
        const std::vector<char> content(1 << 20, 'x');
        for (off_t at = 0; at < static_cast<off_t>(size_); at += 1 << 20) {
            if (pwrite(file_, content.data(), content.size(), at) != 1 << 20) fail("write");
        }
    }

    [[noreturn]] void fail(const char* what) const
    {
        throw std::system_error{errno, std::generic_category(),
                                std::string{what} + " a file in " + folder_};
    }

    std::string folder_;
    int file_;
    std::size_t size_;
};

} // namespace bench
