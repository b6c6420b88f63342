#include "jobs/blob_store.h"

#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/ids.h"
#include "base/strings.h"

namespace recover {

namespace fs = std::filesystem;

namespace {

constexpr int kShelves = 256;

/// "00" to "ff".
std::string ShelfName(int shelf) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[shelf / 16], kDigits[shelf % 16]};
}

}  // namespace

Status BlobWriter::Write(std::string_view bytes) {
  RECOVER_RETURN_IF_ERROR(file_.Write(bytes));
  bytes_ += static_cast<int64_t>(bytes.size());
  return Status::Ok();
}

Status BlobWriter::Commit() { return file_.Commit(OnExisting::kKeep); }

Result<std::unique_ptr<BlobStore>> BlobStore::Open(Env& env, const fs::path& root) {
  std::error_code error;
  const fs::path absolute = fs::absolute(root, error);
  if (!error) {
    fs::create_directories(absolute, error);
  }
  if (error) {
    return StatusFromErrno(error.value(), "cannot make the folder " + root.string());
  }
  std::unique_ptr<BlobStore> store(new BlobStore(env, absolute));
  // All shelves at once: a shelf made together with its first blob would have to be brought to
  // the disk then, or a crash of the machine would take the blob along with it.
  for (int shelf = 0; shelf < kShelves; ++shelf) {
    const fs::path folder = absolute / ShelfName(shelf);
    fs::create_directory(folder, error);
    if (error) {
      return StatusFromErrno(error.value(), "cannot make the folder " + folder.string());
    }
    SweepTemporaries(env, folder);
  }
  RECOVER_RETURN_IF_ERROR(env.SyncFolder(absolute));
  return store;
}

fs::path BlobStore::PathOf(std::string_view id) const {
  RECOVER_CHECK(IsUuid(id));
  const std::string name = AsciiLower(id);
  return root_ / name.substr(0, 2) / name;
}

Result<BlobWriter> BlobStore::Begin() {
  std::string id = NewUuid();
  RECOVER_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(env_, PathOf(id)));
  return BlobWriter(std::move(file), std::move(id));
}

Status BlobStore::Remove(std::string_view id) { return env_.Remove(PathOf(id)); }

Result<std::vector<std::string>> BlobStore::List() const {
  std::vector<std::string> ids;
  for (int shelf = 0; shelf < kShelves; ++shelf) {
    RECOVER_ASSIGN_OR_RETURN(const std::vector<fs::path> files,
                             env_.ListFolder(root_ / ShelfName(shelf)));
    for (const fs::path& file : files) {
      std::string name = file.filename().string();
      if (IsUuid(name)) {
        ids.push_back(std::move(name));
      }
    }
  }
  return ids;
}

Result<int64_t> BlobStore::FreeBytes() const { return env_.FreeBytes(root_); }

}  // namespace recover
