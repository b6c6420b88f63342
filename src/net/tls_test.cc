// Certificates are checked: a TLS server in Python shows one that only this test trusts.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/unique_fd.h"
#include "net/transfer.h"

namespace recover {
namespace {

constexpr char kTls[] = RECOVER_SOURCE_DIR "/tests/data/tls/";
constexpr char kServer[] = R"(
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'picture')
    def log_message(self, *arguments):
        pass
class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        pass
server = Server(('127.0.0.1', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + 'cert.pem', sys.argv[1] + 'key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_port, flush=True)
server.serve_forever()
)";

// Its certificate is for photos.example and signed by itself.
class TlsServer {
 public:
  TlsServer() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(write_end.get(), STDOUT_FILENO);
      execlp("python3", "python3", "-c", kServer, kTls, nullptr);
      _exit(127);
    }
    write_end.Reset();
    std::string line;
    char character = 0;
    while (read(read_end.get(), &character, 1) == 1 && character != '\n') {
      line += character;
    }
    port_ = line.empty() ? 0 : std::stoi(line);
  }
  ~TlsServer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

Result<std::string> Get(int port, const std::string& host, const std::string& ca_file) {
  RECOVER_ASSIGN_OR_RETURN(const HttpUrl url,
                           ParseHttpUrl("https://" + host + ":" + std::to_string(port) + "/", ""));
  const std::vector<IpAddress> addresses = {*ParseIpAddress("127.0.0.1")};
  const TransferRequest request{
      .url = &url,
      .addresses = addresses,
      .headers = {},
      .max_bytes = 1000,
      .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20),
      .ca_file = ca_file};
  std::string body;
  const auto sink = [&](std::string_view piece) {
    body += piece;
    return Status::Ok();
  };
  const AddressGuard guard({*ParseIpNetwork("127.0.0.1")});
  const auto answer = RunTransfer(request, guard, sink, {});
  return answer ? Result<std::string>(body) : Result<std::string>(answer.error());
}

TEST(Tls, TakesOnlyTrustedCertificatesForTheRightName) {
  const TlsServer server;
  ASSERT_NE(server.port(), 0) << "python3 did not start";
  const std::string trusted = std::string(kTls) + "cert.pem";
  const auto good = Get(server.port(), "photos.example", trusted);
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_EQ(*good, "picture");
  for (const auto& [host, ca_file] :
       {std::pair("photos.example", std::string()), std::pair("other.example", trusted),
        std::pair("127.0.0.1", trusted)}) {
    const auto refused = Get(server.port(), host, ca_file);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code(), StatusCode::kUnavailable);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("certificate"));
  }
}

}  // namespace
}  // namespace recover
