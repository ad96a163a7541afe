#include "worker/dev/demo/stop_signal.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "common/invariant.hpp"

namespace dev {

StopSignal::StopSignal() {
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stops, nullptr);
    fd_ = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
    INVARIANT(fd_ >= 0, "a descriptor is free when the process starts");
}

StopSignal::~StopSignal() {
    close(fd_);
}

bool StopSignal::wait(std::chrono::milliseconds most) {
    pollfd readable{fd_, POLLIN, 0};
    signalfd_siginfo signal{};
    if (number_ == 0 && poll(&readable, 1, static_cast<int>(most.count())) == 1 &&
        read(fd_, &signal, sizeof signal) == sizeof signal) {
        number_ = static_cast<int>(signal.ssi_signo);
    }
    return came();
}

}  // namespace dev
