// The closed set of words for how an exchange ended.
#include <algorithm>
#include <array>

#include "worker/core/outcome/classify.hpp"

namespace core {
namespace {

struct StatusClass {
    int status_from;
    int status_to;
    std::string_view name;
};
// The first row that fits decides, so single statuses come before the class that holds them. The last row
// holds every number.
constexpr std::array status_classes{
    StatusClass{200, 200, "200"},
    StatusClass{204, 204, "204"},
    StatusClass{200, 299, "2xx"},
    StatusClass{300, 399, "3xx"},
    StatusClass{400, 400, "400"},
    StatusClass{401, 401, "401"},
    StatusClass{403, 403, "403"},
    StatusClass{404, 404, "404"},
    StatusClass{405, 405, "405"},
    StatusClass{408, 408, "408"},
    StatusClass{410, 410, "410"},
    StatusClass{413, 413, "413"},
    StatusClass{415, 415, "415"},
    StatusClass{422, 422, "422"},
    StatusClass{425, 425, "425"},
    StatusClass{429, 429, "429"},
    StatusClass{400, 499, "4xx"},
    StatusClass{500, 500, "500"},
    StatusClass{502, 502, "502"},
    StatusClass{503, 503, "503"},
    StatusClass{504, 504, "504"},
    StatusClass{500, 599, "5xx"},
    StatusClass{-2147483647 - 1, 2147483647, "other"}};

// In the order of their enumerators.
constexpr std::array<std::string_view, 5> not_sent_names{
    "refused_stream", "goaway", "no_connection", "deadline_before_sending", "no_credential"};
constexpr std::array<std::string_view, 3> lost_names{"deadline", "reset", "protocol"};

// In the order of IdentityError.
constexpr std::array<std::string_view, 6> bad_request_names{
    "400 invalid_request",     "400 invalid_client",         "400 invalid_grant",
    "400 unauthorized_client", "400 unsupported_grant_type", "400 invalid_scope"};
static_assert(bad_request_names.size() == static_cast<std::size_t>(IdentityError::unknown));

constexpr std::size_t first_not_sent = status_classes.size();
constexpr std::size_t first_lost = first_not_sent + not_sent_names.size();
constexpr std::size_t first_bad_request = first_lost + lost_names.size();
constexpr std::size_t classes_count = first_bad_request + bad_request_names.size();

constexpr auto classes = [] {
    std::array<std::string_view, classes_count> all{};
    std::size_t at = 0;
    for (const StatusClass& status_class : status_classes) {
        all[at++] = status_class.name;
    }
    for (const std::string_view name : not_sent_names) {
        all[at++] = name;
    }
    for (const std::string_view name : lost_names) {
        all[at++] = name;
    }
    for (const std::string_view name : bad_request_names) {
        all[at++] = name;
    }
    return all;
}();

}  // namespace

std::string_view reason_name(NotSentReason reason) noexcept {
    return not_sent_names[static_cast<std::size_t>(reason)];
}

std::string_view reason_name(LostReason reason) noexcept {
    return lost_names[static_cast<std::size_t>(reason)];
}

std::size_t answer_class_index(const Exchange& exchange) {
    if (const auto* not_sent = std::get_if<NotSent>(&exchange)) {
        return first_not_sent + static_cast<std::size_t>(not_sent->reason);
    }
    if (const auto* lost = std::get_if<Lost>(&exchange)) {
        return first_lost + static_cast<std::size_t>(lost->reason);
    }
    const Answer& answer = *std::get_if<Answer>(&exchange);
    if (const auto error = identity_error_of(answer)) {
        return first_bad_request + static_cast<std::size_t>(*error);
    }
    const int status = answer.status;
    const auto found = std::find_if(
        status_classes.begin(), status_classes.end() - 1, [status](const StatusClass& status_class) {
            return status >= status_class.status_from && status <= status_class.status_to;
        });
    return static_cast<std::size_t>(found - status_classes.begin());
}

std::string_view answer_class(const Exchange& exchange) {
    return classes[answer_class_index(exchange)];
}

std::span<const std::string_view> answer_classes() noexcept {
    return classes;
}

}  // namespace core
