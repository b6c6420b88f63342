// recover keys: the keys of a server, made and managed beside it while it runs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "base/json.h"
#include "commands.h"
#include "data_folder.h"
#include "jobs/key_store.h"
#include "jobs/worker.h"

namespace recover::cli {
namespace {

constexpr int64_t kUsualCredits = 1'000'000;

Status Usage(const std::string& sentence) {
  return {StatusCode::kInvalidArgument,
          sentence +
              "\nAs in: recover keys create --name phone --credits 5000\n"
              "       recover keys list\n"
              "       recover keys grant phone --credits 1000\n"
              "       recover keys revoke phone"};
}

std::string RateText(double requests_per_second) {
  if (requests_per_second <= 0) {
    return "no limit";
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%g/s", requests_per_second);
  return text;
}

std::string DateText(UnixTime time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d", &parts);
  return text;
}

Json KeyJson(const KeyRecord& key) {
  return {{"key_id", key.key_id},
          {"name", key.name},
          {"prefix", key.prefix},
          {"is_revoked", key.is_revoked},
          {"requests_per_second", key.requests_per_second},
          {"granted_credits", key.granted},
          {"available_credits", key.available()},
          {"reserved_credits", key.reserved},
          {"consumed_credits", key.consumed},
          {"creation_time", key.creation_time.time_since_epoch().count()},
          {"webhook_secret", key.webhook_secret}};
}

std::string KeyTable(const std::vector<KeyRecord>& keys) {
  char line[256];
  std::snprintf(line, sizeof(line), "%4s  %-20s  %-10s %13s %10s %13s  %-10s %-8s %s\n", "id",
                "name", "begins", "available", "reserved", "used", "made", "rate", "state");
  std::string text = line;
  for (const KeyRecord& key : keys) {
    std::snprintf(line, sizeof(line), "%4lld  %-20s  %-10s %13lld %10lld %13lld  %-10s %-8s %s",
                  static_cast<long long>(key.key_id), key.name.c_str(), key.prefix.c_str(),
                  static_cast<long long>(key.available()), static_cast<long long>(key.reserved),
                  static_cast<long long>(key.consumed), DateText(key.creation_time).c_str(),
                  RateText(key.requests_per_second).c_str(), key.is_revoked ? "revoked" : "good");
    text += std::string(line) + "\n";
  }
  return text;
}

/// "key-3": the first such name that no key has.
std::string FreeName(const std::vector<KeyRecord>& keys) {
  for (size_t number = keys.size() + 1;; ++number) {
    std::string name = "key-" + std::to_string(number);
    const auto has_it = [&name](const KeyRecord& key) { return key.name == name; };
    if (std::none_of(keys.begin(), keys.end(), has_it)) return name;
  }
}

int CreateKey(KeyStore& keys, const OptionValues& options) {
  std::string name = options.Text("name").value_or("");
  if (name.empty()) {
    const auto all = keys.List();
    if (!all) return Complain(all.error());
    name = FreeName(*all);
  }
  const auto made = keys.Create(name, options.Integer("credits").value_or(kUsualCredits),
                                options.Number("rate").value_or(0));
  if (!made) return Complain(made.error());
  if (options.Switch("json")) {
    Json json = KeyJson(made->record);
    json["key"] = made->text;
    return Say(DumpJson(json, 2) + "\n");
  }
  return Say("The key \"" + made->record.name + "\", shown this once:\n\n  " + made->text + "\n\n" +
             std::to_string(made->record.granted) +
             " credits, requests: " + RateText(made->record.requests_per_second) +
             ". Send it in the header X-API-Key.\nIts webhooks are signed with " +
             made->record.webhook_secret + "\n");
}

int ListKeys(const KeyStore& keys, const OptionValues& options) {
  const auto all = keys.List();
  if (!all) return Complain(all.error());
  if (options.Switch("json")) {
    Json json = Json::array();
    for (const KeyRecord& key : *all) json.push_back(KeyJson(key));
    return Say(DumpJson(json, 2) + "\n");
  }
  return Say(KeyTable(*all));
}

int RevokeKey(KeyStore& keys, const KeyRecord& key, const OptionValues& options) {
  if (const Status status = keys.Revoke(key.key_id); !status.ok()) return Complain(status);
  if (options.Switch("json")) {
    KeyRecord revoked = key;
    revoked.is_revoked = true;
    return Say(DumpJson(KeyJson(revoked), 2) + "\n");
  }
  return Say("The key \"" + key.name + "\" opens nothing any more. Its jobs go on.\n");
}

int GrantCredits(KeyStore& keys, const KeyRecord& key, const OptionValues& options) {
  const auto credits = options.Integer("credits");
  if (!credits) return Complain(Usage("How many credits? Give --credits N."));
  if (const Status status = keys.Grant(key.key_id, *credits); !status.ok()) {
    return Complain(status);
  }
  const auto now = keys.Find(key.key_id);
  if (!now) return Complain(now.error());
  return Say(options.Switch("json")
                 ? DumpJson(KeyJson(*now), 2) + "\n"
                 : "The key \"" + now->name + "\" has " + std::to_string(now->available()) +
                       " credits available.\n");
}

/// What each action takes, beside the options of all.
Status CheckWords(const std::vector<std::string>& words, const OptionValues& options) {
  if (words.empty()) {
    return Usage("What is to be done with the keys?");
  }
  const std::string& action = words[0];
  const bool names_key = action == "revoke" || action == "grant";
  if (!names_key && action != "create" && action != "list") {
    return Usage("\"" + action + "\" is none of create, list, revoke and grant.");
  }
  if (words.size() != (names_key ? 2U : 1U)) {
    return Usage(names_key ? "Which key? Give its name, its number or how it begins."
                           : "recover keys " + action + " takes no further words.");
  }
  for (const char* option : {"name", "rate"}) {
    if (options.Has(option) && action != "create") {
      return Usage("--" + std::string(option) + " belongs to recover keys create.");
    }
  }
  return Status::Ok();
}

}  // namespace

int RunKeys(const OptionValues& options, const std::vector<std::string>& words) {
  if (const Status status = CheckWords(words, options); !status.ok()) return Complain(status);
  const auto folder = DataFolderOf(options);
  if (!folder) return Complain(folder.error());
  if (words[0] == "create") {
    if (const Status status = MakeDataFolder(*folder); !status.ok()) return Complain(status);
  } else if (std::error_code error; !std::filesystem::exists(DatabasePathOf(*folder), error)) {
    return Complain(
        {StatusCode::kNotFound, "There is no server's data in " + folder->string() +
                                    ". recover serve makes it; --data names another folder."});
  }
  auto database = Database::Open(DatabasePathOf(*folder));
  if (!database) return Complain(database.error());
  KeyStore keys(*std::move(database));
  if (words[0] == "create") return CreateKey(keys, options);
  if (words[0] == "list") return ListKeys(keys, options);
  const auto key = keys.FindByName(words[1]);
  if (!key) return Complain(key.error());
  return words[0] == "revoke" ? RevokeKey(keys, *key, options) : GrantCredits(keys, *key, options);
}

}  // namespace recover::cli
