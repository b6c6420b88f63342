// Status, list, delete, cancel, download: the routes that name a job.
#include <algorithm>
#include <charconv>

#include "base/ids.h"
#include "base/strings.h"
#include "http/handlers.h"
#include "http/job_json.h"
#include "jobs/signed_url.h"

namespace recover {
namespace {

constexpr int kMostOfPage = 100;
constexpr int kUsualOfPage = 50;
// A plain array shows this many jobs at most: memory has an end, pages have none.
constexpr size_t kMostOfArray = 10'000;
constexpr std::chrono::hours kArrayAge(24 * 7);
constexpr std::chrono::hours kUrlLife(1);

UnixTime NowOf(const Edge& edge) {
  return std::chrono::floor<std::chrono::seconds>(edge.options.clock->WallNow());
}

// The path's id in the spelling of the store.
Result<std::string> ProcessId(const Request& request) {
  const std::string& text = request.path_values.front();
  if (!IsUuid(text)) {
    return Status(StatusCode::kInvalidArgument, "process_id must be a UUID");
  }
  return AsciiLower(text);
}

struct ListQuery {
  bool is_paginated = false;
  std::optional<int> limit;
  std::string cursor;
};

Result<ListQuery> ParseListQuery(const UriFields& query) {
  ListQuery list;
  if (const auto text = query.find("paginated"); text != query.end()) {
    const std::string word = AsciiLower(text->second);
    if (word != "true" && word != "false") {
      return Status(StatusCode::kInvalidArgument, "paginated must be true or false");
    }
    list.is_paginated = word == "true";
  }
  if (const auto text = query.find("limit"); text != query.end()) {
    const std::string& digits = text->second;
    int limit = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
    if (error != std::errc() || end != digits.data() + digits.size() || limit < 1 ||
        limit > kMostOfPage) {
      return Status(StatusCode::kInvalidArgument, "limit must be a whole number from 1 to 100");
    }
    list.limit = limit;
  }
  if (const auto text = query.find("cursor"); text != query.end()) {
    list.cursor = text->second;
  }
  return list;
}

// The whole list as pages of the store, newest first.
Result<Json> ListArray(Edge& edge, const Request& request, const ListQuery& query) {
  const UnixTime oldest = NowOf(edge) - kArrayAge;
  const size_t most = query.limit ? static_cast<size_t>(*query.limit) : kMostOfArray;
  Json jobs = Json::array();
  std::string cursor = query.cursor;
  do {
    RECOVER_ASSIGN_OR_RETURN(const JobPage page,
                             edge.parts.service->List(request.key, kMostOfPage, cursor));
    for (const JobRecord& job : page.jobs) {
      if (jobs.size() == most) {
        return jobs;
      }
      if (job.creation_time >= oldest) {
        jobs.push_back(StatusJson(job));
      }
    }
    cursor = page.next_cursor;
  } while (!cursor.empty());
  return jobs;
}

Result<Json> ListPage(Edge& edge, const Request& request, const ListQuery& query) {
  RECOVER_ASSIGN_OR_RETURN(
      const JobPage page,
      edge.parts.service->List(request.key, query.limit.value_or(kUsualOfPage), query.cursor));
  Json jobs = Json::array();
  for (const JobRecord& job : page.jobs) {
    jobs.push_back(StatusJson(job));
  }
  Json pagination = {{"has_next_page", !page.next_cursor.empty()}};
  if (!page.next_cursor.empty()) {
    pagination["next_cursor"] = page.next_cursor;
  }
  return Json{{"data", std::move(jobs)}, {"pagination", std::move(pagination)}};
}

Answer DownloadAnswer(const Edge& edge, const Request& request, const std::string& blob_id) {
  const SignedUrls urls = SignFileUrls(edge.parts.service->url_secret(), request.origin, blob_id,
                                       NowOf(edge) + kUrlLife);
  return JsonAnswer({{"download_url", urls.download_url},
                     {"head_url", urls.head_url},
                     {"expiry", urls.expiry.time_since_epoch().count()}});
}

// Finds the path's job of this key and goes on with it.
template <typename Then>
Answer WithJob(Edge& edge, const Request& request, const Then& then) {
  const auto id = ProcessId(request);
  if (!id) {
    return ErrorAnswer(id.error(), request.id);
  }
  const auto job = edge.parts.service->Find(request.key, *id);
  return job ? then(*job) : ErrorAnswer(job.error(), request.id);
}

// Cancel and delete: 204 or the reason.
Answer Change(const Edge& edge, const Request& request,
              Status (JobService::*change)(const KeyRecord&, std::string_view)) {
  const auto id = ProcessId(request);
  if (!id) {
    return ErrorAnswer(id.error(), request.id);
  }
  const Status changed = (edge.parts.service->*change)(request.key, *id);
  return changed.ok() ? EmptyAnswer() : ErrorAnswer(changed, request.id);
}

}  // namespace

Answer HandleList(Edge& edge, Request& request) {
  const auto query = ParseListQuery(request.query);
  if (!query) {
    return ErrorAnswer(query.error(), request.id);
  }
  const auto list =
      query->is_paginated ? ListPage(edge, request, *query) : ListArray(edge, request, *query);
  return list ? JsonAnswer(*list) : ErrorAnswer(list.error(), request.id);
}

Answer HandleStatus(Edge& edge, Request& request) {
  return WithJob(edge, request, [](const JobRecord& job) { return JsonAnswer(StatusJson(job)); });
}

Answer HandleDelete(Edge& edge, Request& request) {
  return Change(edge, request, &JobService::Delete);
}

Answer HandleDeleteFinished(Edge& edge, Request& request) {
  const auto count = edge.parts.service->DeleteFinished(request.key);
  return count ? JsonAnswer({{"deleted_count", *count}}) : ErrorAnswer(count.error(), request.id);
}

Answer HandleCancel(Edge& edge, Request& request) {
  return Change(edge, request, &JobService::Cancel);
}

Answer HandleDownload(Edge& edge, Request& request) {
  return WithJob(edge, request, [&](const JobRecord& job) {
    if (job.state != JobState::kCompleted) {
      return ErrorAnswer(
          409, "the job is " + std::string(JobStateName(job.state)) +
                   (IsFinal(job.state) ? ": it has no output" : ": its output is not ready yet"));
    }
    return DownloadAnswer(edge, request, job.output_id);
  });
}

Answer HandleDownloadInput(Edge& edge, Request& request) {
  return WithJob(edge, request, [&](const JobRecord& job) {
    return DownloadAnswer(edge, request, job.source_id);
  });
}

}  // namespace recover
