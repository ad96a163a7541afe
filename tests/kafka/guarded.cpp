#include "tests/kafka/guarded.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace lane {
namespace {

constexpr const char* password = "made-up-password";

}  // namespace

BrokerOptions guarded_broker(
    const Stage& stage, const std::string& name, const std::vector<std::string>& users) {
    BrokerOptions options{.name = name};
    std::string logins;
    for (const std::string& user : users) {
        options.users.emplace_back(user, password);
        logins += fmt::format(" user_{}=\"{}\"", user, password);
    }
    const std::string pem = fmt::format("{}/{}.pem", stage.folder, name);
    std::ofstream file{pem};
    for (const auto& part : {stage.certificates.key_file, stage.certificates.certificate_file}) {
        std::ifstream input{part};
        file << std::string{std::istreambuf_iterator<char>{input}, {}};
    }
    options.settings = fmt::format(
        R"(listeners=PLAINTEXT://127.0.0.1:@PORT@,{secure}://localhost:0,CONTROLLER://127.0.0.1:0
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{secure}:SASL_SSL
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required{logins};
ssl.keystore.type=PEM
ssl.keystore.location={pem}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
)",
        fmt::arg("secure", guarded_listener), fmt::arg("logins", logins), fmt::arg("pem", pem));
    return options;
}

std::map<std::string, std::string> properties_of(
    const Stage& stage, const std::string& user, const std::string& folder) {
    const std::string password_file = folder + "/password";
    std::ofstream{password_file} << password;
    return {
        {"security.protocol", "SASL_SSL"},
        // SCRAM of librdkafka 2.0.2 does not get on with brokers from 4.0 on.
        {"sasl.mechanism", stage.kafka_version.starts_with("3.") ? "SCRAM-SHA-512" : "PLAIN"},
        {"sasl.username", user},
        {"sasl.password.file", password_file},
        {"ssl.ca.location", stage.certificates.ca_file.string()}};
}

}  // namespace lane
