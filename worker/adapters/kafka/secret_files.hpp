// The files that Kafka's properties name, watched by their content: a password that is rotated, a certificate
// that is renewed.
//
// Kubernetes replaces files by swapping a link, so times and inodes tell nothing that the content does not.
// Only a hash is kept. A file that cannot be read or is empty is being replaced: it counts as unchanged.
//
// Cost: look() reads every file; they are few and small. Threads: one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/secret.hpp"
#include "worker/adapters/kafka/properties.hpp"

namespace kafka {

class SecretFiles {
public:
    SecretFiles() = default;
    // Remembers what they hold now: those of "KEY.file", and those of librdkafka's own ssl.*.location.
    explicit SecretFiles(const Properties& properties);

    struct Change {
        std::string key;  // without ".file"
        std::string path;
        common::Secret content;  // without the final line end
    };
    // What changed since the last look.
    [[nodiscard]] std::vector<Change> look();

private:
    struct File {
        std::string key;
        std::string path;
        std::size_t hash = 0;  // 0: not read yet
    };
    std::vector<File> files_;
};

}  // namespace kafka
