#include "jobs/job_totals.h"

#include <soci/soci.h>

namespace recover {

void AddToTotal(soci::session& sql, const char* name, double amount) {
  const std::string key = name;
  sql << "INSERT INTO totals (name, value) VALUES (:name, :amount) "
         "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
      soci::use(key), soci::use(amount);
}

double ReadTotal(soci::session& sql, const char* name) {
  const std::string key = name;
  double value = 0;
  sql << "SELECT value FROM totals WHERE name = :name", soci::into(value), soci::use(key);
  return value;
}

}  // namespace recover
