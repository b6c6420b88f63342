// recover serve: puts a server together, from the disk up to the socket, and takes it down again.
#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/version.h"
#include "commands.h"
#include "data_folder.h"
#include "interrupts.h"
#include "jobs/janitor.h"
#include "jobs/key_store.h"
#include "jobs/webhook_sender.h"
#include "jobs/worker.h"
#include "log_options.h"
#include "neural/model_store.h"
#include "serve_settings.h"

namespace recover::cli {
namespace {

constexpr int64_t kFirstCredits = 1'000'000;

/// The parts in the order in which they are built; they go in the opposite one.
struct Server {
  UniqueFd lock;
  std::shared_ptr<Database> database;  // shared by all parts that read or write the store
  std::shared_ptr<BlobStore> blobs;    // shared by the service, the edge and the janitor
  std::shared_ptr<JobQueue> queue;     // shared with the pool
  std::unique_ptr<Janitor> janitor;
  std::unique_ptr<WorkerPool> pool;
  std::unique_ptr<JobService> service;
  std::unique_ptr<WebhookSender> webhooks;
  std::unique_ptr<HttpServer> http;
};

/// A network that is missing is told now, not by workers that die one after the other.
Status CheckModels(const ServeSettings& settings) {
  const ModelStore store(ModelSearchPath(settings.models_folder));
  for (const std::string& network : ServedNetworks()) {
    RECOVER_RETURN_IF_ERROR(store.Load(network).error());
  }
  return Status::Ok();
}

Status OpenStore(const ServeSettings& settings, Server& server) {
  const auto& folder = settings.data_folder;
  RECOVER_RETURN_IF_ERROR(MakeDataFolder(folder));
  RECOVER_ASSIGN_OR_RETURN(server.lock, LockDataFolder(folder));
  RECOVER_ASSIGN_OR_RETURN(server.database, Database::Open(DatabasePathOf(folder)));
  RECOVER_ASSIGN_OR_RETURN(server.blobs, BlobStore::Open(Env::Real(), BlobRootOf(folder)));
  server.queue = std::make_shared<JobQueue>(server.database);
  // The lock is ours, so every worker of a former server has lost its jobs.
  RECOVER_ASSIGN_OR_RETURN(const int released, server.queue->ReleaseJobsOf(""));
  if (released > 0) {
    Log(LogLevel::kInfo, "jobs of the former server go on", {{"jobs", released}});
  }
  return Status::Ok();
}

Status StartWork(const ServeSettings& settings, Server& server) {
  using std::chrono::milliseconds;
  server.janitor = std::make_unique<Janitor>(Janitor::Options{
      .database = server.database,
      .blobs = server.blobs,
      .retention = settings.limits.retention,
      .period = std::clamp<milliseconds>(settings.limits.retention / 10, std::chrono::seconds(1),
                                         std::chrono::minutes(10))});
  server.janitor->Start();
  RECOVER_ASSIGN_OR_RETURN(server.pool, WorkerPool::Start(settings.pool, server.queue));
  RECOVER_ASSIGN_OR_RETURN(
      server.service,
      JobService::Create({.database = server.database,
                          .blobs = server.blobs,
                          .limits = settings.limits,
                          .workers = settings.pool.workers,
                          .on_new_job = [pool = server.pool.get()] { pool->Wake(); }}));
  WebhookSender::Options webhooks;
  webhooks.database = server.database;
  webhooks.guard = settings.guard;
  webhooks.url_secret = server.service->url_secret();
  webhooks.public_url = settings.http.public_url;
  RECOVER_ASSIGN_OR_RETURN(server.webhooks, WebhookSender::Start(std::move(webhooks)));
  return Status::Ok();
}

Status Listen(const ServeSettings& settings, Server& server) {
  ServerOptions http = settings.http;
  if (http.single_user) {
    RECOVER_ASSIGN_OR_RETURN(http.single_user_key,
                             KeyStore(server.database).EnsureSingleUserKey(kFirstCredits));
  }
  auto started = HttpServer::Start(
      std::move(http), {.service = server.service.get(),
                        .blobs = server.blobs.get(),
                        .guard = settings.guard,
                        .workers_ready = [pool = server.pool.get()] { return pool->IsReady(); }});
  if (!started) {
    const bool is_port = started.error().code() == StatusCode::kUnavailable;
    return {started.error().code(),
            started.error().message() + (is_port ? ". Name another address with --listen." : "")};
  }
  server.http = *std::move(started);
  return Status::Ok();
}

Result<Server> Build(const ServeSettings& settings) {
  Server server;
  RECOVER_RETURN_IF_ERROR(CheckModels(settings));
  RECOVER_RETURN_IF_ERROR(OpenStore(settings, server));
  RECOVER_RETURN_IF_ERROR(StartWork(settings, server));
  RECOVER_RETURN_IF_ERROR(Listen(settings, server));
  return server;
}

/// A store without any key gets its first one, which is told here and nowhere else.
Result<std::string> FirstKeyText(const Server& server, const std::string& url) {
  KeyStore keys(server.database);
  RECOVER_ASSIGN_OR_RETURN(const auto all, keys.List());
  const auto opens = [](const KeyRecord& key) { return !key.prefix.empty(); };
  if (std::any_of(all.begin(), all.end(), opens)) {
    return std::string();
  }
  RECOVER_ASSIGN_OR_RETURN(const NewKey made, keys.Create("first", kFirstCredits, 0));
  return "Your first API key, with " + std::to_string(kFirstCredits) +
         " credits, shown this once:\n\n  " + made.text +
         "\n\nTry it:\n\n  curl -H \"X-API-Key: " + made.text +
         "\" -F image=@photo.jpg \\\n       " + url + "/image/v1/enhance-gen/async\n\n";
}

Status Greet(const ServeSettings& settings, const Server& server) {
  const std::string url =
      UrlOf(settings.http.host, server.http->port(), !settings.http.tls_certificate.empty());
  std::string text;
  if (!settings.http.single_user) {
    RECOVER_ASSIGN_OR_RETURN(text, FirstKeyText(server, url));
  }
  text += "Recover is listening on " + url + "\n";
  Log(LogLevel::kInfo, "server started",
      {{"version", kVersion},
       {"url", url},
       {"data", settings.data_folder.string()},
       {"workers", settings.pool.workers}});
  // Nobody may be reading; that is no reason not to serve.
  static_cast<void>(Say(text));
  return Status::Ok();
}

void WaitFor(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
}

/// New submits are answered 503; status and downloads go on until the last job is settled.
void Drain(const ServeSettings& settings, Server& server) {
  Log(LogLevel::kInfo, "server is draining", {{"seconds", settings.drain.count()}});
  server.http->Drain();
  server.pool->Drain(settings.drain);
  Log(LogLevel::kInfo, "server stopped", {});
}

/// What a second signal does, once there is something to stop.
class SecondSignal {
 public:
  void Set(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    action_ = std::move(action);
  }
  void Call() {
    const std::lock_guard lock(mutex_);
    if (action_) action_();
  }

 private:
  std::mutex mutex_;  ///< Guards what follows.
  std::function<void()> action_;
};

}  // namespace

int RunServe(const OptionValues& options) {
  ApplyLogLevel(options);
  SecondSignal second_signal;
  // Before any other thread: they inherit which signals are blocked.
  const Interrupts interrupts("\nRunning jobs may finish; once more to stop at once.\n",
                              [&second_signal] { second_signal.Call(); });
  const auto settings = ReadServeSettings(options);
  if (!settings) return Complain(settings.error());
  auto server = Build(*settings);
  if (!server) return Complain(server.error());
  if (const Status status = Greet(*settings, *server); !status.ok()) return Complain(status);

  WaitFor(interrupts.token());
  second_signal.Set([pool = server->pool.get()] { pool->StopNow(); });
  Drain(*settings, *server);
  second_signal.Set({});
  return 0;
}

}  // namespace recover::cli
