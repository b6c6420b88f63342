// An answer written to a socket by hand: where libmicrohttpd has no say or would speak HTML.
#pragma once

#include <string>

#include "http/answer.h"

namespace recover {

/// The answer's bytes with Connection: close.
std::string RawAnswer(const Answer& answer);

/// Sends without waiting: these answers are smaller than any socket's buffer. What cannot be
/// sent at once is lost, as the client is.
void SendRawAnswer(int socket, const Answer& answer);

}  // namespace recover
