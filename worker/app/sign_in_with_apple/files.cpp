#include "worker/app/sign_in_with_apple/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace app::identity {
namespace {

constexpr std::size_t secret_bytes_max = 65'536;

class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_{fd} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ > STDERR_FILENO) {
            ::close(fd_);
        }
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

common::Error failed(const std::string& path, std::string_view what, int code) {
    return {fmt::format("{}: cannot be {}: {}", path, what, std::generic_category().message(code))};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(put < 0 ? 0 : static_cast<std::size_t>(put));
    }
    return ::fsync(fd) == 0;
}

}  // namespace

common::Result<common::Secret> read_secret(const std::string& path) {
    const std::string name = path == "-" ? "standard input" : path;
    const Descriptor file{path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    // Reserved once: growing would leave unwiped copies in freed memory.
    std::string text(secret_bytes_max + 1, '\0');
    std::size_t filled = 0;
    ssize_t got = file.get() < 0 ? -1 : 1;
    while (got > 0 && filled < text.size()) {
        got = ::read(file.get(), text.data() + filled, text.size() - filled);
        filled += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    const int problem = errno;
    const common::Secret whole{std::move(text)};
    if (got < 0) {
        return failed(name, "read", problem);
    }
    if (filled > secret_bytes_max) {
        return common::Error{fmt::format("{}: larger than {} bytes", name, secret_bytes_max)};
    }
    common::Secret secret{std::string{trimmed(whole.expose().substr(0, filled))}};
    if (secret.empty()) {
        return common::Error{fmt::format("{}: empty; a token, a code or a payload is expected", name)};
    }
    return secret;
}

std::optional<std::string> no_token(std::string_view text) {
    if (text.starts_with('{')) {
        return "it holds a JSON document, and one token or code is expected: take the member out, for "
               "example "
               "with jq -r .refresh_token";
    }
    const bool odd = std::any_of(text.begin(), text.end(), [](char each) {
        return each <= ' ' || each >= '\x7F' || each == '"' || each == '{' || each == '}';
    });
    return odd ? std::optional<std::string>{"it holds blanks, quotes or other characters that no token has; one "
                                            "token or code is expected, and nothing else"}
               : std::nullopt;
}

common::Secret payload_of(const common::Secret& text) {
    const nlohmann::json document = nlohmann::json::parse(text.expose(), nullptr, false);
    const bool wrapped =
        document.is_object() && document.contains("payload") && document["payload"].is_string();
    return wrapped ? common::Secret{document["payload"].get<std::string>()} : text;
}

PrivateFile::PrivateFile(std::string path, std::string fresh, int fd)
    : path_{std::move(path)}, fresh_{std::move(fresh)}, fd_{fd} {}

PrivateFile::~PrivateFile() {
    ::close(fd_);
    if (!fresh_.empty()) {
        static_cast<void>(::unlink(fresh_.c_str()));
    }
}

common::Result<std::unique_ptr<PrivateFile>> PrivateFile::open(const std::string& path) {
    // Replacing a device, a pipe or a link would take it away from everybody, /dev/stdout from the machine.
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
        return common::Error{fmt::format(
            "{}: cannot be written: it exists and is no plain file, which would be replaced as a whole; name "
            "a "
            "new file, or print with --reveal",
            path)};
    }
    std::string fresh = fmt::format("{}.{}.new", path, ::getpid());
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return failed(path, "written", errno);
    }
    return std::unique_ptr<PrivateFile>{new PrivateFile{path, std::move(fresh), fd}};
}

std::optional<common::Error> PrivateFile::keep(const common::Secret& text) {
    if (!write_all(fd_, text.expose())) {
        return failed(path_, "written", errno);
    }
    const std::string fresh = std::exchange(fresh_, {});  // not to be lost any more, wherever it ends
    if (std::rename(fresh.c_str(), path_.c_str()) != 0) {
        const common::Error error = failed(path_, "written", errno);
        return common::Error{fmt::format("{}; what was to lie there is in {}", error.message, fresh)};
    }
    return std::nullopt;
}

}  // namespace app::identity
