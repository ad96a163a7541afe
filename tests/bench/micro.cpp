// What the parts on a record's way cost, one by one. Times are of one thread with everything in its caches:
// good for comparing versions of a part, not for adding up.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/invariant.hpp"
#include "tests/bench/events.hpp"
#include "worker/adapters/auth/fingerprint.hpp"
#include "worker/adapters/auth/signed_credentials.hpp"
#include "worker/core/event/decode.hpp"
#include "worker/core/schedule/lanes.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_tracker.hpp"
#include "worker/dev/apple/certificates.hpp"

namespace {

const common::Now start{
    common::Instant{std::chrono::hours{1}}, common::WallTime{std::chrono::milliseconds{1767323045000}}};

core::DecodeRules rules() {
    return {.apps = {{"tv", core::AppId{0}}}, .type_aliases = {}};
}

void decode(benchmark::State& state) {
    const core::DecodeRules with = rules();
    core::Record record;
    record.key = bench::account(7);
    record.value = bench::event_text(7);
    INVARIANT(
        std::holds_alternative<core::Event>(core::decode(record, with)), "the benchmark's event is valid");
    for (auto _ : state) {
        benchmark::DoNotOptimize(core::decode(record, with));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(record.value->size()));
}
BENCHMARK(decode);

class KeyFile {
public:
    KeyFile() : path_{std::filesystem::temp_directory_path() / fmt::format("bench-{}.p8", ::getpid())} {
        const auto key = dev::new_app_key();
        INVARIANT(key && dev::write_private_file(path_, *key), "the folder for temporary files can be used");
    }
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;
    ~KeyFile() { std::filesystem::remove(path_); }

    [[nodiscard]] auth::SignedCredentials tokens() const {
        return auth::SignedCredentials{
            {{"tv",
              auth::AppIdentity{"57246542-96fe-1a63-e053-0824d011072a", "com.example.tv"},
              {{"2X9R4HXF34", path_.string()}}}},
            [](const core::Say&) {},
            start};
    }

private:
    std::filesystem::path path_;
};

void jwt_mint(benchmark::State& state) {
    const KeyFile file;
    auth::SignedCredentials tokens = file.tokens();
    for (auto _ : state) {
        tokens.renew(core::CredentialId{0});
        benchmark::DoNotOptimize(tokens.authorization(core::CredentialId{0}, start));
    }
}
BENCHMARK(jwt_mint);

void authorization_cached(benchmark::State& state) {
    const KeyFile file;
    auth::SignedCredentials tokens = file.tokens();
    for (auto _ : state) {
        benchmark::DoNotOptimize(tokens.authorization(core::CredentialId{0}, start));
    }
}
BENCHMARK(authorization_cached);

void fingerprint(benchmark::State& state) {
    const auth::Fingerprinter fingerprints = auth::Fingerprinter::with_random_key();
    const std::string value(34, 'a');
    for (auto _ : state) {
        benchmark::DoNotOptimize(fingerprints(value));
    }
}
BENCHMARK(fingerprint);

// One record through its lane while `range` other accounts are ready.
void lane_push_take_advance(benchmark::State& state) {
    const auto others = static_cast<std::size_t>(state.range(0));
    core::Lanes lanes{1};
    std::vector<std::string> accounts;
    for (std::size_t i = 0; i <= others; ++i) {
        accounts.push_back(bench::account(i));
    }
    std::size_t at = 0;
    const auto push = [&] {
        const common::WallTime deadline = start.wall + std::chrono::milliseconds{at};
        lanes.push(accounts[at++ % accounts.size()], {{}, core::ChannelId{0}, deadline});
    };
    for (std::size_t i = 0; i < others; ++i) {
        push();
    }
    for (auto _ : state) {
        push();
        lanes.advance(lanes.take(core::ChannelId{0}).lane);
    }
}
BENCHMARK(lane_push_take_advance)->Arg(100)->Arg(10'000);

// Offsets finish in an order shuffled within a window of `range` records.
void offset_delivered_finished(benchmark::State& state) {
    const auto window = static_cast<std::int64_t>(state.range(0));
    core::OffsetTracker tracker{core::Offset{0}};
    std::int64_t delivered = 0;
    for (; delivered < window; ++delivered) {
        static_cast<void>(tracker.delivered(core::Offset{delivered}));
    }
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < window; ++i) {
        order.push_back(i * 7919 % window);  // 7919 is prime: every offset once
    }
    std::size_t at = 0;
    std::int64_t base = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(tracker.delivered(core::Offset{delivered++}));
        benchmark::DoNotOptimize(tracker.finished(core::Offset{base + order[at]}));
        if (++at == order.size()) {
            at = 0;
            base += window;
        }
    }
}
BENCHMARK(offset_delivered_finished)->Arg(1'000)->Arg(10'000);

// Every other offset is finished: the map with the most runs.
void offset_map_encode(benchmark::State& state) {
    core::OffsetTracker tracker{core::Offset{0}};
    for (std::int64_t at = 0; at < state.range(0); ++at) {
        static_cast<void>(tracker.delivered(core::Offset{at}));
    }
    for (std::int64_t at = 1; at < state.range(0); at += 2) {
        static_cast<void>(tracker.finished(core::Offset{at}));
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(core::encode_offset_map(tracker.committable(), tracker.finished_above()));
    }
}
BENCHMARK(offset_map_encode)->Arg(10'000);

void receipt(benchmark::State& state) {
    const std::optional<std::string> key = bench::account(7);
    const core::ReceiptFacts facts{
        .from = {"account-events", 3},
        .offset = core::Offset{123'456},
        .event_id = "c1a7e5d0-33b2-4e4f-8a51-000000000007",
        .event_source = "/accounts/eu",
        .event_type = "account.opted-out.v1",
        .subject = *key,
        .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        .app = "tv",
        .command = 0,
        .action = core::Action::erase,
        .outcome = core::Outcome::executed,
        .reason = {},
        .error_code = {},
        .attempts = 1,
        .seconds_to_outcome = 1.25,
        .fingerprint = "0123456789abcdef0123456789abcdef",
        .discard = {},
        .replay_of = {},
        .now = start.wall,
        .worker_version = "0.1.0"};
    for (auto _ : state) {
        benchmark::DoNotOptimize(core::receipt("receipts", facts, key));
    }
}
BENCHMARK(receipt);

}  // namespace
