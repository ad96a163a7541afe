// What holds for every record, whatever its bytes are; aborts where it does not.
//
//   decoded twice           the same verdict
//   an event                keeps the contract, and decodes from its own JSON to the same event
//   an Invalid              a known code; pointer and sentence are made of our words, never of the payload's
//   its dead letter         the original byte for byte, and each dlq. header once
//   its receipt             JSON in UTF-8 whatever the envelope holds
#pragma once

#include "worker/core/event/record.hpp"

namespace fuzz {

void check_promises(const core::Record& record);

}  // namespace fuzz
