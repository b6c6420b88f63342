#include "net/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>

namespace recover {
namespace {

// Look-ups that a slow name server has not answered yet; above this, new ones are refused
// rather than a thread made for each.
constexpr int kMaxUnderWay = 128;

struct InfoCloser {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

std::optional<IpAddress> AddressOf(const sockaddr* address) {
  IpAddress result = *ParseIpAddress("0.0.0.0");
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    std::memcpy(result.bytes.data() + 12, &v4->sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::memcpy(result.bytes.data(), &v6->sin6_addr, 16);
  } else {
    return std::nullopt;
  }
  return result;
}

Result<std::vector<IpAddress>> Assystem(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_IDN;
  addrinfo* raw = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  const std::unique_ptr<addrinfo, InfoCloser> list(error == 0 ? raw : nullptr);
  std::vector<IpAddress> addresses;
  for (const addrinfo* info = list.get(); info != nullptr; info = info->ai_next) {
    const auto address = AddressOf(info->ai_addr);
    if (address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  if (!addresses.empty()) {
    return addresses;
  }
  if (error == EAI_AGAIN || error == EAI_SYSTEM || error == EAI_MEMORY) {
    return Status(StatusCode::kUnavailable, "the name " + host + " could not be looked up now");
  }
  return Status(StatusCode::kInvalidArgument, "there is no host " + host);
}

// getaddrinfo can neither be stopped nor given a time: it runs on a thread of its own, and who
// asked stops waiting. Shared by the two; the last one frees it.
struct Lookup {
  std::mutex mutex;
  std::condition_variable_any done;
  std::optional<Result<std::vector<IpAddress>>> answer;  // Guarded by mutex.
};

class SystemResolver final : public Resolver {
 public:
  Result<std::vector<IpAddress>> Resolve(const std::string& host,
                                         std::chrono::steady_clock::time_point deadline,
                                         const std::stop_token& stop) const override {
    auto lookup = std::make_shared<Lookup>();
    RECOVER_RETURN_IF_ERROR(StartThread(host, lookup));
    std::unique_lock lock(lookup->mutex);
    lookup->done.wait_until(lock, stop, deadline, [&] { return lookup->answer.has_value(); });
    if (lookup->answer) {
      return *std::move(lookup->answer);
    }
    if (stop.stop_requested()) {
      return Status(StatusCode::kCancelled, "stopped while looking up " + host);
    }
    return Status(StatusCode::kUnavailable, "looking up the name " + host + " took too long");
  }

 private:
  static Status StartThread(const std::string& host, const std::shared_ptr<Lookup>& lookup) {
    static std::atomic<int> under_way = 0;
    const Status busy(StatusCode::kUnavailable, "too many names are being looked up now");
    if (under_way.fetch_add(1) >= kMaxUnderWay) {
      --under_way;
      return busy;
    }
    try {
      std::thread([host, lookup] {
        auto answer = Assystem(host);
        {
          const std::lock_guard lock(lookup->mutex);
          lookup->answer = std::move(answer);
        }
        lookup->done.notify_all();
        --under_way;
      }).detach();
    } catch (const std::system_error&) {
      --under_way;
      return busy;
    }
    return Status::Ok();
  }
};

}  // namespace

const Resolver& Resolver::System() {
  // Never destroyed: a look-up may outlive main.
  static const auto* const system = new SystemResolver;
  return *system;
}

}  // namespace recover
