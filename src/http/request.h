// A request as handlers see it: read, checked and authenticated.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/uri.h"
#include "jobs/blob_store.h"
#include "jobs/key.h"
#include "jobs/request_settings.h"
#include "net/address_guard.h"

namespace recover {

/// Header names in lower case; values of one name joined by ", ".
using Headers = std::map<std::string, std::string, std::less<>>;

/// A file that came with the request: whole, under a temporary name.
struct Upload {
  BlobWriter blob;
  std::string file_name;  ///< Made harmless; may be empty.
};

/// Moves. Not thread-safe.
struct Request {
  std::string id;      ///< For logs and answers.
  std::string method;  ///< "HEAD" stays "HEAD" where GET's handler serves it.
  std::string path;    ///< As sent, without the query.
  UriFields query;
  Headers headers;
  IpAddress peer;
  std::string origin;                    ///< "https://host/prefix" for URLs in answers.
  std::vector<std::string> path_values;  ///< What stood for the pattern's {names}.
  KeyRecord key;                         ///< Of routes that need one.

  SettingFields fields;          ///< Of a form or a JSON object: known names only.
  std::optional<Upload> upload;  ///< The part `image`.
  std::string body;              ///< Of a JSON body.

  /// Empty when it was not sent.
  std::string_view header(std::string_view name) const {
    const auto found = headers.find(name);
    if (found == headers.end()) {
      return {};
    }
    return found->second;
  }
};

}  // namespace recover
