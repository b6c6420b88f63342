// One connection to the store, and how transactions run on it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace soci {
class session;
}

namespace recover {

using DatabaseSession = std::unique_ptr<soci::session>;
using DatabaseWork = std::function<Status(soci::session&)>;

/// How long a connection waits for another process.
inline constexpr std::chrono::milliseconds kDatabaseWait{10'000};

/// connect: SOCI's connect string. Errors: those of StatusFromDatabaseError.
Result<DatabaseSession> OpenDatabaseSession(const std::string& connect);

/// Runs `work` between `begin` and COMMIT; an error or a throw rolls back.
Status RunTransaction(soci::session& sql, const char* begin, const DatabaseWork& work);

/// The same for several works between one BEGIN IMMEDIATE and one COMMIT, each as if it were
/// alone: one that fails is rolled back, the others are not. Returns a status for each. When
/// the commit fails they all fail.
std::vector<Status> RunTogether(soci::session& sql, const std::vector<const DatabaseWork*>& works);

/// Whether a session whose work ended so may be used again; otherwise a fresh one is opened.
bool IsSoundAfter(const Status& status);

}  // namespace recover
