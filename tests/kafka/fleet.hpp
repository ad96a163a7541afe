// Up to three workers of one scene that are killed, told to stop, paused and started again.
//
// Ownership: the workers. Errors: Failed, also when one ends that nobody ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/kafka/scene.hpp"
#include "tests/kafka/tenure.hpp"

namespace lane {

enum class Blow : unsigned char {
    kill,        // SIGKILL
    stop,        // SIGTERM, and whatever time it takes
    stop_twice,  // the second one means now
    pause,       // SIGSTOP, and later SIGCONT
};
[[nodiscard]] std::string_view blow_name(Blow blow) noexcept;

class Fleet {
public:
    // One worker for each of `instances`; an empty one is a dynamic member.
    Fleet(Scene& scene, const std::vector<std::string>& instances, WorkerOptions options);

    // Strikes the worker; `away`: until it is started again, or goes on. Nothing when it is not running.
    void strike(std::size_t which, Blow blow, std::chrono::milliseconds away);
    // Starts, continues and buries those whose time has come; call it often.
    void tend();

    [[nodiscard]] std::size_t size() const noexcept { return posts_.size(); }
    [[nodiscard]] bool running(std::size_t which) const { return posts_[which].state == State::running; }
    [[nodiscard]] std::size_t running() const;
    // Waits until all of them run.
    void muster();
    [[nodiscard]] WorkerProcess& worker(std::size_t which) { return *posts_[which].process; }
    // Ends them in good order.
    void dismiss();
    // How many could not commit everything before they ended, and said so by their exit code.
    [[nodiscard]] std::size_t late() const noexcept { return late_; }
    [[nodiscard]] std::vector<Tenure> tenures() const { return tenures_; }

private:
    enum class State : unsigned char { running, paused, stopping, away };
    struct Post {
        std::string instance{};
        State state = State::away;
        bool hurried = false;     // stopping, by two signals
        common::Instant until{};  // of paused and away
        std::chrono::milliseconds away{};
        std::optional<WorkerProcess> process{};
        std::size_t tenure = 0;
    };
    void start(Post& post);
    void bury(Post& post);
    [[nodiscard]] Tenure& tenure(const Post& post) { return tenures_[post.tenure]; }

    Scene& scene_;
    WorkerOptions options_;
    std::vector<Post> posts_;
    std::vector<Tenure> tenures_;
    std::size_t late_ = 0;
};

}  // namespace lane
