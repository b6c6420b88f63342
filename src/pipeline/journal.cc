#include "pipeline/journal.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <sys/stat.h>

#include "base/env.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/unique_fd.h"
#include "pipeline/path_identity.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxJournalBytes = int64_t{1} << 30;

Result<FileStamp> ReadStamp(const Json& line, const char* key) {
  RECOVER_ASSIGN_OR_RETURN(const Json* stamp, JsonObject(line, key));
  FileStamp read;
  RECOVER_ASSIGN_OR_RETURN(read.bytes, JsonInt(*stamp, "bytes"));
  RECOVER_ASSIGN_OR_RETURN(read.modified_ns, JsonInt(*stamp, "modified_ns"));
  return read;
}

Json StampJson(const FileStamp& stamp) {
  return {{"bytes", stamp.bytes}, {"modified_ns", stamp.modified_ns}};
}

/// The name in hex: file names may hold any bytes, JSON may not.
std::string HexName(const std::string& name) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Result<std::pair<std::string, FinishedRecord>> ReadLine(const std::string& text) {
  RECOVER_ASSIGN_OR_RETURN(const Json line, ParseJson(text, "journal"));
  std::pair<std::string, FinishedRecord> read;
  RECOVER_ASSIGN_OR_RETURN(read.first, JsonString(line, "output_hex"));
  RECOVER_ASSIGN_OR_RETURN(read.second.settings_sha256, JsonString(line, "settings_sha256"));
  RECOVER_ASSIGN_OR_RETURN(read.second.input_sha256, JsonString(line, "input_sha256"));
  RECOVER_ASSIGN_OR_RETURN(read.second.input, ReadStamp(line, "input"));
  RECOVER_ASSIGN_OR_RETURN(read.second.output, ReadStamp(line, "output"));
  return read;
}

}  // namespace

Result<FileStamp> StampOf(const fs::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return StatusFromErrno(errno, path.string());
  }
  return FileStamp{info.st_size,
                   int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

Journal Journal::Open(const fs::path& state_folder, const fs::path& output_folder) {
  Journal journal;
  const fs::path folder = PathIdentity(output_folder.empty() ? fs::path(".") : output_folder);
  journal.path_ = state_folder / "finished" / (Sha256Hex(folder.string()).substr(0, 32) + ".jsonl");
  const auto text = Env::Real().ReadFile(journal.path_, kMaxJournalBytes);
  if (!text) {
    return journal;
  }
  size_t begin = 0;
  while (begin < text->size()) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    if (auto read = ReadLine(text->substr(begin, end - begin))) {
      journal.records_.insert_or_assign(std::move(read->first), std::move(read->second));
    }
    begin = end + 1;
  }
  return journal;
}

const FinishedRecord* Journal::Find(const std::string& file_name) const {
  const auto found = records_.find(HexName(file_name));
  return found == records_.end() ? nullptr : &found->second;
}

Status Journal::Append(const std::string& file_name, const FinishedRecord& record) {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  if (error) {
    return StatusFromErrno(error.value(), path_.parent_path().string());
  }
  const UniqueFd fd(open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    return StatusFromErrno(errno, path_.string());
  }
  const Json line = {
      {"output_hex", HexName(file_name)},          {"output_name", file_name},
      {"settings_sha256", record.settings_sha256}, {"input_sha256", record.input_sha256},
      {"input", StampJson(record.input)},          {"output", StampJson(record.output)}};
  // The newline comes first: a line that a crash cut short ends there.
  RECOVER_RETURN_IF_ERROR(Env::Real().Write(fd, "\n" + DumpJson(line) + "\n", path_));
  records_.insert_or_assign(HexName(file_name), record);
  return Status::Ok();
}

std::optional<fs::path> DefaultStateFolder() {
  const auto variable = [](const char* name) -> std::optional<fs::path> {
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0' ? std::optional<fs::path>(text) : std::nullopt;
  };
  if (const auto folder = variable("RECOVER_STATE")) return folder;
  if (const auto state = variable("XDG_STATE_HOME")) return *state / "recover";
  if (const auto home = variable("HOME")) return *home / ".local" / "state" / "recover";
  return std::nullopt;
}

}  // namespace recover
