#include "worker/app/dead_letters/audit.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <nlohmann/json.hpp>

#include "worker/app/dead_letters/listing.hpp"
#include "worker/app/version.hpp"

namespace app::dead_letters {

void Digest::add(const core::Position& position) {
    // One state for any number: what was so far, then the next.
    positions_ = text() + core::position_text(position.partition, position.offset);
    ++count_;
}

std::string Digest::text() const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_Digest(positions_.data(), positions_.size(), bytes.data(), &size, EVP_sha256(), nullptr);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += fmt::format("{:02x}", bytes[i]);
    }
    return text;
}

core::OutgoingRecord audit_record(std::string topic, const Audit& audit, common::WallTime now) {
    nlohmann::ordered_json data{{"action", audit.action},   {"phase", audit.phase},  {"by", audit.by},
                                {"why", audit.why},         {"group", audit.group},  {"filter", audit.filter},
                                {"letters", audit.letters}, {"digest", audit.digest}};
    if (!audit.result.empty()) {
        data["result"] = audit.result;
    }
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

}  // namespace app::dead_letters
