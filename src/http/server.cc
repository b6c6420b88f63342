#include "http/server.h"

#include <fcntl.h>
#include <microhttpd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <unordered_map>

#include <sys/resource.h>

#include "base/check.h"
#include "base/env.h"
#include "base/log.h"
#include "http/connection_table.h"
#include "http/edge.h"
#include "http/exchange.h"
#include "http/handler_pool.h"
#include "http/host.h"
#include "http/listener.h"
#include "http/request_head.h"
#include "http/socket_address.h"

namespace recover {
namespace {

constexpr unsigned kEpollThreads = 4;
constexpr int kQuickThreads = 3;
// As many as fetches at once, which wait for others most of the time, and some to go on with.
constexpr int kSlowThreads = kMostFetches + 4;
// For a request's head, read into the lower half, and its answer's. libmicrohttpd writes zeros over
// all of it after each request, so that every connection takes it wholly.
constexpr size_t kConnectionMemory = 3 * kMostHeadBytes;
constexpr size_t kConnectionMemoryStep = size_t{8} << 10;
constexpr int64_t kMostPemBytes = int64_t{1} << 20;

void LogFromDaemon(void*, const char* format, va_list arguments) {
  char text[512];
  std::vsnprintf(text, sizeof(text), format, arguments);
  std::string_view line = text;
  while (line.ends_with('\n')) {
    line.remove_suffix(1);
  }
  Log(LogLevel::kDebug, "libmicrohttpd", {{"text", line}});
}

// A connection is a descriptor, and so is the file that it uploads or downloads: systems start
// programs with a soft limit of 1024 and leave it to them to ask for more.
void RaiseDescriptorLimit(int connections) {
  rlimit limit = {};
  const rlim_t wanted = static_cast<rlim_t>(connections) * 2 + 512;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
      Log(LogLevel::kWarning, "the system allows fewer open files than connections may need",
          {{"files", limit.rlim_cur}, {"wanted", wanted}});
    }
  }
}

ConnectionTable::Limits TableLimits(const ServerOptions& options) {
  return {.max_connections = options.max_connections,
          .max_per_address = options.max_connections_per_address,
          .idle = options.idle_timeout,
          .head = options.head_timeout,
          .body = options.upload_timeout};
}

class MhdServer final : public HttpServer {
 public:
  MhdServer(ServerOptions options, ServerParts parts, std::string public_url)
      : edge_(std::move(options), std::move(parts)), table_(TableLimits(edge_.options)) {
    edge_.public_url = std::move(public_url);
  }
  ~MhdServer() override;
  MhdServer(const MhdServer&) = delete;
  MhdServer& operator=(const MhdServer&) = delete;

  Status Begin();
  int port() const override { return port_; }
  void Drain() override;

 private:
  Status ReadTlsFiles();
  Status StartDaemon();
  int64_t Adopt(UniqueFd fd, const IpAddress& peer);
  void NoteRefusal(const IpAddress& peer, const Refusal& refusal);

  // Calls of libmicrohttpd; `self` is this server. Nothing may throw into C.
  static void* OnTarget(void* self, const char* uri, MHD_Connection* connection);
  static MHD_Result OnAccess(void* self, MHD_Connection* connection, const char* url,
                             const char* method, const char* version, const char* data,
                             size_t* size, void** exchange);
  static void OnCompleted(void* self, MHD_Connection* connection, void** exchange,
                          MHD_RequestTerminationCode code);
  static void OnConnection(void* self, MHD_Connection* connection, void** peer,
                           MHD_ConnectionNotificationCode code);

  Edge edge_;
  ConnectionTable table_;
  int port_ = 0;
  std::string tls_certificate_;
  std::string tls_key_;
  std::unique_ptr<HandlerPool> pool_;
  std::unique_ptr<Listener> listener_;
  MHD_Daemon* daemon_ = nullptr;

  std::mutex mutex_;  ///< Guards adopted_.
  /// Handed to the daemon, not yet seen by one of its threads.
  std::unordered_map<int, PeerConnection*> adopted_;
};

Status MhdServer::ReadTlsFiles() {
  const ServerOptions& options = edge_.options;
  if (options.tls_certificate.empty() && options.tls_key.empty()) {
    return Status::Ok();
  }
  if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
    return {StatusCode::kUnavailable,
            "this build's libmicrohttpd has no TLS; let a proxy in front of the server do it"};
  }
  if (options.tls_certificate.empty() || options.tls_key.empty()) {
    return {StatusCode::kInvalidArgument, "TLS needs both a certificate and its key"};
  }
  RECOVER_ASSIGN_OR_RETURN(tls_certificate_,
                           Env::Real().ReadFile(options.tls_certificate, kMostPemBytes));
  RECOVER_ASSIGN_OR_RETURN(tls_key_, Env::Real().ReadFile(options.tls_key, kMostPemBytes));
  return Status::Ok();
}

Status MhdServer::StartDaemon() {
  const bool is_tls = !tls_key_.empty();
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET |
                   MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  std::vector<MHD_OptionItem> options = {
      {MHD_OPTION_NOTIFY_COMPLETED, reinterpret_cast<intptr_t>(&OnCompleted), this},
      {MHD_OPTION_NOTIFY_CONNECTION, reinterpret_cast<intptr_t>(&OnConnection), this},
      {MHD_OPTION_URI_LOG_CALLBACK, reinterpret_cast<intptr_t>(&OnTarget), this},
      {MHD_OPTION_THREAD_POOL_SIZE, kEpollThreads, nullptr},
      // The table counts; each thread's share must never be the smaller number.
      {MHD_OPTION_CONNECTION_LIMIT,
       static_cast<intptr_t>(edge_.options.max_connections) * kEpollThreads, nullptr},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, nullptr},
      {MHD_OPTION_CONNECTION_MEMORY_INCREMENT, kConnectionMemoryStep, nullptr},
      // In seconds and without a word to the client: the table's watch comes first, but for
      // clients that do not take their answer.
      {MHD_OPTION_CONNECTION_TIMEOUT,
       std::chrono::ceil<std::chrono::seconds>(edge_.options.idle_timeout).count() + 2, nullptr},
  };
  if (is_tls) {
    flags |= MHD_USE_TLS;
    options.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, tls_certificate_.data()});
    options.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, tls_key_.data()});
  }
  options.push_back({MHD_OPTION_END, 0, nullptr});
  daemon_ =
      MHD_start_daemon(flags, 0, nullptr, nullptr, &OnAccess, this, MHD_OPTION_EXTERNAL_LOGGER,
                       &LogFromDaemon, nullptr, MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
  if (daemon_ == nullptr) {
    return {StatusCode::kUnavailable,
            is_tls ? "the HTTP server could not start; is the TLS certificate with its key good?"
                   : "the HTTP server could not start"};
  }
  return Status::Ok();
}

Status MhdServer::Begin() {
  const ServerOptions& options = edge_.options;
  RECOVER_RETURN_IF_ERROR(ReadTlsFiles());
  RaiseDescriptorLimit(options.max_connections);
  RECOVER_ASSIGN_OR_RETURN(ListenSocket socket, OpenListenSocket(options.host, options.port));
  port_ = socket.port;
  const bool is_v6 = options.host.find(':') != std::string::npos && !options.host.starts_with('[');
  edge_.fallback_host =
      (is_v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(port_);
  pool_ = std::make_unique<HandlerPool>(kQuickThreads, kSlowThreads);
  RECOVER_RETURN_IF_ERROR(StartDaemon());
  Listener::Events events = {
      .on_connection = [this](UniqueFd fd,
                              const IpAddress& peer) { return Adopt(std::move(fd), peer); },
      .on_refusal = [this](const IpAddress& peer,
                           const Refusal& refusal) { NoteRefusal(peer, refusal); },
      .is_exempt =
          [this](const IpAddress& peer) {
            return IsLoopback(peer) || IsTrustedProxy(edge_, peer);
          }};
  RECOVER_ASSIGN_OR_RETURN(listener_, Listener::Create(std::move(socket), table_, std::move(events),
                                                       {.peeks_at_heads = tls_key_.empty(),
                                                        .idle_timeout = options.idle_timeout,
                                                        .head_timeout = options.head_timeout}));
  listener_->Start();
  return Status::Ok();
}

MhdServer::~MhdServer() {
  edge_.is_draining = true;
  edge_.stop.request_stop();
  if (listener_) {
    listener_->Stop();
  }
  // Suspended requests must have resumed before the daemon stops.
  if (pool_) {
    pool_->Stop();
  }
  if (daemon_ != nullptr) {
    MHD_stop_daemon(daemon_);
  }
}

void MhdServer::Drain() {
  edge_.is_draining = true;
  listener_->StopListening();
}

// On the listener's thread.
int64_t MhdServer::Adopt(UniqueFd fd, const IpAddress& peer) {
  const int number = fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);  // a copy that the daemon will close
  if (number < 0) {
    table_.Leave(peer);
    return 0;
  }
  fd.Reset();
  PeerConnection* connection = table_.Add(number, peer);
  const int64_t id = connection->id();
  {
    const std::scoped_lock lock(mutex_);
    adopted_[number] = connection;
  }
  const SocketAddress address = MakeSocketAddress(peer, 0);
  if (MHD_add_connection(daemon_, number, address.get(), address.length()) != MHD_YES) {
    // The daemon has closed the descriptor; OnConnection was not called.
    const std::scoped_lock lock(mutex_);
    if (adopted_.erase(number) != 0) {
      table_.Remove(connection);
    }
  }
  return id;
}

void MhdServer::NoteRefusal(const IpAddress& peer, const Refusal& refusal) {
  edge_.metrics.CountRequest("other", "(refused)", refusal.status, std::chrono::seconds(0));
  Log(LogLevel::kInfo, "request refused",
      {{"peer", peer.ToText()}, {"status", refusal.status}, {"reason", refusal.message}});
}

void* MhdServer::OnTarget(void* self, const char* uri, MHD_Connection*) {
  auto* server = static_cast<MhdServer*>(self);
  try {
    const ExchangeParts parts{&server->edge_, server->pool_.get(), server->listener_.get(),
                              !server->tls_key_.empty()};
    return std::make_unique<Exchange>(parts, uri).release();
  } catch (...) {
    return nullptr;
  }
}

MHD_Result MhdServer::OnAccess(void*, MHD_Connection* connection, const char*, const char* method,
                               const char* version, const char* data, size_t* size,
                               void** exchange) {
  if (*exchange == nullptr) {
    return MHD_NO;
  }
  try {
    return static_cast<Exchange*>(*exchange)->OnCall(connection, method, version, data, size);
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "a request could not be taken in", {{"error", error.what()}});
    return MHD_NO;
  }
}

void MhdServer::OnCompleted(void*, MHD_Connection*, void** exchange,
                            MHD_RequestTerminationCode code) {
  const std::unique_ptr<Exchange> ended(static_cast<Exchange*>(*exchange));
  *exchange = nullptr;
  try {
    if (ended) {
      ended->Finish(code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    }
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "a request could not be noted", {{"error", error.what()}});
  }
}

void MhdServer::OnConnection(void* self, MHD_Connection* connection, void** peer,
                             MHD_ConnectionNotificationCode code) {
  auto* server = static_cast<MhdServer*>(self);
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const int fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const std::scoped_lock lock(server->mutex_);
    const auto found = server->adopted_.find(fd);
    RECOVER_CHECK(found != server->adopted_.end());
    *peer = found->second;
    server->adopted_.erase(found);
    server->edge_.metrics.CountConnection(1);
  } else {
    server->table_.Remove(static_cast<PeerConnection*>(*peer));
    server->edge_.metrics.CountConnection(-1);
  }
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(ServerOptions options, ServerParts parts) {
  std::string public_url;
  if (!options.public_url.empty()) {
    RECOVER_ASSIGN_OR_RETURN(public_url, CheckPublicUrl(options.public_url));
  }
  auto server =
      std::make_unique<MhdServer>(std::move(options), std::move(parts), std::move(public_url));
  RECOVER_RETURN_IF_ERROR(server->Begin());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace recover
