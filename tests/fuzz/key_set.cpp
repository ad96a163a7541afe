// Apple's key set, as its host or whoever answers in its place sends it.
#include <set>
#include <string>
#include <string_view>

#include "common/base64url.hpp"
#include "common/invariant.hpp"
#include "tests/fuzz/identity_promises.hpp"
#include "worker/core/identity/key_set.hpp"

namespace {

// The kid is left out: its place in the list names the key as well.
std::string written(const core::KeySet& set) {
    std::string json;
    for (const core::RsaKey& key : set.keys()) {
        json += json.empty() ? R"({"keys":[)" : ",";
        json += R"({"kty":"RSA","kid":"k)" + std::to_string(&key - set.keys().data()) + R"(","n":")";
        common::append_base64url(json, key.modulus);
        json += R"(","e":")";
        common::append_base64url(json, key.exponent);
        json += "\"}";
    }
    return json + "]}";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto set = core::KeySet::parse({reinterpret_cast<const char*>(bytes), size});
    if (!set) {
        fuzz::check_sentence(set.error().message);
        return 0;
    }
    INVARIANT(!set->keys().empty() && set->keys().size() <= core::KeySet::keys_max, "a set has some keys");
    std::set<std::string_view> kids;
    for (const core::RsaKey& key : set->keys()) {
        INVARIANT(!key.kid.empty() && kids.insert(key.kid).second, "a kid names one key");
        INVARIANT(set->find(key.kid) == &key, "and finds it");
        const std::size_t bits = core::key_bits(key);
        INVARIANT(bits >= 2048 && bits <= 8192, "a key is neither weak nor absurd");
        INVARIANT(key.exponent.size() <= 4 && key.modulus.front() != '\0', "its numbers are bounded");
    }
    const auto again = core::KeySet::parse(written(*set));
    INVARIANT(again && again->keys().size() == set->keys().size(), "what was read can be written and read");
    for (std::size_t at = 0; at < again->keys().size(); ++at) {
        INVARIANT(
            again->keys()[at].modulus == set->keys()[at].modulus &&
                again->keys()[at].exponent == set->keys()[at].exponent,
            "and its numbers are the same");
    }
    return 0;
}
