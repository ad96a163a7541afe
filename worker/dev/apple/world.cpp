#include "worker/dev/apple/world.hpp"

#include <chrono>
#include <utility>

#include "common/invariant.hpp"
#include "worker/dev/apple/rsa.hpp"
#include "worker/sim/identity/button_image.hpp"

namespace dev {

common::Now present() {
    return {
        common::Instant{std::chrono::steady_clock::now().time_since_epoch()},
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
}

AppleServerWorld::AppleServerWorld(
    const AppleServerOptions& options, Es256Tokens tokens, Es256Secrets secrets)
    : tokens_{std::move(tokens)},
      secrets_{std::move(secrets)},
      random_{options.seed},
      apple_{
          [this](std::string_view authorization, common::WallTime now) {
              return tokens_.check(authorization, now);
          },
          choose(), options.apple},
      people_{apple_.store(), choose(), options.people} {
    if (options.identity) {
        identity_.emplace(
            [this](std::string_view secret, common::WallTime now) { return secrets_.check(secret, now); },
            openssl_identity_crypto(), choose(), *options.identity);
    }
}

sim::Choose AppleServerWorld::choose() {
    return [this](std::uint64_t bound) { return random_.below(bound); };
}

sim::Answer AppleServerWorld::answer(Site site, const sim::Request& request) {
    const std::lock_guard lock{mutex_};
    switch (site) {
        case Site::production:
        case Site::sandbox:
            break;
        case Site::identity:
            // Apple's images have a host of their own; their paths are told apart here.
            return request.path.starts_with(sim::button_path) ? sim::button_image(request, present())
                                                              : identity_->handle(request, present());
        case Site::front_desk:
            return sim::front_desk({apple_, people_, *identity_}, request, present());
    }
    return apple_.handle(request, present());
}

sim::Answer AppleServerWorld::land(Site site, sim::LandingId id) {
    const std::lock_guard lock{mutex_};
    return site == Site::identity ? identity_->land(id, present()) : apple_.land(id, present());
}

void AppleServerWorld::with_apple(const std::function<void(sim::Apple&, common::Now)>& use) {
    const std::lock_guard lock{mutex_};
    use(apple_, present());
}

void AppleServerWorld::with_tokens(const std::function<void(Es256Tokens&)>& use) {
    const std::lock_guard lock{mutex_};
    use(tokens_);
}

void AppleServerWorld::with_people(const std::function<void(sim::People&, common::Now)>& use) {
    const std::lock_guard lock{mutex_};
    use(people_, present());
}

void AppleServerWorld::with_identity(const std::function<void(sim::AppleIdentity&, common::Now)>& use) {
    const std::lock_guard lock{mutex_};
    INVARIANT(identity_.has_value(), "the identity server is there with options.identity only");
    use(*identity_, present());
}

void AppleServerWorld::with_secrets(const std::function<void(Es256Secrets&)>& use) {
    const std::lock_guard lock{mutex_};
    use(secrets_);
}

}  // namespace dev
