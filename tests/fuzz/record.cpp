// A record's value in structured mode. Seeds: schemas/examples as they lie there.
#include "tests/fuzz/bytes.hpp"
#include "tests/fuzz/record_promises.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    core::Record record;
    record.key = "account-7f3a";
    record.value = fuzz::Bytes{bytes, size}.rest();
    fuzz::check_promises(record);
    return 0;
}
