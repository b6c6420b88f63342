// What the tests of this folder share: a real server on a free port over a real store, and a
// client that sends exactly the bytes it is told to.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/unique_fd.h"
#include "http/server.h"
#include "jobs/test_store.h"

namespace recover {

/// An answer as it came. Header names in lower case.
struct Reply {
  int status = 0;  ///< 0 = the connection ended without an answer.
  std::map<std::string, std::string> headers;
  std::string head;  ///< All of it, as it came.
  std::string body;

  Json json() const;
  std::string message() const { return json().value("message", ""); }
  std::string header(const std::string& name) const;
};

/// A connection. Waits 20 s for an answer at most.
class TestClient {
 public:
  explicit TestClient(int port);

  void Send(std::string_view bytes) const;
  /// False when the peer has closed its reading side.
  bool TrySend(std::string_view bytes) const;
  Reply Read(bool is_head = false);
  /// True once the server has closed the connection; waits for it.
  bool IsClosed();
  /// The server reads an end; answers still come.
  void ShutWriting() const;

 private:
  bool Fill();
  UniqueFd fd_;
  std::string pending_;
};

struct Part {
  std::string name;
  std::string value;
  std::optional<std::string> file_name = {};
};

/// A form's body by the boundary "XX".
std::string FormOf(const std::vector<Part>& parts);
inline constexpr std::string_view kFormType = "Content-Type: multipart/form-data; boundary=XX\r\n";

class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, ServiceLimits limits = {},
                      std::vector<IpNetwork> allowed = {});

  /// Stops and starts again on the same store.
  void Restart(ServerOptions options);

  int port() const { return http->port(); }
  /// A request on a connection of its own, with the key. `headers`: whole lines.
  Reply Ask(std::string_view method, std::string_view target, std::string_view headers = {},
            std::string_view body = {}) const;
  /// The same with no header but Host and these.
  Reply AskBare(std::string_view method, std::string_view target, std::string_view headers = {},
                std::string_view body = {}) const;
  Reply Submit(const std::vector<Part>& parts) const;
  /// A small picture; its process_id.
  std::string SubmitPicture(const std::vector<Part>& more = {}) const;
  /// A worker's part: the oldest job is completed with an output.
  void CompleteOne();

  std::string KeyLine() const { return "X-API-Key: " + key_text + "\r\n"; }
  size_t BlobFiles() const;

  TestStore store;
  KeyRecord key;
  std::string key_text;
  std::vector<IpNetwork> allowed;
  std::unique_ptr<HttpServer> http;
};

}  // namespace recover
