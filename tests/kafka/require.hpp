// How a check fails: with one sentence. Caught where checks are run.
#pragma once

#include <stdexcept>
#include <string>

namespace lane {

class Failed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& otherwise) {
    if (!holds) {
        throw Failed{otherwise};
    }
}

}  // namespace lane
