#include "http/raw_answer.h"

#include <microhttpd.h>

#include <sys/socket.h>

namespace recover {

std::string RawAnswer(const Answer& answer) {
  const char* reason = MHD_get_reason_phrase_for(static_cast<unsigned>(answer.status));
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " " +
                      (reason == nullptr ? "Unknown" : reason) + "\r\n";
  for (const auto& [name, value] : answer.headers) {
    bytes += name + ": " + value + "\r\n";
  }
  bytes += "Content-Type: " + answer.content_type + "\r\n";
  bytes += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  return bytes + "Connection: close\r\n\r\n" + answer.body;
}

void SendRawAnswer(int socket, const Answer& answer) {
  const std::string bytes = RawAnswer(answer);
  // The result does not matter: there is nobody left to tell.
  static_cast<void>(send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace recover
