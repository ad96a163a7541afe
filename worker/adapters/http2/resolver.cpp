#include "worker/adapters/http2/resolver.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "common/invariant.hpp"

namespace adapters::http2 {

namespace {

Resolver::Addresses look_up(const Url& url) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | (url.literal ? AI_NUMERICHOST : AI_ADDRCONFIG);
    addrinfo* found = nullptr;
    const int problem = getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
    if (problem != 0) {
        return common::Error{gai_strerror(problem)};
    }
    std::vector<Address> addresses;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        Address address;
        std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
        address.size = at->ai_addrlen;
        addresses.push_back(address);
    }
    freeaddrinfo(found);
    return alternate_families(addresses);
}

}  // namespace

// Outlives the resolver while the helper is inside getaddrinfo.
struct Resolver::Shared {
    struct Question {
        Url url;
        std::function<void(Addresses)> done;
    };
    struct Answer {
        Addresses addresses;
        std::function<void(Addresses)> done;
    };

    Shared() { INVARIANT(wakeup >= 0, "no eventfd: the limit of open files is reached at start"); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { close(wakeup); }

    int wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Question> questions;
    std::deque<Answer> answers;
    bool stop = false;

    void run() {
        std::unique_lock lock{mutex};
        while (true) {
            changed.wait(lock, [this] { return stop || !questions.empty(); });
            if (stop) {
                return;
            }
            Question question = std::move(questions.front());
            questions.pop_front();
            lock.unlock();
            Addresses addresses = look_up(question.url);
            lock.lock();
            if (stop) {
                return;
            }
            answers.push_back({std::move(addresses), std::move(question.done)});
            eventfd_write(wakeup, 1);
        }
    }
};

Resolver::Resolver(ports::Readiness& readiness) : readiness_{readiness}, shared_{std::make_shared<Shared>()} {
    readiness_.add(shared_->wakeup, true, false, [this](bool, bool) { deliver(); });
}

Resolver::~Resolver() {
    readiness_.remove(shared_->wakeup);
    const std::lock_guard lock{shared_->mutex};
    shared_->stop = true;
    shared_->questions.clear();
    shared_->changed.notify_one();
}

void Resolver::resolve(const Url& url, std::function<void(Addresses)> done) {
    if (url.literal) {
        done(look_up(url));
        return;
    }
    if (!started_) {
        started_ = true;
        // Signals belong to the loop.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        std::thread{[shared = shared_] { shared->run(); }}.detach();
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    const std::lock_guard lock{shared_->mutex};
    shared_->questions.push_back({url, std::move(done)});
    shared_->changed.notify_one();
}

void Resolver::deliver() {
    eventfd_t count = 0;
    eventfd_read(shared_->wakeup, &count);
    std::deque<Shared::Answer> answers;
    {
        const std::lock_guard lock{shared_->mutex};
        answers.swap(shared_->answers);
    }
    for (Shared::Answer& answer : answers) {
        answer.done(std::move(answer.addresses));
    }
}

}  // namespace adapters::http2
