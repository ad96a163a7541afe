// Asks a running worker where a record stands (its /record page), from another process.
//
// Blocking: to connect, and for the answer, at most `bound` each.
#pragma once

#include <cstddef>
#include <string>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/core/settle/lineage.hpp"

namespace admin {

// Far more than a worker says about one record.
inline constexpr std::size_t page_bytes_max = std::size_t{1} << 20U;

// `url` is the admin port's, "http://127.0.0.1:9464". Error: nobody answers there in time, or not a worker.
[[nodiscard]] common::Result<std::string> fetch_record(
    const std::string& url, const core::Position& record, common::Duration bound);

}  // namespace admin
