// Lets an adapter have its file descriptors watched by the loop's one wait, without knowing what waits.
//
// Level-triggered: a callback that leaves data behind is called again in the next wait. A callback does a
// bounded amount of work and returns; it never blocks. Errors and hang-ups arrive as both readable and
// writable, so that the next read or write reports them.
//
// Ownership: descriptors stay the caller's; remove() before closing one, since the kernel reuses numbers.
// Threads:   the loop's thread alone.
#pragma once

#include <functional>

namespace ports {

class Readiness {
public:
    using Ready = std::function<void(bool readable, bool writable)>;

    virtual ~Readiness() = default;

    // Watches `fd` until remove(). `ready` may add, change and remove any descriptor, its own included; after
    // remove() it is not called again, not even for what the same wait has already seen.
    virtual void add(int fd, bool read, bool write, Ready ready) = 0;
    // Requires an added descriptor; unchanged interest costs nothing.
    virtual void change(int fd, bool read, bool write) = 0;
    // Unknown descriptors are ignored.
    virtual void remove(int fd) = 0;
};

}  // namespace ports
