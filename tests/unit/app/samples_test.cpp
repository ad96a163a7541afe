// What the worker exports about dead letters: what it knows, and nothing when it does not know.
#include "worker/app/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

namespace {

using metrics::Metric;

app::Samples samples_of(const app::ledger::Standing& standing) {
    app::Samples samples;
    app::append_letters(standing, common::WallTime{std::chrono::hours{2}}, samples);
    return samples;
}

// -1: none, or labelled otherwise.
double value(const app::Samples& samples, Metric metric, const std::vector<std::string>& labels = {}) {
    const auto found = std::find_if(samples.begin(), samples.end(), [&](const metrics::Sample& sample) {
        return sample.metric == metric && sample.labels == labels;
    });
    return found == samples.end() ? -1 : found->value;
}

std::ptrdiff_t series(const app::Samples& samples, Metric metric) {
    return std::count_if(samples.begin(), samples.end(), [metric](const metrics::Sample& sample) {
        return sample.metric == metric;
    });
}

}  // namespace

// A rolling restart with 400 open letters once exported 0 for each reason, so the page resolved.
TEST_CASE("samples: what is owed is absent while nobody knows it, and 0 once it is known to be none") {
    SUBCASE("not known") {
        const app::Samples samples = samples_of({std::nullopt, 7});
        CHECK(series(samples, Metric::dead_letters_open) == 0);
        CHECK(series(samples, Metric::dead_letters_oldest) == 0);
        CHECK(series(samples, Metric::oldest_unexecuted) == 0);
        CHECK(value(samples, Metric::dead_letters_watched) == 0);
        CHECK(value(samples, Metric::dead_letters_unwatched) == 0);
        CHECK(value(samples, Metric::dead_letters_expired) == 7);
    }
    SUBCASE("known to be none") {
        app::ledger::Owing none;
        none.watched = 3;
        const app::Samples samples = samples_of({none, 0});
        CHECK(value(samples, Metric::dead_letters_open, {"invalid"}) == 0);
        CHECK(value(samples, Metric::dead_letters_open, {"rejected"}) == 0);
        CHECK(value(samples, Metric::dead_letters_open, {"exhausted"}) == 0);
        CHECK(value(samples, Metric::dead_letters_open, {"unknown"}) == 0);
        CHECK(value(samples, Metric::dead_letters_oldest) == 0);
        CHECK(value(samples, Metric::oldest_unexecuted, {"dead_lettered"}) == 0);
        CHECK(value(samples, Metric::dead_letters_watched) == 3);
    }
    SUBCASE("some partitions are known, or none of those it was given") {
        app::ledger::Owing some;
        some.watched = 3;
        CHECK(value(samples_of({some, 0, 3}), Metric::dead_letters_unwatched) == 0);
        CHECK(value(samples_of({some, 0, 5}), Metric::dead_letters_unwatched) == 2);
        CHECK(value(samples_of({some, 0, 2}), Metric::dead_letters_unwatched) == 0);
        CHECK(value(samples_of({std::nullopt, 0, 5}), Metric::dead_letters_unwatched) == 5);
    }
    SUBCASE("one, for an hour") {
        app::ledger::Owing one;
        one.open[static_cast<std::size_t>(core::DeadLetterReason::rejected)] = 1;
        one.oldest = common::WallTime{std::chrono::hours{1}};
        const app::Samples samples = samples_of({one, 0});
        CHECK(value(samples, Metric::dead_letters_open, {"rejected"}) == 1);
        CHECK(value(samples, Metric::dead_letters_oldest) == 3600);
        CHECK(value(samples, Metric::oldest_unexecuted, {"dead_lettered"}) == 3600);
    }
}

TEST_CASE("samples: a certificate whose end is not known has no series, since 0 would be an end long ago") {
    app::Samples samples;
    app::append_certificate("kafka_client", std::nullopt, samples);
    CHECK(samples.empty());
    app::append_certificate("kafka_client", common::WallTime{std::chrono::hours{2}}, samples);
    CHECK(value(samples, Metric::certificate_ends, {"kafka_client"}) == 7200);
    ports::TransportStats stats;
    samples.clear();
    app::append_transport("api.example:443", stats, samples);
    CHECK(series(samples, Metric::certificate_ends) == 0);
    stats.certificate_ends = common::WallTime{std::chrono::hours{3}};
    app::append_transport("api.example:443", stats, samples);
    CHECK(value(samples, Metric::certificate_ends, {"api.example:443"}) == 10800);
}

TEST_CASE("samples: a credential tells which of its keys signs and when it was read") {
    app::Samples samples;
    const std::vector<auth::CredentialStatus> status{
        {.name = "tv",
         .keys_usable = 1,
         .files_unusable = 1,
         .key_place = 2,
         .key_read = common::WallTime{std::chrono::hours{1}}},
        {.name = "phone"}};
    std::vector<core::CredentialSettings> settings(2);
    settings[0].name = "tv";
    settings[1].name = "phone";
    app::append_credentials(status, settings, samples);
    CHECK(value(samples, Metric::credential_key_place, {"automatic_sign_in", "tv"}) == 2);
    CHECK(value(samples, Metric::credential_key_read, {"automatic_sign_in", "tv"}) == 3600);
    CHECK(value(samples, Metric::credential_key_files_unusable, {"automatic_sign_in", "tv"}) == 1);
    CHECK(value(samples, Metric::credential_key_place, {"automatic_sign_in", "phone"}) == 0);
    CHECK(value(samples, Metric::credential_key_read, {"automatic_sign_in", "phone"}) == 0);
}
