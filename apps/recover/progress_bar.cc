#include "progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <sys/ioctl.h>

namespace recover::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr double kFirstWordSeconds = 1.0;  // Nothing is claimed before this.
constexpr double kMemorySeconds = 20.0;    // How far the rate looks back.

double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

int TerminalColumns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

/// Columns that UTF-8 text takes, counting each code point as one.
size_t CodePoints(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// The end of `name` within `columns`; control characters become "?".
std::string FitName(std::string name, size_t columns) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (CodePoints(name) <= columns) {
    return name;
  }
  size_t begin = 0;
  while (CodePoints(name.substr(begin)) + 3 > columns && begin < name.size()) {
    ++begin;
    while (begin < name.size() && (static_cast<unsigned char>(name[begin]) & 0xC0U) == 0x80U) {
      ++begin;
    }
  }
  return "..." + name.substr(begin);
}

std::string Fixed(double number, int decimals) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%.*f", decimals, number);
  return buffer;
}

}  // namespace

void RateEstimate::Start(std::chrono::steady_clock::time_point now, double done) {
  first_time_ = last_time_ = now;
  first_done_ = last_done_ = done;
  recent_ = rate_ = 0;
}

void RateEstimate::Update(std::chrono::steady_clock::time_point now, double done) {
  // Work comes in lumps (a band of tiles at once), so time without any is part of the
  // rate: it is taken in together with the next lump.
  if (done <= last_done_ || now <= last_time_) {
    return;
  }
  const double step_seconds = Seconds(now - last_time_);
  const double step_rate = (done - last_done_) / step_seconds;
  const double weight = 1 - std::exp(-step_seconds / kMemorySeconds);
  recent_ = recent_ == 0 ? step_rate : recent_ + weight * (step_rate - recent_);
  last_time_ = now;
  last_done_ = done;
  const double elapsed = Seconds(now - first_time_);
  if (elapsed < kFirstWordSeconds) {
    return;
  }
  // The mean so far while it is short, the recent rate later.
  const double mean = (done - first_done_) / elapsed;
  rate_ = elapsed < kMemorySeconds ? mean : recent_;
}

ProgressBar::ProgressBar(bool enabled, const Clock& clock, int files, double megapixels)
    : enabled_(enabled), clock_(clock), files_(files), megapixels_(megapixels) {
  estimate_.Start(clock_.Now(), 0);
}

ProgressBar::~ProgressBar() {
  const std::lock_guard lock(mutex_);
  Erase();
}

void ProgressBar::BeginFile(const std::string& name, int number, double megapixels) {
  const std::lock_guard lock(mutex_);
  name_ = name;
  number_ = number;
  file_megapixels_ = megapixels;
  share_ = 0;
  Draw(true);
}

void ProgressBar::Update(int64_t done, int64_t total) {
  const std::lock_guard lock(mutex_);
  share_ = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
  estimate_.Update(clock_.Now(), finished_megapixels_ + share_ * file_megapixels_);
  Draw(done == total);
}

void ProgressBar::EndFile() {
  const std::lock_guard lock(mutex_);
  finished_megapixels_ += file_megapixels_;
  estimate_.Update(clock_.Now(), finished_megapixels_);
  file_megapixels_ = 0;
  share_ = 0;
  Erase();
}

void ProgressBar::Print(const std::string& text) {
  const std::lock_guard lock(mutex_);
  Erase();
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

void ProgressBar::Draw(bool force) {
  const auto now = clock_.Now();
  if (!enabled_ || (!force && is_drawn_ && now - last_draw_ < kRedraw)) {
    return;
  }
  const double file_left = (1 - share_) * file_megapixels_;
  const double batch_left = std::max(0.0, megapixels_ - finished_megapixels_ - file_megapixels_);
  const std::string line = ProgressLine(
      name_, number_, files_, share_, estimate_.rate(), estimate_.SecondsFor(file_left),
      estimate_.SecondsFor(file_left + batch_left), TerminalColumns() - 1);
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  is_drawn_ = true;
  last_draw_ = now;
}

void ProgressBar::Erase() {
  if (is_drawn_) {
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    is_drawn_ = false;
  }
}

std::string ClockText(double seconds) {
  if (seconds < 0 || !std::isfinite(seconds)) {
    return "-:--";
  }
  const auto whole = static_cast<long long>(std::ceil(seconds));
  char buffer[48];
  if (whole >= 3600) {
    std::snprintf(buffer, sizeof(buffer), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
  } else {
    std::snprintf(buffer, sizeof(buffer), "%lld:%02lld", whole / 60, whole % 60);
  }
  return buffer;
}

std::string ProgressLine(const std::string& name, int number, int files, double share,
                         double megapixels_per_second, double file_seconds, double batch_seconds,
                         int columns) {
  constexpr int kBar = 20;
  const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBar);
  std::string line = " [" + std::string(static_cast<size_t>(filled), '#') +
                     std::string(static_cast<size_t>(kBar - filled), '.') + "] " +
                     std::to_string(static_cast<int>(std::clamp(share, 0.0, 1.0) * 100)) + "%";
  if (megapixels_per_second > 0) {
    line += " " + Fixed(megapixels_per_second, megapixels_per_second < 10 ? 2 : 1) + " MP/s";
  }
  line += " " + ClockText(file_seconds) + " left";
  if (files > 1) {
    line += ", file " + std::to_string(number) + " of " + std::to_string(files) + ", all " +
            ClockText(batch_seconds);
  }
  const auto room = static_cast<size_t>(std::max(columns, 0));
  if (line.size() + 8 > room) {
    return line.substr(1, room);  // A narrow terminal: no name.
  }
  return FitName(name, room - line.size()) + line;
}

}  // namespace recover::cli
