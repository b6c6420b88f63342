#include "net/transfer.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/strings.h"
#include "base/version.h"

namespace recover {
namespace {

// Far above what servers send; a stranger's server could send headers for ever.
constexpr size_t kMaxHeaderBytes = 256 << 10;

struct EasyCloser {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiCloser {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, EasyCloser>;
using MultiHandle = std::unique_ptr<CURLM, MultiCloser>;
using List = std::unique_ptr<curl_slist, ListCloser>;

// What libcurl's callbacks see and leave behind. Used by one thread.
struct Exchange {
  CURL* easy = nullptr;
  const AddressGuard* guard = nullptr;
  const std::function<Status(std::string_view)>* sink = nullptr;
  int64_t max_bytes = 0;
  int64_t received = 0;
  size_t header_bytes = 0;
  bool status_is_enough = false;
  bool refused_address = false;
  std::string location;
  bool is_too_large = false;
  bool has_all = false;  // Ended by us: the rest of the answer does not matter.
  Status failure;        // Of the sink or a limit of ours.

  int status() const {
    long code = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }
};

std::optional<IpAddress> AddressOf(const curl_sockaddr& target) {
  IpAddress address = *ParseIpAddress("0.0.0.0");
  if (target.family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &target.addr, sizeof v4);
    std::memcpy(address.bytes.data() + 12, &v4.sin_addr, 4);
  } else if (target.family == AF_INET6) {
    sockaddr_in6 v6;
    // curl_sockaddr ends in a sockaddr with room behind it for longer ones.
    std::memcpy(&v6, static_cast<const void*>(&target.addr), sizeof v6);
    std::memcpy(address.bytes.data(), &v6.sin6_addr, 16);
  } else {
    return std::nullopt;
  }
  return address;
}

// libcurl connects to exactly what stands in `target` when this returns.
curl_socket_t OpenSocket(void* context, curlsocktype /*purpose*/, curl_sockaddr* target) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::optional<IpAddress> address = AddressOf(*target);
  if (!address || !exchange.guard->Allows(*address)) {
    exchange.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  // Not handed to worker processes that start meanwhile.
  return socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

size_t TakeHeader(char* data, size_t size, size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::string_view line(data, size * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMaxHeaderBytes) {
    exchange.failure = Status(StatusCode::kUnavailable, "its answer has too many headers");
    return 0;
  }
  constexpr std::string_view kLocation = "location:";
  if (exchange.location.empty() && AsciiLower(line.substr(0, kLocation.size())) == kLocation) {
    exchange.location = Trim(line.substr(kLocation.size()));
  }
  const int status = exchange.status();
  if (Trim(line).empty() && status >= 300 && !exchange.status_is_enough) {
    exchange.has_all = true;  // The body of an error or a redirect is for people.
    return 0;
  }
  return line.size();
}

size_t TakeBody(char* data, size_t size, size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const size_t bytes = size * count;
  exchange.received += static_cast<int64_t>(bytes);
  if (exchange.received > exchange.max_bytes) {
    exchange.has_all = exchange.status_is_enough;
    exchange.is_too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  if (Status written = (*exchange.sink)({data, bytes}); !written.ok()) {
    exchange.failure = std::move(written);
    return CURL_WRITEFUNC_ERROR;
  }
  return bytes;
}

// "*:443:[2001:db8::1],192.0.2.1": these addresses for whatever name the URL has.
std::string Pinned(const HttpUrl& url, std::span<const IpAddress> addresses) {
  std::string entry = "*:" + std::to_string(url.port) + ":";
  for (const IpAddress& address : addresses) {
    entry += entry.ends_with(':') ? "" : ",";
    entry += address.is_v4() ? address.ToText() : "[" + address.ToText() + "]";
  }
  return entry;
}

Status Append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) {
    return {StatusCode::kInternal, "out of memory"};
  }
  (void)list.release();
  list.reset(longer);
  return Status::Ok();
}

// Sets options one by one and remembers whether all were taken.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}

  template <typename T>
  void Set(CURLoption option, T value) {
    ok_ = curl_easy_setopt(easy_, option, value) == CURLE_OK && ok_;
  }
  bool ok() const { return ok_; }

 private:
  CURL* easy_;
  bool ok_ = true;
};

long Milliseconds(std::chrono::steady_clock::duration time) {
  // libcurl reads 0 as "for ever".
  return static_cast<long>(
      std::max<int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(time).count()));
}

void SetLimits(Options& options, const TransferRequest& request) {
  const auto left = request.deadline - std::chrono::steady_clock::now();
  options.Set(CURLOPT_TIMEOUT_MS, Milliseconds(left));
  options.Set(CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(std::min<std::chrono::steady_clock::duration>(
                                             left, request.connect_timeout)));
  options.Set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request.max_bytes));
  if (request.stall_timeout.count() > 0) {
    options.Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    options.Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
  }
}

// Nothing of the environment, of files at home or of the server's choosing steers the exchange.
void SetManners(Options& options) {
  options.Set(CURLOPT_NOSIGNAL, 1L);
  options.Set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.Set(CURLOPT_FOLLOWLOCATION, 0L);
  options.Set(CURLOPT_PROXY, "");
  options.Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  options.Set(CURLOPT_HTTP09_ALLOWED, 0L);
  options.Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  options.Set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.Set(CURLOPT_SSL_VERIFYHOST, 2L);
  options.Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  options.Set(CURLOPT_USERAGENT, ("recover/" + std::string(kVersion)).c_str());
}

void SetCallbacks(Options& options, Exchange& exchange) {
  options.Set(CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  options.Set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
  options.Set(CURLOPT_HEADERFUNCTION, &TakeHeader);
  options.Set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  options.Set(CURLOPT_WRITEFUNCTION, &TakeBody);
  options.Set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
}

// Performs until the exchange ends or `stop` is requested; kCancelled then.
Result<CURLcode> Drive(CURLM* multi, CURL* easy, const std::stop_token& stop) {
  const Status fault(StatusCode::kInternal, "libcurl could not run the exchange");
  if (curl_multi_add_handle(multi, easy) != CURLM_OK) {
    return fault;
  }
  const auto remove = [&](CURL* handle) { curl_multi_remove_handle(multi, handle); };
  const std::unique_ptr<CURL, decltype(remove)> added(easy, remove);
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  int running = 1;
  while (true) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) {
      return fault;
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) {
        return message->data.result;
      }
    }
    if (stop.stop_requested()) {
      return Status(StatusCode::kCancelled, "stopped before the answer came");
    }
    if (curl_multi_poll(multi, nullptr, 0, 1000, nullptr) != CURLM_OK) {
      return fault;
    }
  }
}

Status TooLarge(const TransferRequest& request) {
  return {StatusCode::kTooLarge, "the file is larger than " + HumanBytes(request.max_bytes)};
}

// What went wrong, from libcurl's code; its own texts may name addresses.
Status FailureOf(CURLcode code, const std::string& host) {
  const auto unavailable = [](std::string sentence) {
    return Status(StatusCode::kUnavailable, std::move(sentence));
  };
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable("could not connect to " + host);
    case CURLE_OPERATION_TIMEDOUT:
      return unavailable(host + " took too long to answer");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return unavailable("the certificate of " + host + " could not be verified");
    case CURLE_SSL_CONNECT_ERROR:
      return unavailable("no secure connection to " + host + " could be made");
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return unavailable(host + " closed the connection before its answer was complete");
    default:
      return unavailable(host + " did not answer as an HTTP server does (" +
                         curl_easy_strerror(code) + ")");
  }
}

Result<TransferAnswer> Conclude(CURLcode code, const Exchange& exchange,
                                const TransferRequest& request) {
  const int status = exchange.status();
  const bool is_answer =
      code == CURLE_OK || exchange.has_all || (exchange.status_is_enough && status >= 200);
  if (!is_answer && (exchange.is_too_large || code == CURLE_FILESIZE_EXCEEDED)) {
    return TooLarge(request);
  }
  if (!is_answer && !exchange.failure.ok()) {
    return exchange.failure;
  }
  if (!is_answer) {
    if (exchange.refused_address) {
      return Status(StatusCode::kInvalidArgument, std::string(kClosedAddress));
    }
    return FailureOf(code, request.url->host);
  }
  return TransferAnswer{.status = status, .location = exchange.location};
}

}  // namespace

Result<TransferAnswer> RunTransfer(const TransferRequest& request, const AddressGuard& guard,
                                   const std::function<Status(std::string_view piece)>& sink,
                                   const std::stop_token& stop) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (std::chrono::steady_clock::now() >= request.deadline) {
    return FailureOf(CURLE_OPERATION_TIMEDOUT, request.url->host);
  }
  List pinned;
  List headers;
  RECOVER_RETURN_IF_ERROR(Append(pinned, Pinned(*request.url, request.addresses)));
  for (const auto& [name, value] : request.headers) {
    RECOVER_RETURN_IF_ERROR(Append(headers, name + ": " + value));
  }
  const EasyHandle easy(curl_easy_init());
  const MultiHandle multi(curl_multi_init());
  if (easy == nullptr || multi == nullptr) {
    return Status(StatusCode::kInternal, "out of memory");
  }
  Exchange exchange{.easy = easy.get(),
                    .guard = &guard,
                    .sink = &sink,
                    .max_bytes = request.max_bytes,
                    .status_is_enough = request.status_is_enough,
                    .location = {},
                    .failure = {}};
  Options options(easy.get());
  options.Set(CURLOPT_URL, request.url->text.c_str());
  options.Set(CURLOPT_RESOLVE, pinned.get());
  options.Set(CURLOPT_HTTPHEADER, headers.get());
  SetManners(options);
  SetLimits(options, request);
  SetCallbacks(options, exchange);
  if (request.post_body != nullptr) {
    options.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.post_body->size()));
    options.Set(CURLOPT_POSTFIELDS, request.post_body->c_str());
  }
  if (!request.ca_file.empty()) {
    options.Set(CURLOPT_CAINFO, request.ca_file.c_str());
  }
  if (!options.ok()) {
    return Status(StatusCode::kInternal, "libcurl lacks an option that a safe exchange needs");
  }
  RECOVER_ASSIGN_OR_RETURN(const CURLcode code, Drive(multi.get(), easy.get(), stop));
  return Conclude(code, exchange, request);
}

}  // namespace recover
