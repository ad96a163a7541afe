// Asks a running worker where a record stands (its /record page), from another process.
//
// Blocking: for at most a few seconds.
#pragma once

#include <string>

#include "common/result.hpp"
#include "worker/core/settle/lineage.hpp"

namespace admin {

// `url` is the admin port's, "http://127.0.0.1:9464". Error: nobody answers there, or not a worker.
[[nodiscard]] common::Result<std::string> fetch_record(const std::string& url, const core::Position& record);

}  // namespace admin
