#include "tests/kafka/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "tests/kafka/require.hpp"

namespace lane {
namespace {

using namespace std::chrono_literals;

// As documented (worker/app/exit_code.hpp).
constexpr int drained_late = 5;
constexpr int stopped_at_once = 6;

}  // namespace

std::string_view blow_name(Blow blow) noexcept {
    constexpr std::array<std::string_view, 4> names{"SIGKILL", "SIGTERM", "SIGTERM twice", "SIGSTOP"};
    return names.at(static_cast<std::size_t>(blow));
}

Fleet::Fleet(Scene& scene, const std::vector<std::string>& instances, WorkerOptions options)
    : scene_{scene}, options_{std::move(options)} {
    for (const std::string& instance : instances) {
        start(posts_.emplace_back(Post{.instance = instance}));
    }
}

void Fleet::start(Post& post) {
    WorkerOptions options = options_;
    options.instance = post.instance;
    options.key_id = fmt::format("LANEKEY{:04}", tenures_.size() + 1);
    post.tenure = tenures_.size();
    tenures_.push_back({.key_id = options.key_id});
    post.process.emplace(scene_.start(options));
    post.state = State::running;
}

void Fleet::strike(std::size_t which, Blow blow, std::chrono::milliseconds away) {
    Post& post = posts_[which];
    if (post.state != State::running) {
        return;
    }
    const common::Instant now = steady_now();
    post.away = away;
    post.until = now + away;
    post.hurried = blow == Blow::stop_twice;
    switch (blow) {
        case Blow::kill:
            tenure(post).killed = now;
            post.process->kill();
            bury(post);
            break;
        case Blow::stop_twice:
            tenure(post).killed = now;
            post.process->child().signal(SIGTERM);
            post.process->child().signal(SIGTERM);
            post.state = State::stopping;
            break;
        case Blow::stop:
            post.process->child().signal(SIGTERM);
            post.state = State::stopping;
            break;
        case Blow::pause:
            tenure(post).pauses.push_back({now});
            post.process->child().signal(SIGSTOP);
            post.state = State::paused;
            break;
    }
}

void Fleet::bury(Post& post) {
    tenure(post).gone = steady_now();
    post.process.reset();
    post.state = State::away;
    post.until = steady_now() + post.away;
}

void Fleet::tend() {
    for (Post& post : posts_) {
        const bool due = steady_now() >= post.until;
        if (post.state == State::paused && due) {
            post.process->child().signal(SIGCONT);
            tenure(post).pauses.back().until = steady_now();
            post.state = State::running;
        } else if (post.state == State::away && due) {
            start(post);
        } else if (post.state == State::stopping && post.process->ended()) {
            const int code = post.process->await_end(1s);
            // Two signals may be taken for one when they come in the same turn.
            require(
                code == 0 || code == drained_late || (post.hurried && code == stopped_at_once),
                fmt::format("worker {} ended with {} after SIGTERM", tenure(post).key_id, code));
            if (code == drained_late) {  // it says so itself: what was under way is repeated
                tenure(post).killed = post.until - post.away;
                ++late_;
            }
            bury(post);
        } else if (post.state == State::running && post.process->ended()) {
            post.process->await([] { return false; }, 0s, "a worker ended that nobody had ended");
        }
    }
}

std::size_t Fleet::running() const {
    return static_cast<std::size_t>(std::count_if(
        posts_.begin(), posts_.end(), [](const Post& post) { return post.state == State::running; }));
}

void Fleet::muster() {
    const auto all = [&] {
        tend();
        return running() == posts_.size();
    };
    require(until(all, 60s), "not all workers came back");
}

void Fleet::dismiss() {
    for (Post& post : posts_) {
        const int code = post.process->stop();
        require(
            code == 0 || code == drained_late,
            fmt::format("worker {} ended with {}", tenure(post).key_id, code));
        late_ += code == drained_late ? 1 : 0;
        tenure(post).gone = steady_now();
    }
}

}  // namespace lane
