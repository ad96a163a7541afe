#include "worker/adapters/auth/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace auth {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_{fd} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_of(const struct stat& status) {
    return {
        static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
        static_cast<std::int64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

common::Error cannot_read(const std::string& path, int error) {
    const std::string reason = std::generic_category().message(error);
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return {fmt::format(
                "{}: there is no such file; check the path and that the secret is mounted", path)};
        case EACCES:
        case EPERM:
            return {fmt::format(
                "{}: the worker's user ({}) may not read it; chown the file, or set fsGroup in Kubernetes",
                path, ::geteuid())};
        default:
            return {fmt::format("{}: cannot be read: {}", path, reason)};
    }
}

}  // namespace

common::Result<FileContent> read_secret_file(const std::string& path) {
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (file.get() < 0) {
        return cannot_read(path, errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        return cannot_read(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return common::Error{fmt::format("{}: not a regular file; name the file, not its directory", path)};
    }
    if (static_cast<std::uint64_t>(status.st_size) > secret_file_bytes_max) {
        return common::Error{fmt::format(
            "{}: {} bytes are too many for a key (at most {}); check that the path names the key file", path,
            status.st_size, secret_file_bytes_max)};
    }
    // Reserved once: growing would leave unwiped copies of the key in freed memory.
    std::string text(secret_file_bytes_max, '\0');
    std::size_t filled = 0;
    ssize_t got = 0;
    do {
        got = ::read(file.get(), text.data() + filled, text.size() - filled);
        filled += got > 0 ? static_cast<std::size_t>(got) : 0;
    } while ((got > 0 && filled < text.size()) || (got < 0 && errno == EINTR));
    if (got < 0) {
        const int error = errno;
        common::wipe(text);
        return cannot_read(path, error);
    }
    text.resize(filled);
    return FileContent{common::Secret{std::move(text)}, stamp_of(status), status.st_mode & 07777U};
}

std::optional<std::string> permission_warning(const std::string& path, unsigned mode) {
    // Reading by the group is how Kubernetes gives a secret to a process that is not root (fsGroup).
    if ((mode & 0027U) == 0) {
        return std::nullopt;
    }
    return fmt::format(
        "{}: mode {:04o} lets {} it; make it 0400 (Kubernetes: defaultMode: 0400, or 0440 with fsGroup)",
        path, mode, (mode & 0022U) != 0 ? "others change" : "every user read");
}

KeyFile::Check KeyFile::check() {
    struct stat status {};
    if (loaded_ && ::stat(path_.c_str(), &status) == 0 && stamp_of(status) == *loaded_) {
        return Check::unchanged;
    }
    auto content = read_secret_file(path_);
    auto key = content ? SigningKey::from_pem(content->text, path_, which_key_)
                       : common::Result<SigningKey>{content.error()};
    if (!key) {
        loaded_.reset();
        problem_ = key.error().message;
        return Check::unusable;
    }
    key_ = *key;
    loaded_ = content->stamp;
    problem_.clear();
    warning_ = permission_warning(path_, content->mode);
    return Check::loaded;
}

}  // namespace auth
