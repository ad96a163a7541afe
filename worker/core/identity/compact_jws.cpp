#include "worker/core/identity/compact_jws.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base64url.hpp"
#include "worker/core/identity/json_object.hpp"

namespace core {
namespace {

IdentityProblem malformed(std::string sentence) {
    return {invalid::malformed_jws, std::move(sentence)};
}

std::optional<std::string> decoded(std::string_view part) {
    const auto bytes = common::base64url_bytes(part);
    return bytes ? std::optional{std::string{bytes->begin(), bytes->end()}} : std::nullopt;
}

std::variant<JwsHeader, IdentityProblem> read_header(std::string_view part) {
    const auto text = decoded(part);
    const auto object = text ? json_object(*text) : std::nullopt;
    if (!object) {
        return malformed("the header is not a JSON object in base64url, each name once");
    }
    if (object->contains("crit")) {
        return malformed("the header has crit, and no extension is understood");
    }
    MemberReader member{*object};
    JwsHeader header{member.required_text("alg"), member.text("kid"), member.text("typ")};
    if (member.complaint()) {
        return malformed("the header is not right: " + *member.complaint());
    }
    return header;
}

}  // namespace

std::variant<CompactJws, IdentityProblem> read_compact_jws(std::string_view text) {
    if (text.size() > jws_bytes_max) {
        return malformed(fmt::format("it is longer than {} characters", jws_bytes_max));
    }
    const std::size_t first = text.find('.');
    const std::size_t last = text.rfind('.');
    if (first == std::string_view::npos || first == last || text.find('.', first + 1) != last) {
        return malformed("it does not have three parts");
    }
    auto header = read_header(text.substr(0, first));
    if (auto* problem = std::get_if<IdentityProblem>(&header)) {
        return std::move(*problem);
    }
    auto payload = decoded(text.substr(first + 1, last - first - 1));
    if (!payload) {
        return malformed("the payload is not base64url without padding");
    }
    auto signature = decoded(text.substr(last + 1));
    if (!signature || signature->empty()) {
        return malformed("the signature is not base64url without padding");
    }
    return CompactJws{
        std::get<JwsHeader>(std::move(header)), common::Secret{std::string{text.substr(0, last)}},
        common::Secret{*std::move(payload)}, *std::move(signature)};
}

}  // namespace core
