// A whole record: both modes, headers of any name, tombstones.
//
//   ce_id: 42         a header a line; without a colon its value is null
//   key: account-1    these two are not headers:
//   null              a tombstone
//                     an empty line ends them; what follows is the value
#include "tests/fuzz/bytes.hpp"
#include "tests/fuzz/record_promises.hpp"

namespace {

core::Header header_of(std::string_view line) {
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) {
        return {std::string{line}, std::nullopt};
    }
    return {std::string{line.substr(0, colon)}, std::string{line.substr(colon + 2)}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Bytes input{bytes, size};
    core::Record record;
    bool tombstone = false;
    for (std::string_view line = input.line(); !line.empty(); line = input.line()) {
        core::Header header = header_of(line);
        if (header.name == "key") {
            record.key = std::move(header.value);
        } else if (line == "null") {
            tombstone = true;
        } else {
            record.headers.push_back(std::move(header));
        }
    }
    if (!tombstone) {
        record.value = input.rest();
    }
    fuzz::check_promises(record);
    return 0;
}
