// Owners for OpenSSL's objects.
#pragma once

#include <memory>

namespace auth {

template <auto free_function>
struct Free {
    template <class Object>
    void operator()(Object* object) const noexcept {
        free_function(object);
    }
};

template <class Object, auto free_function>
using Owned = std::unique_ptr<Object, Free<free_function>>;

}  // namespace auth
