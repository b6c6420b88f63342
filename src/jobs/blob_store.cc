#include "jobs/blob_store.h"

#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/ids.h"
#include "base/strings.h"

namespace recover {

namespace fs = std::filesystem;

namespace {

constexpr size_t kShelfDigits = 2;

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
  RECOVER_ASSIGN_OR_RETURN(const std::vector<fs::path> shelves, store->Shelves());
  for (const fs::path& shelf : shelves) {
    SweepTemporaries(env, shelf);
  }
  // Shelves that a process made just before it was killed.
  RECOVER_RETURN_IF_ERROR(env.SyncFolder(absolute));
  return store;
}

Result<std::vector<fs::path>> BlobStore::Shelves() const {
  RECOVER_ASSIGN_OR_RETURN(std::vector<fs::path> folders, env_.ListFolder(root_));
  std::erase_if(folders, [](const fs::path& path) {
    std::error_code error;
    return path.filename().string().size() != kShelfDigits || !fs::is_directory(path, error);
  });
  return folders;
}

fs::path BlobStore::PathOf(std::string_view id) const {
  RECOVER_CHECK(IsUuid(id));
  const std::string name = AsciiLower(id);
  return root_ / name.substr(0, kShelfDigits) / name;
}

Result<BlobWriter> BlobStore::Begin() {
  std::string id = NewUuid();
  const fs::path shelf = PathOf(id).parent_path();
  std::error_code error;
  if (fs::create_directory(shelf, error)) {
    // Otherwise a power cut could take the shelf along with all that was synced in it.
    RECOVER_RETURN_IF_ERROR(env_.SyncFolder(root_));
  }
  if (error) {
    return StatusFromErrno(error.value(), "cannot make the folder " + shelf.string());
  }
  RECOVER_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(env_, PathOf(id)));
  return BlobWriter(std::move(file), std::move(id));
}

Status BlobStore::Remove(std::string_view id) { return env_.Remove(PathOf(id)); }

Result<std::vector<std::string>> BlobStore::List() const {
  std::vector<std::string> ids;
  RECOVER_ASSIGN_OR_RETURN(const std::vector<fs::path> shelves, Shelves());
  for (const fs::path& shelf : shelves) {
    RECOVER_ASSIGN_OR_RETURN(const std::vector<fs::path> files, env_.ListFolder(shelf));
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
