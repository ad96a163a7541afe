#include "tests/bench/events.hpp"

#include <fmt/format.h>

#include "common/prng.hpp"

namespace bench {

std::string account(std::size_t number) {
    return fmt::format("5f0c8a52-7d1e-4b3a-9c64-{:012x}", number);
}

std::string event_text(std::size_t number) {
    common::Prng prng{number};
    return fmt::format(
        R"({{"specversion":"1.0","id":"c1a7e5d0-33b2-4e4f-8a51-{:012x}","source":"/accounts/eu",)"
        R"("type":"account.opted-out.v1","subject":"{}","time":"2026-01-02T03:04:05.678Z",)"
        R"("datacontenttype":"application/json",)"
        R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
        R"("data":{{"app":"tv","sign_in_tokens":[{{"value":"ab{:016x}{:016x}"}}]}}}})",
        number, account(number), prng.bits(), prng.bits());
}

}  // namespace bench
