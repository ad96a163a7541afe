// What became of every event, read from where the account system would read it: the receipts topic and the
// dead-letter topic.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "worker/dev/embedded_broker.hpp"

struct rd_kafka_s;

namespace dev {

struct TypeTally {
    std::map<std::string, std::uint64_t> outcomes;  // of commands, and of events without commands
    std::uint64_t attempts = 0;
    std::vector<double> seconds;  // event to outcome, of what was executed or already so
};

class Tally {
public:
    Tally(const std::string& bootstrap, const Topic& receipts, const Topic& dead_letters);
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;
    ~Tally();

    // Reads what is there.
    void read();

    // Events with a receipt, told apart by their position in the source topic.
    [[nodiscard]] std::size_t events() const noexcept { return events_.size(); }
    [[nodiscard]] std::uint64_t executed() const noexcept { return executed_; }
    [[nodiscard]] std::uint64_t dead_letters() const noexcept;
    // Receipts with this outcome.
    [[nodiscard]] std::uint64_t outcome(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, TypeTally>& by_type() const noexcept { return by_type_; }
    [[nodiscard]] const std::map<std::string, std::uint64_t>& dead_letters_by_reason() const noexcept {
        return dead_letters_;
    }

private:
    void read_receipt(const std::string& text);

    rd_kafka_s* consumer_ = nullptr;
    std::string dead_letter_topic_;
    std::set<std::string> events_;
    std::uint64_t executed_ = 0;
    std::map<std::string, TypeTally> by_type_;
    std::map<std::string, std::uint64_t> dead_letters_;  // "reason code"
};

}  // namespace dev
