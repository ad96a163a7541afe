#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "worker/dev/apple/protocol.hpp"

namespace dev {
namespace {

constexpr std::size_t head_bytes_max = 32U << 10U;

bool same(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
    });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

// As little of RFC 9112 as a POST with Content-Length needs. One request at a time; what is pipelined waits.
class Http1 final : public Protocol {
public:
    Http1(sim::Environment environment, Receive receive)
        : environment_{environment}, receive_{std::move(receive)} {}

    bool consume(const std::uint8_t* bytes, std::size_t size) override {
        in_.append(reinterpret_cast<const char*>(bytes), size);
        proceed();
        return !broken_ && !cut_;
    }

    bool produce(std::vector<std::uint8_t>& out, std::size_t) override {
        out.insert(out.end(), out_.begin(), out_.end());
        out_.clear();
        return true;
    }

    void carry_out(StreamId stream, const sim::Answer& answer) override {
        if (stream != stream_ || !busy_) {
            return;
        }
        if (answer.wire == sim::Wire::stall) {
            return;
        }
        if (answer.wire != sim::Wire::answer && answer.wire != sim::Wire::torn_body) {
            cut_ = true;
            return;
        }
        write(answer);
        busy_ = false;
        closing_ = closing_ || last_ || answer.wire == sim::Wire::torn_body;
        proceed();
    }

    void allow_streams(std::uint32_t) override {}

    void go_away() override {
        last_ = true;
        closing_ = closing_ || !busy_;
    }

    bool over() const override { return closing_ || broken_; }
    bool cut() const override { return cut_; }

private:
    // Hands the next whole request on. Guarded against recursion: carry_out() may run inside receive_().
    void proceed() {
        if (proceeding_) {
            return;
        }
        proceeding_ = true;
        while (!busy_ && !over() && !cut_) {
            std::optional<sim::Request> request = next_request();
            if (!request) {
                break;
            }
            busy_ = true;
            ++stream_;
            receive_(stream_, *request);
        }
        proceeding_ = false;
    }

    std::optional<sim::Request> next_request() {
        const auto end = in_.find("\r\n\r\n");
        if (end == std::string::npos) {
            broken_ = in_.size() > head_bytes_max;
            return std::nullopt;
        }
        sim::Request request;
        request.environment = environment_;
        request.content_type.clear();
        std::size_t body_bytes = 0;
        if (!read_head(std::string_view{in_}.substr(0, end), request, body_bytes) ||
            body_bytes > request_body_bytes_max) {
            broken_ = true;
            return std::nullopt;
        }
        const std::size_t whole = end + 4 + body_bytes;
        if (in_.size() < whole) {
            return std::nullopt;
        }
        request.body = in_.substr(end + 4, body_bytes);
        in_.erase(0, whole);
        return request;
    }

    bool read_head(std::string_view head, sim::Request& request, std::size_t& body_bytes) {
        const auto line_end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, line_end);
        const auto first = line.find(' ');
        const auto second = line.rfind(' ');
        if (first == std::string_view::npos || first == second || line.substr(second + 1) != "HTTP/1.1") {
            return false;
        }
        request.method = line.substr(0, first);
        request.path = line.substr(first + 1, second - first - 1);
        for (head.remove_prefix(line_end); !head.empty();) {
            head.remove_prefix(2);
            const auto end = std::min(head.find("\r\n"), head.size());
            if (!read_field(head.substr(0, end), request, body_bytes)) {
                return false;
            }
            head.remove_prefix(end);
        }
        return true;
    }

    bool read_field(std::string_view text, sim::Request& request, std::size_t& body_bytes) {
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) {
            return false;
        }
        const std::string_view name = text.substr(0, colon);
        const std::string_view value = trimmed(text.substr(colon + 1));
        if (same(name, "authorization")) {
            request.authorization = value;
        } else if (same(name, "content-type")) {
            request.content_type = value;
        } else if (same(name, "connection")) {
            last_ = last_ || same(value, "close");
        } else if (same(name, "transfer-encoding")) {
            return false;
        } else if (same(name, "content-length")) {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), body_bytes);
            return error == std::errc{} && end == value.data() + value.size();
        }
        return true;
    }

    void write(const sim::Answer& answer) {
        out_ += "HTTP/1.1 " + std::to_string(answer.status) + " \r\ndate: " + sim::http_date(answer.date) +
                "\r\n";
        if (answer.status != 204) {
            out_ += "content-length: " + std::to_string(answer.body.size()) + "\r\n";
        }
        if (!answer.content_type.empty()) {
            out_ += "content-type: " + answer.content_type + "\r\n";
        }
        if (answer.retry_after) {
            out_ += "retry-after: " + *answer.retry_after + "\r\n";
        }
        for (const auto& [name, value] : answer.headers) {
            out_ += name + ": " + value + "\r\n";
        }
        out_ += last_ ? "connection: close\r\n\r\n" : "\r\n";
        const bool torn = answer.wire == sim::Wire::torn_body;
        out_ += torn ? answer.body.substr(0, answer.body.size() / 2) : answer.body;
    }

    sim::Environment environment_;
    Receive receive_;
    std::string in_;
    std::string out_;
    StreamId stream_ = 0;
    bool busy_ = false;
    bool proceeding_ = false;
    bool last_ = false;     // the client or go_away() asked for the end after this request
    bool closing_ = false;  // once everything is sent
    bool broken_ = false;   // not understood
    bool cut_ = false;
};

}  // namespace

std::unique_ptr<Protocol> make_http1(sim::Environment environment, Receive receive) {
    return std::make_unique<Http1>(environment, std::move(receive));
}

}  // namespace dev
