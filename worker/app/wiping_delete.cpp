// Memory is wiped as it is given back, in the production program only: copies of a token that a library made
// and freed (a JSON parser's, a string's growth) do not stay readable. Costs one pass over the block.
#include <malloc.h>
#include <strings.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace {

void wipe_and_free(void* block) noexcept {
    if (block != nullptr) {
        explicit_bzero(block, malloc_usable_size(block));
        std::free(block);
    }
}

}  // namespace

void operator delete(void* block) noexcept {
    wipe_and_free(block);
}
void operator delete[](void* block) noexcept {
    wipe_and_free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    wipe_and_free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
    wipe_and_free(block);
}
