#include "http/test_server.h"

#include <algorithm>
#include <filesystem>

#include <sys/socket.h>
#include <sys/time.h>

#include "base/strings.h"
#include "http/socket_address.h"

namespace recover {
namespace {

constexpr timeval kPatience = {20, 0};

}  // namespace

Json Reply::json() const {
  auto json = ParseJson(body, "answer");
  EXPECT_TRUE(json) << head << body;
  return json ? *std::move(json) : Json();
}

std::string Reply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

TestClient::TestClient(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const SocketAddress address = Take(MakeSocketAddress("127.0.0.1", port));
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  EXPECT_EQ(connect(fd_.get(), address.get(), address.length()), 0);
}

void TestClient::Send(std::string_view bytes) const { EXPECT_TRUE(TrySend(bytes)); }

bool TestClient::TrySend(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void TestClient::ShutWriting() const { shutdown(fd_.get(), SHUT_WR); }

bool TestClient::Fill() {
  char bytes[65536];
  const ssize_t count = recv(fd_.get(), bytes, sizeof(bytes), 0);
  if (count <= 0) {
    return false;
  }
  pending_.append(bytes, static_cast<size_t>(count));
  return true;
}

Reply TestClient::Read(bool is_head) {
  Reply reply;
  size_t end = std::string::npos;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) {
      return reply;
    }
  }
  reply.head = pending_.substr(0, end);
  pending_.erase(0, end + 4);
  reply.status = std::stoi(reply.head.substr(9, 3));
  if (reply.status == 100) {
    return Read(is_head);
  }
  std::string_view lines = reply.head;
  while (!lines.empty()) {
    const size_t line_end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, line_end);
    lines.remove_prefix(std::min(line_end + 2, lines.size()));
    if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
      reply.headers[AsciiLower(line.substr(0, colon))] = Trim(line.substr(colon + 1));
    }
  }
  const std::string length = reply.header("content-length");
  const size_t wanted = is_head || length.empty() ? 0 : std::stoul(length);
  while (pending_.size() < wanted && Fill()) {
  }
  reply.body = pending_.substr(0, wanted);
  pending_.erase(0, wanted);
  return reply;
}

bool TestClient::IsClosed() {
  while (Fill()) {
  }
  char byte = 0;
  return recv(fd_.get(), &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

std::string FormOf(const std::vector<Part>& parts) {
  std::string form;
  for (const Part& part : parts) {
    form += "--XX\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
    if (part.file_name) {
      form += "; filename=\"" + *part.file_name + "\"\r\nContent-Type: image/jpeg";
    }
    form += "\r\n\r\n" + part.value + "\r\n";
  }
  return form + "--XX--\r\n";
}

TestServer::TestServer(ServerOptions options, ServiceLimits limits,
                       std::vector<IpNetwork> allowed_networks)
    : store(limits), allowed(std::move(allowed_networks)) {
  const NewKey made = Take(store.keys->Create("http", 100'000, 0));
  key = made.record;
  key_text = made.text;
  Restart(std::move(options));
}

void TestServer::Restart(ServerOptions options) {
  http.reset();
  options.port = 0;
  options.clock = &store.clock;
  ServerParts parts{.service = store.service.get(),
                    .blobs = store.blobs.get(),
                    .guard = AddressGuard(allowed),
                    .workers_ready = [] { return true; }};
  http = Take(HttpServer::Start(std::move(options), std::move(parts)));
}

Reply TestServer::AskBare(std::string_view method, std::string_view target,
                          std::string_view headers, std::string_view body) const {
  TestClient client(port());
  std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  if (("\n" + AsciiLower(headers)).find("\nhost:") == std::string::npos) {
    request += "Host: 127.0.0.1:" + std::to_string(port()) + "\r\n";
  }
  if (!body.empty() || method == "POST") {
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  client.Send(request + std::string(headers) + "\r\n" + std::string(body));
  return client.Read(method == "HEAD");
}

Reply TestServer::Ask(std::string_view method, std::string_view target, std::string_view headers,
                      std::string_view body) const {
  return AskBare(method, target, KeyLine() + std::string(headers), body);
}

Reply TestServer::Submit(const std::vector<Part>& parts) const {
  return Ask("POST", "/image/v1/enhance-gen/async", kFormType, FormOf(parts));
}

std::string TestServer::SubmitPicture(const std::vector<Part>& more) const {
  std::vector<Part> parts = {{"image", PngOf({8, 6}), "small.png"}};
  parts.insert(parts.end(), more.begin(), more.end());
  const Reply reply = Submit(parts);
  EXPECT_EQ(reply.status, 200) << reply.body;
  return reply.json().value("process_id", "");
}

void TestServer::CompleteOne() { store.Complete(store.ClaimOne()); }

size_t TestServer::BlobFiles() const {
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store.blobs->root())) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  return files;
}

}  // namespace recover
