#include "worker/app/dead_letters/audit.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "worker/app/adapter_settings.hpp"
#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/courier.hpp"
#include "worker/app/dead_letters/texts.hpp"
#include "worker/app/version.hpp"

namespace app::dead_letters {

struct Digest::State {
    State() : context{EVP_MD_CTX_new()} { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
    State(const State& other) : context{EVP_MD_CTX_new()} { EVP_MD_CTX_copy_ex(context, other.context); }
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
    EVP_MD_CTX* context;
};

Digest::Digest() : state_{std::make_unique<State>()} {}
Digest::Digest(const Digest& other) : state_{std::make_unique<State>(*other.state_)} {}
Digest::~Digest() = default;

void Digest::add(const core::Position& position) {
    const std::string line = core::position_text(position.partition, position.offset) + '\n';
    EVP_DigestUpdate(state_->context, line.data(), line.size());
}

std::string Digest::text() const {
    const State so_far{*state_};
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_DigestFinal_ex(so_far.context, bytes.data(), &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += fmt::format("{:02x}", bytes[i]);
    }
    return text;
}

core::OutgoingRecord audit_record(std::string topic, const Audit& audit, common::WallTime now) {
    nlohmann::ordered_json data{{"action", audit.action}, {"phase", audit.phase}, {"by", audit.by}};
    const auto say = [&data](const char* name, const std::string& text) {
        if (!text.empty()) {
            data[name] = text;
        }
    };
    say("why", audit.why);
    data["group"] = audit.group;
    data["filter"] = audit.filter;
    data["letters"] = audit.letters;
    data["digest"] = audit.digest;
    say("superseded_by", audit.superseded_by);
    say("result", audit.result);
    data["worker_version"] = version();
    const nlohmann::ordered_json event{
        {"specversion", "1.0"},
        {"id", fmt::format("{}/{}", audit.id, audit.phase)},
        {"source", "autosignin-worker"},
        {"type", "autosignin.dead-letters.audited.v1"},
        {"subject", audit.group},
        {"time", time_text(now)},
        {"datacontenttype", "application/json"},
        {"data", data}};
    core::OutgoingRecord record;
    record.topic = std::move(topic);
    record.key = audit.group;
    record.value = event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    record.headers.push_back({"content-type", "application/cloudevents+json"});
    return record;
}

common::Result<bool> leave_audit(const Config& config, const Audit& audit) {
    Complaints complaints;
    auto sink = kafka::RecordSink::open(kafka_settings(config), complaints);
    if (!sink) {
        return sink.error();
    }
    Courier courier{**sink};
    return courier.store_now(audit_record(config.receipts.topic, audit, wall_now()));
}

std::string operator_name() {
    std::array<char, 256> host{};
    static_cast<void>(::gethostname(host.data(), host.size() - 1));
    const passwd* const user = ::getpwuid(::getuid());
    return fmt::format("{}@{}", user != nullptr ? user->pw_name : "unknown", host.data());
}

}  // namespace app::dead_letters
