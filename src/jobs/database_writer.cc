#include "jobs/database_writer.h"

#include <algorithm>
#include <chrono>

#include <soci/soci.h>

namespace recover {
namespace {

/// Committed together at most: the others wait for all of them.
constexpr size_t kMostTogether = 64;

}  // namespace

Status DatabaseWriter::Run(const DatabaseWork& work) {
  Request request{.work = &work};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  if (!AwaitTurn(request, lock)) {
    std::erase(waiting_, &request);
    return {StatusCode::kUnavailable, "The store is busy with other writers; try again."};
  }
  if (!request.is_done) {
    Lead(request, lock);
  }
  return request.status;
}

size_t DatabaseWriter::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

/// Until the request is done or nobody leads. False: its time was over before anyone took it.
bool DatabaseWriter::AwaitTurn(Request& request, std::unique_lock<std::mutex>& lock) {
  const auto deadline = std::chrono::steady_clock::now() + kDatabaseWait;
  while (!request.is_done && has_leader_) {
    if (request.is_taken) {
      changed_.wait(lock);
    } else if (changed_.wait_until(lock, deadline) == std::cv_status::timeout &&
               !request.is_taken && has_leader_) {
      return false;
    }
  }
  return true;
}

void DatabaseWriter::Lead(const Request& own, std::unique_lock<std::mutex>& lock) {
  has_leader_ = true;
  while (!own.is_done) {
    std::vector<Request*> batch;
    std::vector<const DatabaseWork*> works;
    while (!waiting_.empty() && batch.size() < kMostTogether) {
      waiting_.front()->is_taken = true;
      batch.push_back(waiting_.front());
      works.push_back(waiting_.front()->work);
      waiting_.pop_front();
    }
    lock.unlock();
    std::vector<Status> statuses = RunAll(works);
    lock.lock();
    for (size_t i = 0; i < batch.size(); ++i) {
      batch[i]->status = std::move(statuses[i]);
      batch[i]->is_done = true;
    }
    changed_.notify_all();
  }
  has_leader_ = false;
  changed_.notify_all();
}

std::vector<Status> DatabaseWriter::RunAll(const std::vector<const DatabaseWork*>& works) {
  if (!session_) {
    Result<DatabaseSession> session = OpenDatabaseSession(connect_);
    if (!session) {
      return std::vector<Status>(works.size(), session.error());
    }
    session_ = *std::move(session);
  }
  std::vector<Status> statuses =
      works.size() == 1
          ? std::vector<Status>{RunTransaction(*session_, "BEGIN IMMEDIATE", *works.front())}
          : RunTogether(*session_, works);
  if (!std::all_of(statuses.begin(), statuses.end(), IsSoundAfter)) {
    session_.reset();
  }
  return statuses;
}

}  // namespace recover
