// What the file and the environment say, key by key, before anything is checked.
#pragma once

#include <map>
#include <set>
#include <string>

#include "worker/app/config/diagnostic.hpp"
#include "worker/app/config/key.hpp"

namespace app {

struct Given {
    std::string text;
    Origin origin{};
    const Key* key = nullptr;
};

// By concrete path: "apps[0].keys[1].file", "kafka.properties.security.protocol".
struct Values {
    std::map<std::string, Given> leaves{};
    // Where sections, lists and their items were written, by path; for messages about what is missing there.
    std::map<std::string, Origin> places{};
    // Paths that were reported already: nothing below them is missing.
    std::set<std::string> broken{};
};

using Environment = std::map<std::string, std::string>;

// Reads YAML. Problems of structure (unknown, duplicate, wrong shape) go to the report; the rest is read on.
[[nodiscard]] Values read_document(const std::string& text, Report& report);

// Lays the environment over the values:
//   AUTOSIGNIN_APPLE__IN_FLIGHT_MAX=200        levels joined by two underscores
//   AUTOSIGNIN_KAFKA__TOPICS=a,b               a list of plain values, as a whole
//   AUTOSIGNIN_APPS__0__NAME=tv                an item of a list, counted from 0
//   AUTOSIGNIN_KAFKA__PROPERTIES=a=1;b=2       names that the operator chooses; added to those of the file
// Variables of that prefix which name no key are a problem, except those without "__": a Kubernetes service
// called autosignin makes such variables by itself.
void overlay_environment(const Environment& environment, Values& values, Report& report);

}  // namespace app
