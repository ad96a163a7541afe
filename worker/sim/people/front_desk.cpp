#include "worker/sim/people/front_desk.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

struct Deed {
    const Simulated& world;
    const Form& form;
    common::Now now;

    [[nodiscard]] std::string field(std::string_view name) const { return form.value_or_empty(name); }
    [[nodiscard]] Shop shop() const {
        return {
            field("environment") == "sandbox" ? Environment::sandbox : Environment::production, field("app")};
    }
};

Json seat(const Deed& deed, bool approves) {
    deed.world.identity.seat(Visitor{deed.field("account"), approves});
    return "seated";
}

Json sign_in(const Deed& deed) {
    const SignIn result = deed.world.identity.sign_in(
        deed.field("account"), deed.field("client_id"), {.name = true, .email = true}, deed.field("nonce"),
        deed.now);
    return {{"code", result.code}, {"id_token", result.identity_token}, {"user", result.user}};
}

Json store_value(const Deed& deed) {
    People& people = deed.world.people;
    const std::string device = deed.field("device");
    const Prompt prompt = people.request_authorization(device, deed.shop(), SheetAnswer::approve);
    if (!prompt.context) {
        return "unsupported";
    }
    const StoreResult result =
        people.update_token(device, deed.shop(), *prompt.context, deed.field("value"), deed.now.steady);
    return result == StoreResult::stored ? "stored" : "refused";
}

enum class Needs : std::uint8_t { nothing, person, consent, native_client, device };

// A person acts, or something happens to one; names are checked before.
struct Action {
    std::string_view name;
    Needs needs;
    Json (*run)(const Deed& deed);
};

constexpr std::array<Action, 11> actions{{
    {"seat", Needs::person, [](const Deed& deed) { return seat(deed, true); }},
    {"cancel", Needs::person, [](const Deed& deed) { return seat(deed, false); }},
    {"sign-in", Needs::native_client, sign_in},
    {"change-password", Needs::person,
     [](const Deed& deed) -> Json {
         deed.world.identity.change_password(deed.field("account"));
         return "changed";
     }},
    {"withdraw", Needs::consent,
     [](const Deed& deed) -> Json {
         deed.world.identity.withdraw(deed.field("account"), deed.field("group"), deed.now);
         return "withdrawn";
     }},
    {"delete-account", Needs::person,
     [](const Deed& deed) -> Json {
         deed.world.identity.delete_account(deed.field("account"), deed.now);
         return "deleted";
     }},
    {"forward", Needs::consent,
     [](const Deed& deed) -> Json {
         const bool on = deed.field("on") == "true";
         deed.world.identity.set_forwarding(deed.field("account"), deed.field("group"), on, deed.now);
         return on ? "on" : "off";
     }},
    {"rotate-keys", Needs::nothing,
     [](const Deed& deed) -> Json {
         deed.world.identity.keys().rotate();
         return deed.world.identity.keys().kids();
     }},
    {"store", Needs::device, store_value},
    {"launch", Needs::device,
     [](const Deed& deed) -> Json {
         deed.world.people.launch(deed.field("device"), deed.shop(), deed.now.steady);
         return "launched";
     }},
    {"remove", Needs::device,
     [](const Deed& deed) -> Json {
         deed.world.people.delete_token(deed.field("device"), deed.shop(), deed.now.steady);
         return "removed";
     }},
}};

// Empty: everything that the action needs is known.
std::string missing(Needs needs, const Deed& deed) {
    const IdentityBook& book = deed.world.identity.book();
    if (needs == Needs::device) {
        const bool known = deed.world.people.devices().contains(deed.field("device"));
        return known && !deed.field("app").empty() ? "" : "no such device, or no app named";
    }
    if (needs == Needs::nothing) {
        return "";
    }
    const IdentityPerson* person = book.person(deed.field("account"));
    if (person == nullptr || person->deleted) {
        return "no such person";
    }
    const IdentityClient* client = book.client(deed.field("client_id"));
    if (needs == Needs::native_client && (client == nullptr || !client->native)) {
        return "no such native client";
    }
    if (needs == Needs::consent && !book.consents(deed.field("account"), deed.field("group"))) {
        return "the person did not consent to that group";
    }
    return "";
}

void answer_json(Answer& answer, int status, const Json& json) {
    answer.status = status;
    answer.content_type = "application/json";
    answer.body = json.dump();
}

void act(Answer& answer, const Deed& deed) {
    const std::string name = deed.field("action");
    const auto* action =
        std::find_if(actions.begin(), actions.end(), [&](const Action& each) { return each.name == name; });
    if (action == actions.end()) {
        std::string known;
        for (const Action& each : actions) {
            known += known.empty() ? "" : ", ";
            known += each.name;
        }
        return answer_json(answer, 400, {{"error", "no such action; there are " + known}});
    }
    const std::string problem = missing(action->needs, deed);
    if (!problem.empty()) {
        return answer_json(answer, 400, {{"error", problem}});
    }
    answer_json(answer, 200, {{"result", action->run(deed)}});
}

// Whoever asks takes them: their delivery is over with that.
Json notifications(const Simulated& world, common::Now now) {
    Json list = Json::array();
    for (const NoticeDelivery& delivery : world.identity.notices().due(now.steady)) {
        list.push_back({{"address", delivery.address}, {"body", delivery.body}});
        world.identity.notices().answered(delivery.id, 200, now.steady);
    }
    return {{"notifications", std::move(list)}};
}

}  // namespace

Answer front_desk(const Simulated& world, const Request& request, common::Now now) {
    Answer answer;
    answer.date = now.wall;
    answer.documented = false;
    world.people.finish_reads(now.steady, [](const Shop&, std::string_view) { return true; });
    if (request.method == "GET" && request.path == "/state") {
        answer.status = 200;
        answer.content_type = "application/json";
        answer.body = state_json(world);
    } else if (request.method == "GET" && request.path == "/notifications") {
        answer_json(answer, 200, notifications(world, now));
    } else if (request.method == "POST" && request.path == "/do") {
        const Form form{request.body};
        act(answer, {world, form, now});
    } else {
        answer_json(
            answer, 404, {{"error", "GET /state, GET /notifications and POST /do are what there is"}});
    }
    return answer;
}

}  // namespace sim
