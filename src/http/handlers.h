// What each route does. A handler runs on one of the server's handler threads, with a request
// that was admitted: path, key, body are there.
#pragma once

#include "http/answer.h"
#include "http/edge.h"
#include "http/request.h"

namespace recover {

// submit.cc
Answer HandleSubmit(Edge& edge, Request& request);

// jobs.cc
Answer HandleList(Edge& edge, Request& request);
Answer HandleStatus(Edge& edge, Request& request);
Answer HandleDelete(Edge& edge, Request& request);
Answer HandleDeleteFinished(Edge& edge, Request& request);
Answer HandleCancel(Edge& edge, Request& request);
Answer HandleDownload(Edge& edge, Request& request);
Answer HandleDownloadInput(Edge& edge, Request& request);

// account.cc
Answer HandleEstimate(Edge& edge, Request& request);
Answer HandleEstimateBulk(Edge& edge, Request& request);
Answer HandleBalance(Edge& edge, Request& request);

// files.cc
Answer HandleFile(Edge& edge, Request& request);

// service.cc
Answer HandleHealth(Edge& edge, Request& request);
Answer HandleReady(Edge& edge, Request& request);
Answer HandleMetrics(Edge& edge, Request& request);
Answer HandleOpenApi(Edge& edge, Request& request);
Answer HandleDocs(Edge& edge, Request& request);
Answer HandleDocsAsset(Edge& edge, Request& request);
Answer HandleHome(Edge& edge, Request& request);

}  // namespace recover
