// The HTTP edge: sockets in, JSON out.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/blob_store.h"
#include "jobs/job_service.h"
#include "net/address_guard.h"

namespace recover {

struct ServerOptions {
  std::string host = "127.0.0.1";  ///< A literal address; "::1", "0.0.0.0".
  int port = 8080;                 ///< 0 = any that is free.
  std::string public_url;    ///< "https://photos.example/recover"; empty = as the client says.
  bool single_user = false;  ///< No key on loopback; Host and Origin are checked.
  std::optional<KeyRecord> single_user_key;
  std::vector<IpNetwork> trusted_proxies;  ///< Whose X-Forwarded-* is believed.
  std::vector<std::string> cors_origins;   ///< Empty = no CORS.
  int64_t max_body_bytes = 500'000'000;
  int max_connections = 4096;
  int max_connections_per_address = 256;  ///< Not for loopback and trusted proxies; 0 = no cap.
  /// Between requests, and for a body or an answer that stands still.
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds head_timeout{30'000};     ///< For a request's head.
  std::chrono::milliseconds upload_timeout{900'000};  ///< For a request's body.
  std::filesystem::path tls_certificate;              ///< PEM; empty = plain HTTP.
  std::filesystem::path tls_key;
  const Clock* clock = &Clock::Real();  ///< For URLs' expiry and rates.
};

/// What the edge needs from beneath; borrowed, outlives the server.
struct ServerParts {
  JobService* service = nullptr;
  BlobStore* blobs = nullptr;
  AddressGuard guard;                   ///< For source_url and webhook_url.
  std::function<bool()> workers_ready;  ///< For /readyz.
};

/// Thread-safe. A request's way: listener.cc takes the connection and looks at its first head,
/// exchange.cc takes the request in on one of libmicrohttpd's threads, router.cc finds its
/// handler, which runs on a thread of handler_pool.cc, calls the JobService and makes the Answer.
class HttpServer {
 public:
  /// Listens. Errors: kUnavailable when the port is taken or may not be used.
  static Result<std::unique_ptr<HttpServer>> Start(ServerOptions options, ServerParts parts);
  virtual ~HttpServer() = default;

  virtual int port() const = 0;
  /// From now on submits are answered 503 and no new connections are taken.
  virtual void Drain() = 0;
};

}  // namespace recover
