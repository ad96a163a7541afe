#include "worker/app/dead_letters/interruption.hpp"

#include <csignal>

namespace app::dead_letters {
namespace {

volatile std::sig_atomic_t received = 0;

extern "C" void receive(int signal) {
    received = 1;
    std::signal(signal, SIG_DFL);
}

}  // namespace

void listen_for_interruption() {
    std::signal(SIGINT, receive);
    std::signal(SIGTERM, receive);
}

bool interrupted() noexcept {
    return received != 0;
}

}  // namespace app::dead_letters
