#include "serve_settings.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/parallel.h"
#include "base/strings.h"
#include "data_folder.h"
#include "engine_options.h"
#include "pipeline/memory_plan.h"

namespace recover::cli {
namespace {

/// The running program, even after its file was replaced by a newer version, whose workers
/// might not understand this server's store.
constexpr const char* kThisProgram = "/proc/self/exe";

/// What the option table lets a worker have.
constexpr int64_t kLeastWorkerMemory = int64_t{64} << 20;

Status Bad(const std::string& option, const std::string& text, const std::string& should) {
  return {StatusCode::kInvalidArgument, "--" + option + " " + text + ": " + should};
}

/// The parts of a list with commas, without blanks around them.
std::vector<std::string> ListOf(const OptionValues& options, const std::string& name) {
  std::vector<std::string> parts;
  const std::string text = options.Text(name).value_or("");
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    if (const auto part = Trim(rest.substr(0, end)); !part.empty()) {
      parts.emplace_back(part);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parts;
}

Result<std::vector<IpNetwork>> NetworksOf(const OptionValues& options, const std::string& name) {
  std::vector<IpNetwork> networks;
  for (const std::string& part : ListOf(options, name)) {
    const auto network = ParseIpNetwork(part);
    if (!network) {
      return Bad(name, part, "no network; as in 192.168.1.0/24, 10.0.0.7 or fd00::/8.");
    }
    networks.push_back(*network);
  }
  return networks;
}

/// "https://host", with a path where `may_have_path`; no slash at its end.
Result<std::string> WebAddress(const std::string& option, std::string text, bool may_have_path) {
  while (text.ends_with('/')) text.pop_back();
  const size_t host = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  const bool is_odd = text.find_first_of(" \t\"<>?#@\\") != std::string::npos;
  const bool has_path = host != 0 && text.find('/', host) != std::string::npos;
  if (host == 0 || text.size() == host || is_odd || (has_path && !may_have_path)) {
    return Bad(option, text,
               may_have_path ? "no address; as in https://photos.example or "
                               "https://home.example/recover."
                             : "no origin; as in https://app.example or http://localhost:3000.");
  }
  return text;
}

Status ReadListening(const OptionValues& options, ServerOptions& http) {
  RECOVER_ASSIGN_OR_RETURN(const auto listen, ParseListen(*options.Text("listen")));
  std::tie(http.host, http.port) = listen;
  if (const auto url = options.Text("public-url")) {
    RECOVER_ASSIGN_OR_RETURN(http.public_url, WebAddress("public-url", *url, true));
  }
  for (const std::string& origin : ListOf(options, "cors-origin")) {
    RECOVER_ASSIGN_OR_RETURN(auto checked, WebAddress("cors-origin", origin, false));
    http.cors_origins.push_back(std::move(checked));
  }
  RECOVER_ASSIGN_OR_RETURN(http.trusted_proxies, NetworksOf(options, "trusted-proxy"));
  http.tls_certificate = options.Text("tls-certificate").value_or("");
  http.tls_key = options.Text("tls-key").value_or("");
  if (http.tls_certificate.empty() != http.tls_key.empty()) {
    return {StatusCode::kInvalidArgument,
            "--tls-certificate and --tls-key belong together: HTTPS needs both."};
  }
  http.single_user = options.Switch("single-user");
  const bool is_loopback = http.host.starts_with("127.") || http.host == "::1";
  if (http.single_user && !is_loopback) {
    return Bad("single-user", "with --listen " + *options.Text("listen"),
               "without a key the server may only be reached from this machine. Listen on "
               "127.0.0.1, or leave --single-user out and make keys with recover keys create.");
  }
  return Status::Ok();
}

void ReadHttpLimits(const OptionValues& options, ServerOptions& http) {
  const auto count = [&options](const char* name) {
    return static_cast<int>(*options.Integer(name));
  };
  http.max_body_bytes = *options.Integer("body-limit");
  http.max_connections = count("max-connections");
  http.max_connections_per_address = count("max-connections-per-address");
  http.idle_timeout = std::chrono::seconds(count("idle-timeout"));
  http.upload_timeout = std::chrono::seconds(count("upload-timeout"));
}

void ReadServiceLimits(const OptionValues& options, ServiceLimits& limits) {
  limits.max_queue = *options.Integer("max-queue");
  limits.min_free_bytes = *options.Integer("min-free");
  const std::chrono::duration<double, std::chrono::days::period> days(
      *options.Number("retention-days"));
  limits.retention = std::chrono::duration_cast<std::chrono::seconds>(days);
}

/// The workers' share of the machine: threads and memory are for all of them together.
Status ReadPool(const OptionValues& options, const ServeSettings& settings,
                WorkerPoolOptions& pool) {
  pool.program = kThisProgram;
  // One process keeps one device busy; a device more would be a worker more.
  pool.workers = std::max(1, static_cast<int>(*options.Integer("workers")));
  const EngineOptions machine = MachineOptionsOf(options);
  const int threads = machine.threads > 0 ? machine.threads : AvailableCpus();
  const int64_t memory =
      machine.memory_bytes > 0 ? machine.memory_bytes : AvailableMemoryBytes() / 2;
  if (memory / pool.workers < kLeastWorkerMemory) {
    return {StatusCode::kInvalidArgument,
            HumanBytes(memory) + " of memory is too little for " + std::to_string(pool.workers) +
                " workers: each needs " + HumanBytes(kLeastWorkerMemory) +
                " and more. Raise --memory or lower --workers."};
  }
  pool.arguments = {"worker",
                    "--data",
                    settings.data_folder.string(),
                    "--device",
                    *options.Text("device"),
                    "--threads",
                    std::to_string(std::max(1, threads / pool.workers)),
                    "--memory",
                    std::to_string(memory / pool.workers),
                    "--tile",
                    std::to_string(machine.tile_px),
                    "--job-timeout",
                    std::to_string(*options.Integer("job-timeout")),
                    "--log-level",
                    *options.Text("log-level")};
  for (const char* name : {"models", "temp", "config"}) {
    if (const auto path = options.Text(name)) {
      pool.arguments.insert(pool.arguments.end(), {"--" + std::string(name), *path});
    }
  }
  return Status::Ok();
}

}  // namespace

Result<std::pair<std::string, int>> ParseListen(const std::string& text) {
  const Status bad = Bad("listen", text,
                         "no address; as in 127.0.0.1:8080 for this machine alone, or 0.0.0.0:8080 "
                         "or [::]:8080 for the whole network.");
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    return bad;
  }
  std::string host = text.substr(0, colon);
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (has_brackets) host = host.substr(1, host.size() - 2);
  const auto address = ParseIpAddress(host);
  int port = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  const bool has_port = error == std::errc() && stop == end && port >= 0 && port <= 65535;
  // "::1:8080" could mean two things.
  if (!address || !has_port || has_brackets != (host.find(':') != std::string::npos)) {
    return bad;
  }
  return std::pair(host, port);
}

std::string UrlOf(const std::string& host, int port, bool is_tls) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return std::string(is_tls ? "https://" : "http://") + (is_v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

Result<ServeSettings> ReadServeSettings(const OptionValues& options) {
  ServeSettings settings;
  RECOVER_ASSIGN_OR_RETURN(settings.data_folder, DataFolderOf(options));
  settings.models_folder = options.Text("models").value_or("");
  RECOVER_RETURN_IF_ERROR(ReadListening(options, settings.http));
  ReadHttpLimits(options, settings.http);
  ReadServiceLimits(options, settings.limits);
  RECOVER_ASSIGN_OR_RETURN(auto allowed, NetworksOf(options, "allow-network"));
  settings.guard = AddressGuard(std::move(allowed));
  RECOVER_RETURN_IF_ERROR(ReadPool(options, settings, settings.pool));
  settings.drain = std::chrono::seconds(*options.Integer("drain-seconds"));
  return settings;
}

}  // namespace recover::cli
