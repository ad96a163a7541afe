#include "tests/integration/apple_server_world.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/pem.h>

#include "worker/dev/apple/openssl.hpp"

namespace apple_test {
namespace {

template <class Value>
Value must(common::Result<Value> result) {
    if (!result) {
        throw std::runtime_error{result.error().message};
    }
    return std::move(result).value();
}

std::string base64url(const std::string& bytes) {
    std::string text(bytes.size() * 4 / 3 + 8, '\0');
    const int size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
        static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    for (char& letter : text) {
        letter = letter == '+' ? '-' : letter == '/' ? '_' : letter;
    }
    while (!text.empty() && text.back() == '=') {
        text.pop_back();
    }
    return text;
}

std::string der_signature(const std::string& p8, const std::string& text) {
    const dev::BioPtr memory{BIO_new_mem_buf(p8.data(), static_cast<int>(p8.size()))};
    const dev::PkeyPtr key{PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr)};
    const dev::MdCtxPtr context{EVP_MD_CTX_new()};
    std::string der(128, '\0');
    std::size_t size = der.size();
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
    EVP_DigestSign(
        context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
        reinterpret_cast<const unsigned char*>(text.data()), text.size());
    der.resize(size);
    return der;
}

std::string jose_of(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const dev::EcdsaSigPtr signature{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    std::string jose(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(jose.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + 32, 32);
    return jose;
}

}  // namespace

std::string bearer(const std::string& p8, common::WallTime now, const TokenParts& parts) {
    const auto present = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    const std::string claims =
        R"({"iss":")" + parts.iss + R"(","iat":)" + std::to_string(present + parts.iat) + R"(,"exp":)" +
        std::to_string(present + parts.exp) + R"(,"aud":)" + parts.aud + R"(,"bid":")" + parts.bid + '"' +
        (parts.sub.empty() ? "" : R"(,"sub":")" + parts.sub + '"') + '}';
    const std::string text = base64url(parts.header) + "." + base64url(claims);
    const std::string der = der_signature(p8, text);
    std::string signature = parts.der_signature ? der : jose_of(der);
    if (parts.break_signature) {
        signature.back() = static_cast<char>(signature.back() ^ 1);
    }
    return "Bearer " + text + "." + base64url(signature);
}

World::World(dev::AppleServerOptions options) {
    std::string pattern = std::filesystem::temp_directory_path() / "apple-server-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    certificates = must(dev::write_certificates(directory));
    p8 = must(dev::new_app_key());
    dev::Es256Tokens tokens;
    must(tokens.add_key("KEY1", p8));
    tokens.set_issuer(issuer);
    tokens.add_app(shop.bundle_id);
    options.certificates = certificates;
    server = must(dev::AppleServer::start(options, std::move(tokens)));
}

World::~World() {
    server.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
}

std::string World::authorization() const {
    return bearer(p8, std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
}

void World::script(std::vector<sim::Fault> faults) {
    server->with_apple([&](sim::Apple& apple, common::Now) { apple.script(std::move(faults)); });
}

sim::Ledger World::ledger() {
    sim::Ledger copy;
    server->with_apple([&](sim::Apple& apple, common::Now) { copy = apple.ledger(); });
    return copy;
}

bool World::stored(const std::string& value) {
    bool found = false;
    server->with_apple([&](sim::Apple& apple, common::Now) { found = apple.store().stored(shop, value); });
    return found;
}

}  // namespace apple_test
