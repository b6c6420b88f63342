#include "jobs/failure_text.h"

#include <cctype>

namespace recover {
namespace {

constexpr std::string_view kUncharged = " No credits were taken.";

/// The sentence with a capital at its start and a full stop at its end.
std::string Sentence(std::string text) {
  if (!text.empty() && text.back() != '.') {
    text += '.';
  }
  return text;
}

}  // namespace

std::string FailureText(const Status& why) {
  std::string text;
  switch (why.code()) {
    case StatusCode::kCorruptInput:
    case StatusCode::kUnprocessable:
      text = Sentence(why.message()) +
             " Send the picture again; if it fails again, open it in an image editor and save it "
             "anew.";
      break;
    case StatusCode::kUnsupportedFormat:
      text = Sentence(why.message()) + " Send the picture as JPEG, PNG or TIFF.";
      break;
    case StatusCode::kInvalidArgument:
      text = Sentence(why.message()) + " Submit it again with other settings.";
      break;
    case StatusCode::kTooLarge:
      text =
          "The picture needs more memory than this server gives to one job. Ask for a smaller "
          "output or another output format, or let the server's operator raise --memory.";
      break;
    case StatusCode::kOutOfSpace:
      text =
          "The server's disk is full. Submit the job again later; the server's operator has to "
          "free "
          "space.";
      break;
    case StatusCode::kNotFound:
    case StatusCode::kGone:
      text = "The job's input is no longer on the server. Upload the picture again.";
      break;
    case StatusCode::kUnavailable:
      text =
          "Something that the job needs is not there on the server now. Submit it again later; the "
          "server's log has the details.";
      break;
    default:
      text =
          "Something went wrong inside the server. Submit the job again; if it fails again, give "
          "its "
          "process_id to the server's operator, whose log has the details.";
      break;
  }
  text += kUncharged;
  return text;
}

std::string TimeoutText(int64_t seconds) {
  return "The job worked for longer than the " + std::to_string(seconds) +
         " seconds that this server gives to one job. Ask for a smaller output, or let the "
         "server's operator raise --job-timeout." +
         std::string(kUncharged);
}

}  // namespace recover
