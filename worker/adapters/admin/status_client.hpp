// Asks a running worker for its /status page, from another process.
//
// Blocking: for at most a few seconds.
#pragma once

#include <string>

#include "common/result.hpp"

namespace admin {

// `url` is the admin port's, "http://127.0.0.1:9464". Error: nobody answers there, or not a worker.
[[nodiscard]] common::Result<std::string> fetch_status(const std::string& url);

}  // namespace admin
