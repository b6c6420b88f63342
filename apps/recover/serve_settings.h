// What recover serve is asked for, read out of the options and checked together.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "base/option_table.h"
#include "base/result.h"
#include "http/server.h"
#include "jobs/job_service.h"
#include "jobs/worker_pool.h"
#include "net/address_guard.h"

namespace recover::cli {

struct ServeSettings {
  std::filesystem::path data_folder;
  std::filesystem::path models_folder;
  ServerOptions http;  ///< Without the single user's key.
  ServiceLimits limits;
  AddressGuard guard;  ///< For source_url and webhook_url.
  WorkerPoolOptions pool;
  std::chrono::seconds drain{30};
};

/// Errors: kInvalidArgument naming the option, what was given and what it should be.
Result<ServeSettings> ReadServeSettings(const OptionValues& options);

/// A literal address and a port: "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080" (all
/// addresses of IPv4). Errors: kInvalidArgument.
Result<std::pair<std::string, int>> ParseListen(const std::string& text);

/// "http://127.0.0.1:8080", "https://[::1]:8443".
std::string UrlOf(const std::string& host, int port, bool is_tls);

}  // namespace recover::cli
