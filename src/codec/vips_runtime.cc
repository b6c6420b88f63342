#include "codec/vips_runtime.h"

#include <mutex>

#include <vips/vips.h>

namespace recover {
namespace {

void DropLogMessage(const gchar* /*domain*/, GLogLevelFlags /*level*/, const gchar* /*message*/,
                    gpointer /*data*/) {}

bool StartOnce() {
  // A decoder's warning is either an error by the loader's own fail_on, or harmless: library code
  // prints neither.
  const auto all_levels = static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION);
  g_log_set_handler("VIPS", all_levels, DropLogMessage, nullptr);
  if (vips_init("recover") != 0) {
    return false;
  }
  // Each picture is decoded once; cached operations would only hold its memory and its file open.
  vips_cache_set_max(0);
  vips_operation_block_set("VipsForeignLoad", TRUE);
  for (const char* name : {"VipsForeignLoadPng", "VipsForeignLoadTiff", "VipsForeignLoadWebp",
                           "VipsForeignLoadHeif", "VipsForeignLoadJxl"}) {
    vips_operation_block_set(name, FALSE);
  }
  return true;
}

}  // namespace

Status StartVips() {
  static std::once_flag once;
  static bool started = false;
  std::call_once(once, [] { started = StartOnce(); });
  return started ? Status::Ok()
                 : Status(StatusCode::kUnavailable,
                          "libvips could not be started; reinstall libvips: " + TakeVipsErrors());
}

bool VipsHasOperation(const char* nickname) {
  return StartVips().ok() && vips_type_find("VipsOperation", nickname) != 0;
}

std::string TakeVipsErrors() {
  std::string text = vips_error_buffer();
  vips_error_clear();
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  for (char& c : text) {
    if (c == '\n') {
      c = ';';
    }
  }
  return text.empty() ? "no reason given" : text;
}

}  // namespace recover
