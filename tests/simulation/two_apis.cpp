#include "tests/simulation/two_apis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "common/base64url.hpp"
#include "common/prng.hpp"
#include "worker/core/engine/engine.hpp"
#include "worker/sim/apple/apple.hpp"
#include "worker/sim/identity/apple_identity.hpp"

namespace two_apis {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr const char* client = "com.example.tv";
constexpr common::Duration calm_at = 20min;
constexpr common::Duration patience = 40min;
// Latency both ways, and a Delete or two of the same account before it.
constexpr common::Duration delete_soon = 20s;

std::string base64url(std::string_view bytes) {
    std::string text;
    common::append_base64url(text, bytes);
    return text;
}

// In three worlds of four Apple throttles the second check of a person: after a lost answer, for example.
std::optional<sim::RefreshThrottle> throttle_of(std::uint64_t seed) {
    return seed % 4 != 0 ? std::optional{sim::RefreshThrottle{}} : std::nullopt;
}

struct Account {
    std::string name{};
    std::string value{};    // at the Automatic Sign-In API
    std::string session{};  // a refresh token
    bool notified = false;
};

enum class What : std::uint8_t {
    opted_out,
    deleted,
    ended,
    check,
    notification,
    mail,
    forged,
    unknown_key,
    repeated
};

struct Planned {
    What what = What::opted_out;
    std::size_t account = 0;
    common::Instant received{};
    std::optional<common::Instant> deleted{};  // its token
    bool dead = false;
    std::string code{};
    std::vector<std::string> receipts{};
};

class World {
public:
    explicit World(std::uint64_t seed)
        : random_{seed},
          apple_{std::ref(tokens_), [this](std::uint64_t bound) { return random_.below(bound); }},
          identity_{
              std::ref(secrets_),
              sim::plain_identity_crypto(),
              [this](std::uint64_t bound) { return random_.below(bound); },
              {.seed = seed + 1, .refresh_throttle = throttle_of(seed)}},
          settings_{draw_settings(seed)},
          engine_{settings_} {}

    Report run();

private:
    core::Settings draw_settings(std::uint64_t seed);
    void people();
    void script();
    void plan();
    void emit(Planned planned, std::string data, std::string_view type, std::string id = {});
    std::string notice(std::size_t account, bool mail);
    std::string foreign_key(const std::string& payload) const;

    void at(common::Instant when, std::function<void()> happens) {
        happenings_.emplace(std::pair{when, order_++}, std::move(happens));
    }
    void step(std::vector<core::Input> inputs);
    void send(core::SendRequest request);
    void arrive(const core::SendRequest& request);
    void stored(const core::Store& store);
    void told(const core::OutgoingRecord& receipt);
    void judge();

    void broke(Promise promise, std::string seen) {
        if (!report_.broken) {
            report_.broken = Broken{promise, std::move(seen)};
        }
    }
    void reached(Probe probe) { ++report_.probes.at(static_cast<std::size_t>(probe)); }
    [[nodiscard]] bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
    [[nodiscard]] common::Duration between(common::Duration least, common::Duration most) {
        return least + common::Duration{static_cast<common::Duration::rep>(
                           random_.below(static_cast<std::uint64_t>((most - least).count())))};
    }
    static bool identity_call(const core::HttpRequest& request) { return request.endpoint.value == 1; }

    common::Prng random_;
    common::Now now_{common::Instant{1h}, common::WallTime{1'800'000'000'000ms}};
    const common::Instant start_ = now_.steady;
    sim::PlainTokens tokens_{.active_keys = {"KEY0"}, .bundle_ids = {client}};
    sim::PlainSecrets secrets_{.teams_by_key = {{"KEY1", "TEAM000001"}}, .times = {}};
    sim::Apple apple_;
    sim::AppleIdentity identity_;
    core::Settings settings_;
    core::Engine engine_;
    std::map<std::pair<common::Instant, std::uint64_t>, std::function<void()>> happenings_;
    std::uint64_t order_ = 0;
    std::vector<Account> accounts_;
    std::vector<Planned> records_;  // by offset
    std::map<std::string, std::vector<common::Instant>> asked_;
    std::set<std::string> throttled_;           // sessions about which Apple did not want to be asked
    std::map<std::string, std::string> truth_;  // session -> what the last answered check found
    std::array<std::size_t, 2> in_flight_{};
    std::size_t key_sets_under_way_ = 0;
    std::vector<common::Instant> key_sets_;
    std::int64_t committed_ = 0;
    bool tokens_faulty_ = false;
    bool identity_down_ = false;
    Report report_;
};

core::Settings World::draw_settings(std::uint64_t seed) {
    core::Settings with;
    with.credentials = {
        {.name = "tv", .endpoint = core::EndpointId{0}},
        {.name = client,
         .kind = core::CredentialKind::client,
         .endpoint = core::EndpointId{1},
         .client_id = client},
        {.name = "key_set",
         .kind = core::CredentialKind::keyless,
         .endpoint = core::EndpointId{1},
         .requests_per_second = 1.0 / 60,
         .burst = 2}};
    with.endpoints = {{.name = "apple"}, {.name = "identity"}};
    with.rules.apps = {{"tv", core::AppId{0}}};
    with.rules.clients = {{client, core::CredentialId{1}}};
    with.rules.keyless = core::CredentialId{2};
    with.receipts_topic = "receipts";
    with.time_to_execute.fill(60s);
    with.in_flight_max = 1 + random_.below(20);
    with.identity_in_flight_max = 1 + random_.below(8);
    with.request_timeout = between(1s, 6s);
    with.retry = {200ms, 10s};
    with.refused = {1s, 10s};
    with.throttled = {1s, 10s};
    with.breaker.probe = {1s, 10s};
    with.attempts_max = 4 + static_cast<int>(random_.below(8));
    with.fingerprint = [](std::string_view value) {
        return fmt::format("{:016x}", std::hash<std::string_view>{}(value));
    };
    with.rs256 = [](const core::RsaKey& key, std::string_view text, std::string_view signature) {
        return sim::plain_signature_valid(base64url(key.modulus), text, signature);
    };
    with.seed = seed;
    return with;
}

void World::people() {
    identity_.book().add_client({.client_id = client, .team_id = "TEAM000001"});
    identity_.notices().set_address(client, "https://tv.example.com/apple");
    const std::size_t count = 3 + random_.below(12);
    for (std::size_t i = 0; i < count; ++i) {
        Account account{.name = fmt::format("acct-{}", i), .value = fmt::format("token-{}", i)};
        apple_.store().put({sim::Environment::production, client}, account.name, account.value);
        identity_.book().add_person({.account = account.name, .email = account.name + "@example.com"});
        const sim::SignIn signed_in = identity_.sign_in(account.name, client, {.email = true}, "", now_);
        const auto issued = std::chrono::floor<std::chrono::seconds>(now_.wall).time_since_epoch().count();
        const sim::Answer answer = identity_.handle(
            {.path = "/auth/token",
             .content_type = std::string{sim::form_type},
             .body = sim::form_text(
                 {{"client_id", client},
                  {"client_secret",
                   sim::plain_secret("KEY1", "TEAM000001", client, issued - 30, issued + 3600)},
                  {"grant_type", "authorization_code"},
                  {"code", signed_in.code}})},
            now_);
        account.session = Json::parse(answer.body).at("refresh_token");
        accounts_.push_back(std::move(account));
    }
}

// Windows in which one API, the other or both suffer; after calm_at both are well.
void World::script() {
    constexpr std::array kinds{
        sim::FaultKind::fail,         sim::FaultKind::lose_answer,       sim::FaultKind::stall,
        sim::FaultKind::drop_request, sim::FaultKind::refuse_credential, sim::FaultKind::throttle,
        sim::FaultKind::refuse_stream};
    const auto draw = [&](bool whole) {
        sim::Fault fault;
        fault.kind = kinds.at(random_.below(kinds.size()));
        fault.from = start_ + (whole ? 0s : between(0s, calm_at / 2));
        fault.until = start_ + (whole ? calm_at
                                      : std::min<common::Duration>(
                                            calm_at, fault.from - start_ + between(10s, calm_at)));
        fault.probability = whole || chance(60) ? 1 : 0.5;
        fault.retry_after = sim::RetryAfterForm::seconds;
        fault.retry_after_in = between(1s, 30s);
        return fault;
    };
    identity_down_ = chance(30);
    if (identity_down_) {
        identity_.add(draw(true));
    }
    for (std::uint64_t left = random_.below(3); left > 0; --left) {
        identity_.add(draw(false));
    }
    tokens_faulty_ = chance(40);
    if (tokens_faulty_) {
        apple_.add(draw(chance(30)));
    }
    if (chance(40)) {
        at(start_ + between(1s, calm_at), [this] { identity_.keys().publish(); });
    }
    reached(
        identity_down_   ? tokens_faulty_ ? Probe::both_down : Probe::identity_down_alone
        : tokens_faulty_ ? Probe::tokens_down_alone
                         : Probe::mail_notification);
    report_.probes.at(static_cast<std::size_t>(Probe::mail_notification)) = 0;
}

// Empty when Apple has nothing to tell: the person withdrew before.
std::string World::notice(std::size_t account, bool mail) {
    const std::size_t before = identity_.notices().all().size();
    if (mail) {
        identity_.set_forwarding(accounts_[account].name, client, chance(50), now_);
    } else {
        identity_.withdraw(accounts_[account].name, client, now_);
    }
    const auto& all = identity_.notices().all();
    return all.size() == before ? std::string{} : all.back().payload;
}

// The same, as if signed with a key that Apple never had.
std::string World::foreign_key(const std::string& payload) const {
    const std::string header = base64url(R"({"kid":"NOBODYS","alg":"RS256"})");
    return header + payload.substr(payload.find('.'));
}

void World::emit(Planned planned, std::string data, std::string_view type, std::string id) {
    const std::size_t offset = records_.size();
    planned.received = now_.steady;
    const std::string account = accounts_[planned.account].name;
    records_.push_back(std::move(planned));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now_.wall);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{seconds - day};
    core::Record record;
    record.epoch = core::Epoch{1};
    record.offset = core::Offset{static_cast<std::int64_t>(offset)};
    record.key = account;
    record.timestamp = now_.wall;
    record.value = fmt::format(
        R"({{"specversion":"1.0","id":"{}","source":"/accounts","type":"{}","subject":"{}",)"
        R"("time":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z","data":{{"app":"tv",{}}}}})",
        id.empty() ? fmt::format("e-{}", offset) : id, type, account, static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
        clock.minutes().count(), clock.seconds().count(), data);
    std::vector<core::Input> inputs;
    inputs.emplace_back(core::Received{std::move(record)});
    step(std::move(inputs));
}

void World::plan() {
    const auto tokens = [&](std::size_t account) {
        return fmt::format(R"("sign_in_tokens":[{{"value":"{}"}}])", accounts_[account].value);
    };
    const auto sessions = [&](std::size_t account) {
        return fmt::format(
            R"("sign_in_with_apple":[{{"client_id":"{}","refresh_token":"{}"}}])", client,
            accounts_[account].session);
    };
    const auto payload = [](const std::string& text) { return fmt::format(R"("payload":"{}",)", text); };
    const std::size_t count = 10 + random_.below(30);
    for (std::size_t i = 0; i < count; ++i) {
        const auto what = static_cast<What>(random_.below(9));
        const std::size_t account = random_.below(accounts_.size());
        at(start_ + between(0s, calm_at), [=, this] {
            const Planned planned{.what = what, .account = account};
            switch (what) {
                case What::opted_out:
                    return emit(planned, tokens(account), "account.opted-out.v1");
                case What::deleted:
                    return emit(planned, tokens(account) + "," + sessions(account), "account.deleted.v1");
                case What::ended:
                    return emit(planned, sessions(account), "account.session-ended.v1");
                case What::check:
                    return emit(planned, sessions(account), "account.session-check.v1");
                default:
                    break;
            }
            accounts_[account].notified = true;
            const std::string text = notice(account, what == What::mail);
            if (text.empty() || what == What::repeated) {
                if (!text.empty()) {
                    emit(
                        {.what = What::notification, .account = account}, payload(text) + tokens(account),
                        "apple.notification.v1");
                    emit(
                        {.what = What::repeated, .account = account},
                        payload(text) + R"("sign_in_tokens":[])", "apple.notification.v1");
                }
                return;
            }
            const std::string shown = what == What::forged ? text.substr(0, text.rfind('.')) + ".bm9ib2R5"
                                      : what == What::unknown_key ? foreign_key(text)
                                                                  : text;
            const bool genuine = what == What::notification || what == What::mail;
            emit(
                planned,
                payload(shown) +
                    (genuine ? tokens(account) : R"("sign_in_tokens":[{"value":"untouchable"}])"),
                "apple.notification.v1");
        });
    }
}

void World::step(std::vector<core::Input> inputs) {
    core::Effects effects;
    engine_.step(inputs, now_, effects);
    for (core::Effect& effect : effects) {
        if (auto* request = std::get_if<core::SendRequest>(&effect)) {
            send(std::move(*request));
        } else if (auto* store = std::get_if<core::Store>(&effect)) {
            stored(*store);
        } else if (auto* commit = std::get_if<core::Commit>(&effect)) {
            committed_ = commit->partitions.back().offset.value;
            at(now_.steady + 1ms, [this] {
                std::vector<core::Input> ended;
                ended.emplace_back(core::CommitEnded{});
                step(std::move(ended));
            });
        } else if (const auto* said = std::get_if<core::Say>(&effect)) {
            const bool closed =
                said->event == "gate_closed" && said->fields.size() > 1 && said->fields[1].second == client;
            if (closed && !tokens_faulty_) {
                reached(Probe::client_refused_while_tokens_flow);
            }
        }
    }
}

void World::send(core::SendRequest request) {
    ++report_.requests;
    const std::size_t api = identity_call(request.request) ? 1 : 0;
    const std::size_t most = api == 0 ? settings_.in_flight_max : settings_.identity_in_flight_max;
    if (++in_flight_.at(api) > most) {
        broke(Promise::bounded, fmt::format("{} requests at API {}, {} may be", in_flight_[api], api, most));
    }
    if (request.request.method == "GET") {
        key_sets_.push_back(now_.steady);
        if (++key_sets_under_way_ > 1) {
            broke(Promise::bounded, "two key sets are asked for at once");
        }
        const auto lately = std::count_if(key_sets_.begin(), key_sets_.end(), [&](common::Instant when) {
            return now_.steady - when < 10min;
        });
        if (lately > 12) {
            broke(Promise::bounded, fmt::format("{} key sets in ten minutes", lately));
        }
    }
    const common::Instant arrives = now_.steady + between(1ms, 300ms);
    at(arrives,
       [this, shared = std::make_shared<core::SendRequest>(std::move(request))] { arrive(*shared); });
}

void World::arrive(const core::SendRequest& request) {
    const core::HttpRequest& http = request.request;
    const bool identity = identity_call(http);
    const auto issued = std::chrono::floor<std::chrono::seconds>(now_.wall).time_since_epoch().count();
    sim::Request arriving{
        .method = std::string{http.method},
        .path = std::string{http.path},
        .content_type = std::string{http.content_type},
        .body = std::string{http.body.expose()}};
    if (http.place == core::CredentialPlace::authorization_header) {
        arriving.authorization = sim::plain_token("KEY0", client, issued - 60, issued + 1200);
    } else if (http.place == core::CredentialPlace::client_secret_field) {
        arriving.body +=
            "&client_secret=" + sim::plain_secret("KEY1", "TEAM000001", client, issued - 30, issued + 3600);
    }
    const bool canary = arriving.body.find("autosignin-canary-") != std::string::npos;
    if (canary && identity) {
        reached(Probe::canary_at_identity);
    }
    const sim::Answer answer = identity ? identity_.handle(arriving, now_) : apple_.handle(arriving, now_);
    const core::Exchange exchange = sim::exchange_of(answer);
    const bool lost = std::holds_alternative<core::Lost>(exchange);
    if (!identity && !canary) {
        const std::string value = Json::parse(arriving.body).value("autoSignInTokenValue", "");
        if (value == "untouchable") {
            broke(Promise::not_believed, "a value is deleted for a notification that is not Apple's");
        }
        if (answer.status == 204 || answer.status == 404) {
            for (Planned& record : records_) {
                const bool deletes = record.what == What::opted_out || record.what == What::deleted ||
                                     record.what == What::notification;
                if (deletes && !record.deleted && accounts_[record.account].value == value) {
                    record.deleted = now_.steady;
                }
            }
        }
    }
    if (http.path == "/auth/token" && !canary && !lost &&
        identity_.ledger().back().effect != sim::IdentityEffect::none) {
        const sim::IdentityEntry& entry = identity_.ledger().back();
        auto& times = asked_[entry.token];
        if (!times.empty() && now_.steady - times.back() < 24h - 1s) {
            broke(Promise::asked_once_a_day, "Apple was asked about a session twice within a day");
        }
        times.push_back(now_.steady);
        truth_[entry.token] = entry.effect == sim::IdentityEffect::confirmed ? "valid" : "over";
    }
    if (http.path == "/auth/token" && answer.status == 429) {
        throttled_.insert(identity_.ledger().back().token);
    }
    const bool stalls = answer.wire == sim::Wire::stall;
    const common::Instant ends = std::min(
        request.deadline, stalls ? request.deadline : now_.steady + answer.delay + between(1ms, 300ms));
    at(ends, [this, id = request.id, identity, key_set = http.method == "GET", exchange] {
        --in_flight_.at(identity ? 1 : 0);
        if (key_set) {
            --key_sets_under_way_;
            const auto* said = std::get_if<core::Answer>(&exchange);
            if (said == nullptr || said->status != 200) {
                reached(Probe::key_set_failed_while_waited_for);
            } else {
                reached(Probe::notification_waited_for_its_key);
            }
        }
        std::vector<core::Input> inputs;
        inputs.emplace_back(core::ExchangeEnded{id, exchange});
        step(std::move(inputs));
    });
}

void World::stored(const core::Store& store) {
    if (store.kind == core::StoreKind::receipt) {
        told(store.record);
    } else {
        std::string reason;
        std::string code;
        std::size_t offset = 0;
        for (const core::Header& header : store.record.headers) {
            reason = header.name == "dlq.reason" ? *header.value : reason;
            code = header.name == "dlq.error.code" ? *header.value : code;
            offset = header.name == "dlq.original.offset" ? std::stoul(*header.value) : offset;
        }
        Planned& record = records_.at(offset);
        record.dead = true;
        record.code = reason + " " + code;
        const std::string_view earned = record.what == What::forged        ? "invalid bad_signature"
                                        : record.what == What::unknown_key ? "invalid unknown_key_id"
                                        : record.what == What::repeated    ? "invalid replayed_notification"
                                                                           : "";
        if (record.code != earned) {
            broke(
                Promise::no_letter_unearned, fmt::format(
                                                 "record {} ({}) is dead-lettered as {}", offset,
                                                 static_cast<int>(record.what), record.code));
        } else {
            reached(
                record.what == What::forged        ? Probe::forgery_refused
                : record.what == What::unknown_key ? Probe::unknown_key_refused
                                                   : Probe::repetition_refused);
        }
    }
    at(now_.steady + between(1ms, 50ms), [this, id = store.id] {
        std::vector<core::Input> inputs;
        inputs.emplace_back(core::StoreEnded{id, core::StoreResult::acknowledged, {}});
        step(std::move(inputs));
    });
}

void World::told(const core::OutgoingRecord& receipt) {
    const Json data = Json::parse(*receipt.value).at("data");
    Planned& record = records_.at(data.at("position").at("offset").get<std::size_t>());
    record.receipts.push_back(data.at("outcome"));
    if (record.what == What::mail && data.at("outcome") == "nothing_to_do") {
        reached(Probe::mail_notification);
    }
    if (!data.contains("session")) {
        return;
    }
    const std::string session = data.at("session");
    const std::string& token = accounts_[record.account].session;
    if (session == "not_asked") {
        reached(Probe::session_not_asked);
        if (asked_[token].empty() && throttled_.contains(token)) {
            reached(Probe::person_throttled);
        } else if (asked_[token].empty()) {
            broke(Promise::end_state, "a session counts as asked about that nobody asked about");
        }
    } else if (truth_[token] != session) {
        broke(Promise::end_state, fmt::format("a receipt says {}, Apple said {}", session, truth_[token]));
    } else if (session == "over") {
        reached(Probe::session_over);
    }
}

void World::judge() {
    if (committed_ != static_cast<std::int64_t>(records_.size())) {
        broke(
            Promise::converges, fmt::format(
                                    "{} of {} records are committed {:.0f} s after all was well", committed_,
                                    records_.size(), common::seconds(patience)));
        return;
    }
    for (std::size_t offset = 0; offset < records_.size(); ++offset) {
        const Planned& record = records_[offset];
        const Account& account = accounts_[record.account];
        if (record.receipts.empty()) {
            broke(Promise::converges, fmt::format("record {} has no receipt", offset));
        }
        const bool revokes = record.what == What::deleted || record.what == What::ended;
        if (revokes && identity_.valid(account.session, now_.steady)) {
            broke(Promise::end_state, fmt::format("the session of {} is alive", account.name));
        }
        const bool deletes = record.what == What::opted_out || record.what == What::deleted ||
                             record.what == What::notification;
        if (deletes && !record.deleted) {
            broke(Promise::end_state, fmt::format("the token of {} was never deleted", account.name));
        }
        // Of an account that no notification is about: those wait for Apple's keys in their account's lane.
        if (deletes && record.deleted && !tokens_faulty_ && !account.notified &&
            *record.deleted - record.received > delete_soon) {
            broke(
                Promise::tokens_unhindered, fmt::format(
                                                "a Delete of {} took {:.1f} s", account.name,
                                                common::seconds(*record.deleted - record.received)));
        }
    }
}

Report World::run() {
    people();
    script();
    std::vector<core::Input> assigned;
    assigned.emplace_back(core::Assigned{core::Epoch{1}, {"events", 0}, core::Offset{0}, {}});
    step(std::move(assigned));
    plan();
    const common::Instant end = start_ + calm_at + patience;
    while (!report_.broken) {
        const common::Instant next = std::min(
            engine_.next_deadline(), happenings_.empty() ? common::never : happenings_.begin()->first.first);
        if (next > end) {
            break;
        }
        const common::Instant then = std::max(next, now_.steady);
        now_.wall += std::chrono::duration_cast<common::WallTime::duration>(
            std::chrono::floor<std::chrono::milliseconds>(then - start_) -
            std::chrono::floor<std::chrono::milliseconds>(now_.steady - start_));
        now_.steady = then;
        if (!happenings_.empty() && happenings_.begin()->first.first <= then) {
            auto happens = std::move(happenings_.begin()->second);
            happenings_.erase(happenings_.begin());
            happens();
        } else {
            std::vector<core::Input> inputs;
            inputs.emplace_back(core::Tick{});
            step(std::move(inputs));
        }
    }
    if (!report_.broken) {
        judge();
    }
    return report_;
}

}  // namespace

std::string_view promise_name(Promise promise) noexcept {
    constexpr std::array<std::string_view, 7> names{"converges", "no letter unearned", "tokens unhindered",
                                                    "bounded",   "asked once a day",   "not believed",
                                                    "end state"};
    return names.at(static_cast<std::size_t>(promise));
}

std::string_view probe_name(Probe probe) noexcept {
    constexpr std::array<std::string_view, probes_count> names{
        "identity_down_alone",
        "tokens_down_alone",
        "both_down",
        "client_refused_while_tokens_flow",
        "notification_waited_for_its_key",
        "key_set_failed_while_waited_for",
        "unknown_key_refused",
        "forgery_refused",
        "repetition_refused",
        "session_over",
        "session_not_asked",
        "person_throttled",
        "canary_at_identity",
        "mail_notification"};
    return names.at(static_cast<std::size_t>(probe));
}

Report run_seed(std::uint64_t seed) {
    return World{seed}.run();
}

}  // namespace two_apis
