#include "jobs/test_store.h"

#include <map>
#include <mutex>

#include <soci/soci.h>

#include "codec/encode.h"
#include "image/image_rows.h"

namespace recover {
namespace {

std::string BigEndian(uint32_t value) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) {
    bytes[i] = static_cast<char>(value >> (24 - 8 * i));
  }
  return bytes;
}

uint32_t Crc32(const std::string& bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
  }
  return ~crc;
}

std::string Chunk(const std::string& type, const std::string& data) {
  return BigEndian(static_cast<uint32_t>(data.size())) + type + data +
         BigEndian(Crc32(type + data));
}

}  // namespace

std::string PngOf(Size size) {
  static std::mutex mutex;
  static std::map<std::pair<int, int>, std::string> made;
  const std::lock_guard lock(mutex);
  std::string& bytes = made[{size.width, size.height}];
  if (bytes.empty()) {
    const TestFolder folder;
    Image image(size, 1);
    ImageRows rows(std::move(image));
    const Status status =
        EncodeFile(rows, {}, {.format = FileFormat::kPng}, folder / "picture.png");
    EXPECT_TRUE(status.ok()) << status.message();
    bytes = folder.Get("picture.png");
  }
  return bytes;
}

std::string PngHeaderOf(Size size) {
  const std::string header = BigEndian(static_cast<uint32_t>(size.width)) +
                             BigEndian(static_cast<uint32_t>(size.height)) +
                             std::string("\x08\x02\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + Chunk("IHDR", header) + Chunk("IDAT", std::string(2000, '\x01'));
}

long long QueryNumber(const Database& database, const std::string& query) {
  long long value = 0;
  const Status status = database.Read([&](soci::session& sql) {
    sql << query, soci::into(value);
    return Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return value;
}

std::vector<std::string> QueryTexts(const Database& database, const std::string& query) {
  std::vector<std::string> texts;
  const Status status = database.Read([&](soci::session& sql) {
    std::string text;
    soci::statement statement = (sql.prepare << query, soci::into(text));
    statement.execute();
    while (statement.fetch()) {
      texts.push_back(text);
    }
    return Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return texts;
}

void Execute(Database& database, const std::string& statement) {
  const Status status = database.Write([&](soci::session& sql) {
    sql << statement;
    return Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
}

TestStore::TestStore(ServiceLimits limits, int workers) {
  database = Take(Database::Open(folder / "recover.db", clock));
  blobs = Take(BlobStore::Open(Env::Real(), folder / "blobs"));
  keys = std::make_unique<KeyStore>(database);
  queue = std::make_unique<JobQueue>(database);
  service = Take(JobService::Create({.database = database,
                                     .blobs = blobs,
                                     .limits = limits,
                                     .workers = workers,
                                     .on_new_job = [this] { ++new_jobs; }}));
  key = NewKeyOf("first");
}

BlobWriter TestStore::Upload(const std::string& bytes) {
  BlobWriter writer = Take(blobs->Begin());
  const Status status = writer.Write(bytes);
  EXPECT_TRUE(status.ok()) << status.message();
  return writer;
}

SubmitRequest TestStore::RequestFor(const std::string& bytes, RequestSettings settings) {
  return {.settings = std::move(settings),
          .input = Upload(bytes),
          .filename = "photo.png",
          .webhook_url = "",
          .origin = "http://localhost:8080"};
}

SubmitRequest TestStore::RequestForSource(const std::string& source_id, std::string filename) {
  SubmitRequest request{.settings = {}, .input = StoredSource{source_id}};
  request.filename = std::move(filename);
  request.origin = "http://localhost:8080";
  return request;
}

JobRecord TestStore::Submit(Size output, const KeyRecord* by) {
  RequestSettings settings;
  settings.output_width = output.width;
  settings.output_height = output.height;
  return Take(service->Submit(by ? *by : key, RequestFor(PngOf({40, 40}), settings)));
}

KeyRecord TestStore::NewKeyOf(const std::string& name, int64_t credits) {
  return Take(keys->Create(name, credits, 0)).record;
}

Claim TestStore::ClaimOne(const std::string& worker_id) {
  std::optional<Claim> claim = Take(queue->ClaimNext(worker_id));
  EXPECT_TRUE(claim.has_value()) << "nothing to claim";
  return *std::move(claim);
}

std::string TestStore::PutOutput() {
  BlobWriter writer = Upload("an output");
  const Status status = writer.Commit();
  EXPECT_TRUE(status.ok()) << status.message();
  return writer.id();
}

JobRecord TestStore::Complete(const Claim& claim, double seconds) {
  const ClaimStatus status =
      Take(queue->Complete(claim, PutOutput(), "{}", {.network = seconds, .total = seconds}));
  EXPECT_EQ(status, ClaimStatus::kMine);
  KeyRecord owner;
  owner.key_id = claim.job.key_id;
  return Take(service->Find(owner, claim.job.process_id));
}

void TestStore::CopyJob(const JobRecord& job, int copies) {
  const std::string columns =
      "key_id, source_id, filename, input_format, input_width, input_height, output_width, "
      "output_height, output_format, settings, network, options, state, progress, credits, "
      "webhook_url, origin, created_at, modified_at, ended_at";
  Execute(*database, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                         std::to_string(copies) + ") INSERT INTO jobs (process_id, " + columns +
                         ") SELECT '" + job.process_id + "-' || i, " + columns +
                         " FROM jobs, n WHERE process_id = '" + job.process_id + "'");
}

}  // namespace recover
