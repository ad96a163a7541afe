#include "tests/simulation/bent_ports.hpp"

#include <utility>

namespace simulation {

namespace {

class BentSource final : public ports::RecordSource {
public:
    BentSource(ports::RecordSource& genuine, const Bend& bend) : genuine_{genuine}, bend_{bend} {}

    [[nodiscard]] bool collect(std::size_t records_max, std::vector<core::Input>& inputs) override {
        std::vector<core::Input> collected;
        const bool more = genuine_.collect(records_max, collected);
        if (bend_.source_inputs) {
            bend_.source_inputs(collected);
        }
        for (core::Input& input : collected) {
            inputs.push_back(std::move(input));
        }
        return more;
    }
    void pause(core::Epoch epoch) override {
        if (!bend_.ignores_pause) {
            genuine_.pause(epoch);
        }
    }
    void resume(core::Epoch epoch) override { genuine_.resume(epoch); }
    void commit(const std::vector<core::PartitionCommit>& partitions) override {
        std::vector<core::PartitionCommit> entries = partitions;
        if (bend_.commit) {
            bend_.commit(entries);
        }
        genuine_.commit(entries);
    }
    void release(const std::vector<core::Epoch>& epochs) override { genuine_.release(epochs); }

private:
    ports::RecordSource& genuine_;
    const Bend& bend_;
};

class BentSink final : public ports::RecordSink {
public:
    BentSink(ports::RecordSink& genuine, const Bend& bend) : genuine_{genuine}, bend_{bend} {}

    void store(core::Store store) override {
        if (bend_.swallows && bend_.swallows(store)) {
            swallowed_.push_back({store.id, core::StoreResult::acknowledged, ""});
        } else {
            genuine_.store(std::move(store));
        }
    }
    void collect(std::vector<core::Input>& inputs) override {
        for (core::StoreEnded& ended : std::exchange(swallowed_, {})) {
            inputs.emplace_back(std::move(ended));
        }
        genuine_.collect(inputs);
    }

private:
    ports::RecordSink& genuine_;
    const Bend& bend_;
    std::vector<core::StoreEnded> swallowed_;
};

class BentTransport final : public ports::HttpTransport {
public:
    BentTransport(ports::HttpTransport& genuine, const Bend& bend) : genuine_{genuine}, bend_{bend} {}

    void send(ports::OutgoingRequest request) override { genuine_.send(std::move(request)); }
    void flush() override { genuine_.flush(); }
    void collect(common::Now now, std::vector<core::Input>& inputs) override {
        std::vector<core::Input> collected;
        genuine_.collect(now, collected);
        if (bend_.transport_inputs) {
            bend_.transport_inputs(collected);
        }
        for (core::Input& input : collected) {
            inputs.push_back(std::move(input));
        }
    }
    [[nodiscard]] common::Instant next_deadline() const override { return genuine_.next_deadline(); }

private:
    ports::HttpTransport& genuine_;
    const Bend& bend_;
};

class BentWaiter final : public ports::Waiter {
public:
    BentWaiter(ports::Waiter& genuine, const Bend& bend) : genuine_{genuine}, bend_{bend} {}

    [[nodiscard]] bool wait(common::Instant until, std::vector<core::Input>& inputs) override {
        const bool goes_on = genuine_.wait(until, inputs);
        if (bend_.ignores_drain) {
            std::erase_if(inputs, [](const core::Input& input) {
                return std::holds_alternative<core::DrainRequested>(input);
            });
        }
        return goes_on;
    }

private:
    ports::Waiter& genuine_;
    const Bend& bend_;
};

class BentJournal final : public ports::Journal {
public:
    BentJournal(ports::Journal& genuine, const Bend& bend) : genuine_{genuine}, bend_{bend} {}

    [[nodiscard]] bool wants(core::Severity severity) const override { return genuine_.wants(severity); }
    void write(const core::Say& line) override {
        core::Say said = line;
        if (bend_.say) {
            bend_.say(said);
        }
        genuine_.write(said);
    }

private:
    ports::Journal& genuine_;
    const Bend& bend_;
};

struct BentWorker {
    BentWorker(app::Ports genuine, Bend given)
        : bend{std::move(given)},
          source{genuine.source, bend},
          sink{genuine.sink, bend},
          transport{genuine.transport, bend},
          waiter{genuine.waiter, bend},
          journal{genuine.journal, bend} {}

    Bend bend;
    BentSource source;
    BentSink sink;
    BentTransport transport;
    BentWaiter waiter;
    BentJournal journal;
};

}  // namespace

Plant bent(std::function<Bend()> make) {
    // The plant keeps what it made: ports must outlive the loop that uses them.
    auto workers = std::make_shared<std::vector<std::unique_ptr<BentWorker>>>();
    return [workers, make = std::move(make)](app::Ports genuine) {
        workers->push_back(std::make_unique<BentWorker>(genuine, make()));
        BentWorker& worker = *workers->back();
        return app::Ports{worker.source, worker.sink,   worker.transport, genuine.credentials,
                          genuine.clock, worker.waiter, worker.journal};
    };
}

}  // namespace simulation
