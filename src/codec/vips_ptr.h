// One owner of one reference to a GObject of libvips.
#pragma once

#include <memory>

#include <glib-object.h>

namespace recover {

struct ObjectUnref {
  void operator()(void* object) const { g_object_unref(object); }
};

template <typename T>
using VipsPtr = std::unique_ptr<T, ObjectUnref>;

}  // namespace recover
