#include "http/listener.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "http/answer.h"
#include "http/raw_answer.h"
#include "http/socket_address.h"

namespace recover {
namespace {

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kSweep(250);
// By then a connection that was handed on has been read.
constexpr std::chrono::milliseconds kNudge(5);
constexpr std::chrono::seconds kLingerTime(10);
constexpr int64_t kLingerBytes = int64_t{64} << 20;
constexpr size_t kMostLingering = 512;
constexpr size_t kPeekBytes = kMostHeadBytes + 1024;

void Poke(int event_fd) {
  const uint64_t one = 1;
  static_cast<void>(!write(event_fd, &one, sizeof(one)));
}

void ClearPokes(int event_fd) {
  uint64_t count = 0;
  static_cast<void>(!read(event_fd, &count, sizeof(count)));
}

}  // namespace

Result<ListenSocket> OpenListenSocket(const std::string& host, int port) {
  RECOVER_ASSIGN_OR_RETURN(SocketAddress address, MakeSocketAddress(host, port));
  ListenSocket listening;
  listening.fd =
      UniqueFd(socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = listening.fd.get();
  const int on = 1;
  if (!listening.fd.valid() || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(fd, address.get(), address.length()) != 0 || listen(fd, kBacklog) != 0) {
    const Status reason =
        StatusFromErrno(errno, "cannot listen on " + host + " port " + std::to_string(port));
    return Status(StatusCode::kUnavailable, reason.message());
  }
  listening.port = PortOfSocket(fd);
  return listening;
}

Listener::Listener(ListenSocket socket, ConnectionTable& table, Events events, Options options)
    : table_(table),
      events_(std::move(events)),
      options_(options),
      listen_fd_(std::move(socket.fd)),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<std::unique_ptr<Listener>> Listener::Create(ListenSocket socket, ConnectionTable& table,
                                                   Events events, Options options) {
  std::unique_ptr<Listener> listener(
      new Listener(std::move(socket), table, std::move(events), options));
  if (!listener->epoll_fd_.valid() || !listener->wake_fd_.valid() ||
      !listener->Watch(listener->wake_fd_.get(), EPOLLIN) ||
      !listener->Watch(listener->listen_fd_.get(), EPOLLIN)) {
    return StatusFromErrno(errno, "cannot watch the listening socket");
  }
  return listener;
}

void Listener::Start() {
  thread_ = std::thread([this] { Run(); });
}

Listener::~Listener() { Stop(); }

void Listener::StopListening() {
  const std::scoped_lock lock(mutex_);
  stop_listening_ = true;
  Poke(wake_fd_.get());
}

void Listener::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
    Poke(wake_fd_.get());
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Listener::Linger(UniqueFd fd) {
  const std::scoped_lock lock(mutex_);
  if (!stop_) {
    to_linger_.push_back(std::move(fd));
    Poke(wake_fd_.get());
  }
}

bool Listener::Watch(int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  return epoll_ctl(epoll_fd_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Listener::Run() {
  std::array<epoll_event, 64> events = {};
  auto next_sweep = std::chrono::steady_clock::now() + kSweep;
  while (true) {
    const int count = epoll_wait(epoll_fd_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>((to_nudge_.empty() ? kSweep : kNudge).count()));
    {
      const std::scoped_lock lock(mutex_);
      if (stop_) break;
    }
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      const int fd = event.data.fd;
      if (fd == wake_fd_.get()) {
        TakeQueued();
      } else if (fd == listen_fd_.get()) {
        Accept();
      } else if (const auto found = waiting_.find(fd); found != waiting_.end()) {
        found->second.is_lingering
            ? Drain(found->second)
            : PeekAtHead(found->second, (event.events & (EPOLLRDHUP | EPOLLHUP)) != 0);
      }
    }
    if (count == 0) {
      Nudge();
    }
    if (std::chrono::steady_clock::now() >= next_sweep) {
      EndOverdue();
      next_sweep = std::chrono::steady_clock::now() + kSweep;
    }
  }
  while (!waiting_.empty()) {
    Forget(waiting_.begin()->first);
  }
  listen_fd_.Reset();
}

void Listener::TakeQueued() {
  ClearPokes(wake_fd_.get());
  std::vector<UniqueFd> queued;
  {
    const std::scoped_lock lock(mutex_);
    queued.swap(to_linger_);
    if (stop_listening_ && listen_fd_.valid()) {
      listen_fd_.Reset();
      is_accepting_ = true;
    }
  }
  for (UniqueFd& fd : queued) {
    StartLingering(std::move(fd), {});
  }
}

void Listener::Accept() {
  constexpr int kAtOnce = 64;
  for (int i = 0; i < kAtOnce; ++i) {
    sockaddr_storage storage = {};
    socklen_t length = sizeof(storage);
    UniqueFd fd(accept4(listen_fd_.get(), reinterpret_cast<sockaddr*>(&storage), &length,
                        SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd.valid()) {
      Welcome(std::move(fd), AddressOf(storage));
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The sweep looks again: until then the connection waits in the backlog.
      epoll_ctl(epoll_fd_.get(), EPOLL_CTL_DEL, listen_fd_.get(), nullptr);
      is_accepting_ = false;
    }
    if (errno != ECONNABORTED && errno != EINTR) {
      return;
    }
  }
}

void Listener::Welcome(UniqueFd fd, const IpAddress& peer) {
  const auto verdict = table_.Admit(peer, events_.is_exempt(peer));
  if (verdict != ConnectionTable::Verdict::kWelcome) {
    const Refusal refusal =
        verdict == ConnectionTable::Verdict::kTooMany
            ? Refusal{503, "the server has too many connections open; try again later"}
            : Refusal{429, "this address has too many connections open"};
    SendRawAnswer(fd.get(), ErrorAnswer(refusal.status, refusal.message));
    events_.on_refusal(peer, refusal);
    shutdown(fd.get(), SHUT_WR);
    StartLingering(std::move(fd), peer);
    return;
  }
  if (!options_.peeks_at_heads) {
    events_.on_connection(std::move(fd), peer);
    return;
  }
  const int number = fd.get();
  Waiting waiting{.fd = std::move(fd), .peer = peer, .since = std::chrono::steady_clock::now()};
  waiting_.insert_or_assign(number, std::move(waiting));
  // By edges: bytes that are peeked at stay and would raise a level for ever.
  if (!Watch(number, EPOLLIN | EPOLLRDHUP | EPOLLET)) {
    Forget(number);
  }
}

void Listener::PeekAtHead(Waiting& waiting, bool is_half_closed) {
  std::array<char, kPeekBytes> bytes;
  const ssize_t count = recv(waiting.fd.get(), bytes.data(), bytes.size(), MSG_PEEK);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (count <= 0) {
    Forget(waiting.fd.get());
    return;
  }
  waiting.has_sent = true;
  const HeadCheck check = CheckRequestHead({bytes.data(), static_cast<size_t>(count)});
  if (check.kind == HeadCheck::Kind::kRefused) {
    Refuse(waiting, check.refusal);
  } else if (check.kind == HeadCheck::Kind::kGood) {
    const int number = waiting.fd.get();
    epoll_ctl(epoll_fd_.get(), EPOLL_CTL_DEL, number, nullptr);
    Waiting taken = std::move(waiting);
    waiting_.erase(number);
    const int64_t id = events_.on_connection(std::move(taken.fd), taken.peer);
    if (is_half_closed) {
      to_nudge_.push_back(id);
    }
  } else if (is_half_closed) {
    Refuse(waiting, {400, "the connection ended before the request's head did"});
  }
}

void Listener::Nudge() {
  for (const int64_t id : to_nudge_) {
    table_.NudgeHalfClosed(id);
  }
  to_nudge_.clear();
}

void Listener::Refuse(Waiting& waiting, const Refusal& refusal) {
  SendRawAnswer(waiting.fd.get(), ErrorAnswer(refusal.status, refusal.message));
  events_.on_refusal(waiting.peer, refusal);
  shutdown(waiting.fd.get(), SHUT_WR);
  const int number = waiting.fd.get();
  epoll_ctl(epoll_fd_.get(), EPOLL_CTL_DEL, number, nullptr);
  Waiting taken = std::move(waiting);
  waiting_.erase(number);
  table_.Leave(taken.peer);
  StartLingering(std::move(taken.fd), taken.peer);
}

void Listener::StartLingering(UniqueFd fd, const IpAddress& peer) {
  if (waiting_.size() >= kMostLingering + static_cast<size_t>(table_.size())) {
    return;
  }
  const int number = fd.get();
  Waiting waiting{.fd = std::move(fd),
                  .peer = peer,
                  .is_lingering = true,
                  .since = std::chrono::steady_clock::now()};
  waiting_.insert_or_assign(number, std::move(waiting));
  if (!Watch(number, EPOLLIN | EPOLLRDHUP)) {
    Forget(number);
  }
}

void Listener::Drain(Waiting& waiting) {
  std::array<char, 65536> bytes;
  const ssize_t count = recv(waiting.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  waiting.drained_bytes += std::max<ssize_t>(count, 0);
  if (count <= 0 || waiting.drained_bytes > kLingerBytes) {
    Forget(waiting.fd.get());
  }
}

void Listener::EndOverdue() {
  table_.EndOverdue();
  const auto now = std::chrono::steady_clock::now();
  std::vector<int> overdue;
  for (const auto& [number, waiting] : waiting_) {
    const std::chrono::milliseconds patience = waiting.is_lingering ? kLingerTime
                                               : waiting.has_sent   ? options_.head_timeout
                                                                    : options_.idle_timeout;
    if (now - waiting.since > patience) {
      overdue.push_back(number);
    }
  }
  for (const int number : overdue) {
    Waiting& waiting = waiting_.at(number);
    if (!waiting.is_lingering && waiting.has_sent) {
      SendRawAnswer(number, ErrorAnswer(408, "the request's head came too slowly"));
    }
    Forget(number);
  }
  if (!is_accepting_ && listen_fd_.valid()) {
    is_accepting_ = Watch(listen_fd_.get(), EPOLLIN);
  }
}

void Listener::Forget(int fd) {
  const auto found = waiting_.find(fd);
  if (found == waiting_.end()) {
    return;
  }
  epoll_ctl(epoll_fd_.get(), EPOLL_CTL_DEL, fd, nullptr);
  if (!found->second.is_lingering) {
    table_.Leave(found->second.peer);
  }
  waiting_.erase(found);
}

}  // namespace recover
