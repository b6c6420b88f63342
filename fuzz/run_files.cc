// A main() for compilers without libFuzzer: runs the harness once over each file named, then, with
// --seconds N first, over random changes of them for so long. Blind to coverage, so it is no
// replacement for libFuzzer's hours, but every test run tries some million new inputs.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr char kCrashFile[] = "fuzz-crash";
constexpr size_t kMaxBytes = 1 << 16;

const std::string* current = nullptr;

// Keeps the input that broke the harness, as libFuzzer does.
void KeepInput(int signal_number) {
  const int fd = open(kCrashFile, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (fd >= 0 && current != nullptr) {
    (void)!write(fd, current->data(), current->size());
  }
  constexpr std::string_view kNote = "the input is kept in fuzz-crash\n";
  (void)!write(STDERR_FILENO, kNote.data(), kNote.size());
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void Run(const std::string& input) {
  current = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}

  std::string Next() {
    std::string input = corpus_[Below(corpus_.size())];
    for (size_t left = 1 + Below(6); left > 0; --left) {
      Change(input);
    }
    input.resize(std::min(input.size(), kMaxBytes));
    return input;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void Change(std::string& input) {
    static constexpr std::string_view kTokens[] = {"\r\n",
                                                   "\n",
                                                   "--",
                                                   "\"",
                                                   "\\",
                                                   "%00",
                                                   "%",
                                                   ":",
                                                   ";",
                                                   "=",
                                                   "&",
                                                   "[",
                                                   "]",
                                                   "{",
                                                   "}",
                                                   ",",
                                                   "/",
                                                   "@",
                                                   "#",
                                                   "?",
                                                   ".",
                                                   "-1",
                                                   "0",
                                                   "1e999",
                                                   "9223372036854775808",
                                                   "null",
                                                   "true",
                                                   "NaN",
                                                   "\xff",
                                                   "\xc3\x28",
                                                   "\xf0\x9f\x98\x80"};
    const size_t at = Below(input.size() + 1);
    const size_t length = Below(std::min<size_t>(input.size() - at, 32) + 1);
    switch (Below(7)) {
      case 0:
        input.insert(at, 1, static_cast<char>(random_()));
        break;
      case 1:
        input.erase(at, length);
        break;
      case 2:
        if (at < input.size()) {
          input[at] = static_cast<char>(random_());
        }
        break;
      case 3:
        if (at < input.size()) {
          input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
        }
        break;
      case 4:
        input.insert(Below(input.size() + 1), input.substr(at, length));
        break;
      case 5: {
        const std::string& other = corpus_[Below(corpus_.size())];
        input = input.substr(0, at) + other.substr(Below(other.size() + 1));
        break;
      }
      default:
        input.insert(at, kTokens[Below(std::size(kTokens))]);
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

void RunMutations(const std::vector<std::string>& corpus, std::chrono::seconds time) {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  Mutator mutator(corpus, seed);
  int64_t runs = 0;
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    Run(mutator.Next());
    ++runs;
  }
  std::printf("%lld changed inputs\n", static_cast<long long>(runs));
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    signal(signal_number, KeepInput);
  }
  int first = 1;
  std::chrono::seconds time{0};
  if (argc > 2 && std::string_view(argv[1]) == "--seconds") {
    time = std::chrono::seconds(std::atoi(argv[2]));
    first = 3;
  }
  std::vector<std::string> corpus;
  for (int i = first; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    Run(corpus.back());
  }
  std::printf("%zu files\n", corpus.size());
  if (time.count() > 0 && !corpus.empty()) {
    RunMutations(corpus, time);
  }
  return 0;
}
