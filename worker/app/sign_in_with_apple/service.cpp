#include "worker/app/sign_in_with_apple/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "common/form.hpp"
#include "common/overloaded.hpp"
#include "worker/adapters/auth/signed_credentials.hpp"
#include "worker/adapters/http1/http1_transport.hpp"
#include "worker/adapters/reactor/reactor.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/app/clock_watch.hpp"
#include "worker/core/outcome/classify.hpp"
#include "worker/ports/journal.hpp"

namespace app::identity {
namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

// Keeps the last complaint of the transport, as the reason for an answer that does not come.
class LastWords final : public ports::Journal {
public:
    [[nodiscard]] bool wants(core::Severity severity) const override {
        return severity >= core::Severity::warning;
    }
    void write(const core::Say& line) override { text = line.message; }

    std::string text;
};

struct Field {
    std::string_view name;
    std::string_view value;
};

common::Secret form_of(const std::vector<Field>& fields) {
    std::size_t room = 0;
    for (const Field& field : fields) {
        room += common::form_field_room(field.name, field.value);
    }
    std::string form;
    form.reserve(room);
    for (const Field& field : fields) {
        if (!field.value.empty()) {
            common::append_form_field(form, field.name, field.value);
        }
    }
    return common::Secret{std::move(form)};
}

Refused refused(const core::Answer& answer) {
    const bool theirs = answer.status >= 400 && answer.status < 500;
    auto said = core::read_error_response(theirs ? answer.body : "");
    return {answer.status, said ? std::optional{*std::move(said)} : std::nullopt};
}

common::Result<core::TokenResponse> tokens_in(const core::Answer& answer) {
    return core::read_token_response(answer.body);
}

using Asked = std::variant<core::Answer, NoAnswer>;

// What `read` makes of a whole 200; its error is why the answer cannot be read.
template <class Answer, class Read>
Reply<Answer> reply_of(const Asked& asked, Read read) {
    if (const auto* none = std::get_if<NoAnswer>(&asked)) {
        return *none;
    }
    const auto& answer = std::get<core::Answer>(asked);
    if (answer.status != 200) {
        return refused(answer);
    }
    if (answer.body_torn) {
        return NoAnswer{"the answer was cut off"};
    }
    auto value = read(answer);
    if (!value) {
        return NoAnswer{"200 with an answer that cannot be read: " + value.error().message};
    }
    return *std::move(value);
}

}  // namespace

common::Result<common::Secret> client_secret(const ClientConfig& client) {
    auth::Credential credential{client.client_id, auth::ClientIdentity{client.team_id, client.client_id}, {}};
    for (const KeyConfig& key : client.keys) {
        credential.keys.push_back({key.id, key.file});
    }
    credential.lifetime = std::chrono::duration_cast<std::chrono::seconds>(client.secret_lifetime);
    adapters::reactor::SystemClock clock;
    auth::SignedCredentials one{{std::move(credential)}, [](const core::Say&) {}, clock.now()};
    const auto secret = one.authorization({}, clock.now());
    if (!secret) {
        return secret.error();
    }
    return common::Secret{**secret};
}

struct Service::Parts {
    explicit Parts(const Config& config)
        : reactor{adapters::reactor::Signals::leave}, timeout{config.apple.request_timeout} {}

    // `path` in static storage. Without a body it is a GET.
    Asked ask(std::string_view path, std::optional<common::Secret> form = std::nullopt);

    template <class Answer, class Read>
    Reply<Answer> ask_as(
        const ClientConfig& client, std::string_view path, std::initializer_list<Field> fields, Read read);

    LastWords words;
    adapters::reactor::Reactor reactor;
    adapters::reactor::SystemClock clock;
    common::Duration timeout;
    std::unique_ptr<adapters::http1::Http1Transport> transport;
    std::unique_ptr<ClockWatch> watch;
};

Asked Service::Parts::ask(std::string_view path, std::optional<common::Secret> form) {
    const common::Instant deadline = clock.now().steady + timeout;
    core::HttpRequest request{};  // of endpoint 0
    request.path = path;
    if (form) {
        request.content_type = form_type;
        request.body = *std::move(form);
    }
    watch->send({core::ExchangeId{0}, std::move(request), {}, deadline});
    watch->flush();
    // The transport ends every exchange soon after its deadline.
    for (;;) {
        std::vector<core::Input> inputs;
        static_cast<void>(reactor.wait(std::min(watch->next_deadline(), deadline), inputs));
        watch->collect(clock.now(), inputs);
        for (core::Input& input : inputs) {
            auto* const ended = std::get_if<core::ExchangeEnded>(&input);
            if (ended == nullptr) {
                continue;
            }
            const auto because = [&](std::string_view reason) {
                return NoAnswer{
                    words.text.empty() ? fmt::format("no answer ({})", reason)
                                       : fmt::format("no answer ({}): {}", reason, words.text)};
            };
            return std::visit(
                common::Overloaded{
                    [](core::Answer& answer) -> Asked { return std::move(answer); },
                    [&](const core::NotSent& end) -> Asked { return because(core::reason_name(end.reason)); },
                    [&](const core::Lost& end) -> Asked { return because(core::reason_name(end.reason)); }},
                ended->exchange);
        }
    }
}

template <class Answer, class Read>
Reply<Answer> Service::Parts::ask_as(
    const ClientConfig& client, std::string_view path, std::initializer_list<Field> fields, Read read) {
    const auto secret = client_secret(client);
    if (!secret) {
        return NoAnswer{secret.error().message};
    }
    std::vector<Field> all{{"client_id", client.client_id}, {"client_secret", secret->expose()}};
    all.insert(all.end(), fields.begin(), fields.end());
    return reply_of<Answer>(ask(path, form_of(all)), read);
}

common::Result<std::unique_ptr<Service>> Service::create(const Config& config) {
    auto parts = std::make_unique<Parts>(config);
    adapters::http1::Endpoint endpoint;
    endpoint.id = core::EndpointId{0};
    endpoint.base_url = config.identity.endpoint;
    endpoint.ca_file = config.apple.ca_file;
    endpoint.proxy = config.apple.proxy;
    auto made = adapters::http1::Http1Transport::create(
        {endpoint}, parts->reactor, [words = &parts->words](const core::Say& line) { words->write(line); });
    if (!made) {
        return made.error();
    }
    parts->transport = *std::move(made);
    parts->watch = std::make_unique<ClockWatch>(*parts->transport, parts->words);
    return std::unique_ptr<Service>{new Service{std::move(parts)}};
}

Service::Service(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Service::~Service() = default;

Reply<core::TokenResponse> Service::exchange(
    const ClientConfig& client, const common::Secret& code, const std::string& redirect_uri) {
    return parts_->ask_as<core::TokenResponse>(
        client, "/auth/token",
        {{"grant_type", "authorization_code"}, {"code", code.expose()}, {"redirect_uri", redirect_uri}},
        tokens_in);
}

Reply<core::TokenResponse> Service::refresh(const ClientConfig& client, const common::Secret& refresh_token) {
    return parts_->ask_as<core::TokenResponse>(
        client, "/auth/token", {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token.expose()}},
        tokens_in);
}

Reply<Revoked> Service::revoke(const ClientConfig& client, const common::Secret& token, Kind kind) {
    const std::string_view hint = kind == Kind::refresh_token  ? "refresh_token"
                                  : kind == Kind::access_token ? "access_token"
                                                               : "";
    return parts_->ask_as<Revoked>(
        client, "/auth/revoke", {{"token", token.expose()}, {"token_type_hint", hint}},
        [](const core::Answer& answer) {
            return core::denies_success(answer) ? common::Result<Revoked>{common::Error{
                                                      "a page or an error, and nobody knows what was "
                                                      "revoked; Apple's 200 is empty"}}
                                                : common::Result<Revoked>{Revoked{}};
        });
}

Reply<FetchedKeys> Service::keys() {
    return reply_of<FetchedKeys>(parts_->ask("/auth/keys"), [](const core::Answer& answer) {
        auto set = core::KeySet::parse(answer.body);
        return set ? common::Result<FetchedKeys>{FetchedKeys{*std::move(set), answer.body}}
                   : common::Result<FetchedKeys>{set.error()};
    });
}

std::optional<common::Duration> Service::skew() const {
    return parts_->watch->skew();
}

}  // namespace app::identity
