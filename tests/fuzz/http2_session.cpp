// What a server says on an HTTP/2 connection: any bytes at all, or frames with a right length and anything
// else wrong.
//
//   1 byte   low bits: how many requests (0 to 7); bit 3: plain bytes follow; bit 4: our SETTINGS are
//   answered 1 byte   how many bytes are handed over at once, 1 to 256 frames:  type, flags, stream, length,
//   then so many bytes of payload; between them the session may answer.
//            Type 254: time passes, in steps of 100 ms. Type 255: the loop asks for a ping, or retires.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "tests/fuzz/exchange_promises.hpp"
#include "worker/adapters/http2/session.hpp"

namespace {

using adapters::http2::Session;
using namespace std::chrono_literals;

constexpr std::size_t streams_max = 4;
constexpr std::size_t header_bytes_max = 256;

class Client {
public:
    explicit Client(std::size_t requests) : requests_{requests} {}

    // False: the connection is given up.
    bool hear(std::string_view bytes) {
        heard_ += bytes.size();
        const bool usable =
            session_.consume(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        return usable && say();
    }

    bool say() {
        INVARIANT(session_.streams_allowed() <= streams_max, "our own limit of streams holds");
        while (sent_ < requests_ && session_.streams_free() > 0) {
            send();
        }
        std::vector<std::uint8_t> out;
        const bool usable = session_.produce(out, 1U << 20U);
        said_ += out.size();
        // What a server can make us say: an acknowledgement for each of its frames, never more than that.
        INVARIANT(said_ <= 4096 + 1024 * sent_ + 4 * heard_, "what we say is bounded by what we heard");
        return usable;
    }

    void pass(std::uint8_t steps) {
        now_ += 100ms * steps;
        session_.expire(now_);
        INVARIANT(session_.next_deadline() > now_, "what is due has ended");
    }

    void wish(std::uint8_t what) {
        if (what % 2 == 0) {
            session_.ping();
            heard_ += 64;
        } else {
            session_.retire();
            if (session_.alive() == 0) {
                session_.say_goodbye();
            }
        }
    }

    void leave() {
        session_.abandon();
        INVARIANT(session_.alive() == 0, "nothing is left alive");
        INVARIANT(ended_.size() == sent_, "each exchange ends");
        std::map<std::uint64_t, int> ends;
        for (const core::ExchangeEnded& end : ended_) {
            INVARIANT(++ends[end.id.value] == 1, "each exchange ends once");
            fuzz::check(end.exchange, header_bytes_max);
        }
    }

private:
    void send() {
        ports::OutgoingRequest request;
        request.id = core::ExchangeId{++sent_};
        request.request.path = "/account/v1/autoSignIn/delete";
        request.request.content_type = "application/json";
        request.request.body = common::Secret{"{}"};
        request.authorization = common::Secret{"Bearer not-a-real-jwt"};
        request.deadline = now_ + 5s + 1ms * static_cast<int>(sent_);
        session_.submit(std::move(request));
        INVARIANT(session_.alive() <= sent_, "only what was sent is alive");
    }

    std::vector<core::ExchangeEnded> ended_;
    Session session_{{.authority = "apple.test", .streams_max = streams_max}, ended_};
    common::Instant now_{1h};
    std::size_t requests_;
    std::uint64_t sent_ = 0;
    std::size_t heard_ = 0;
    std::size_t said_ = 0;
};

bool hear_in_pieces(Client& client, std::string_view bytes, std::size_t piece) {
    while (!bytes.empty()) {
        if (!client.hear(bytes.substr(0, piece))) {
            return false;
        }
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    return true;
}

// The 9 bytes of RFC 9113 section 4.1 and the payload.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint8_t stream, std::string_view payload) {
    std::string whole(9, '\0');
    whole[2] = static_cast<char>(payload.size());
    whole[3] = static_cast<char>(type);
    whole[4] = static_cast<char>(flags);
    whole[8] = static_cast<char>(stream);
    return whole.append(payload);
}

bool hear_frames(Client& client, fuzz::Bytes& input, std::size_t piece) {
    while (!input.empty()) {
        const std::uint8_t type = input.byte();
        const std::uint8_t flags = input.byte();
        if (type == 254) {
            client.pass(flags);
            if (!client.say()) {
                return false;
            }
            continue;
        }
        if (type == 255) {
            client.wish(flags);
            continue;
        }
        const std::uint8_t stream = input.byte();
        const std::string whole = frame(type, flags, stream, input.text(input.byte()));
        if (!hear_in_pieces(client, whole, piece)) {
            return false;
        }
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Bytes input{bytes, size};
    const std::uint8_t knobs = input.byte();
    const std::size_t piece = std::size_t{input.byte()} + 1;
    Client client{knobs & 7U};
    bool usable = client.say();
    if (usable && (knobs & 16U) != 0) {
        usable = client.hear(frame(4, 0, 0, {})) && client.hear(frame(4, 1, 0, {}));
    }
    if (usable && (knobs & 8U) != 0) {
        hear_in_pieces(client, input.rest(), piece);
    } else if (usable) {
        hear_frames(client, input, piece);
    }
    client.leave();
    return 0;
}
