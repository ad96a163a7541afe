// Memory is wiped as it is given back, in the production program only: copies of a token that a library made
// and freed (a JSON parser's, a string's growth) do not stay readable. Costs one pass over the block.
#include <malloc.h>
#include <strings.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace {

void wipe_and_free(void* block, std::size_t size) noexcept {
    if (block != nullptr) {
        explicit_bzero(block, size);
        std::free(block);
    }
}

}  // namespace

void operator delete(void* block) noexcept {
    wipe_and_free(block, malloc_usable_size(block));
}
void operator delete[](void* block) noexcept {
    wipe_and_free(block, malloc_usable_size(block));
}
void operator delete(void* block, std::size_t size) noexcept {
    wipe_and_free(block, size);
}
void operator delete[](void* block, std::size_t size) noexcept {
    wipe_and_free(block, size);
}
