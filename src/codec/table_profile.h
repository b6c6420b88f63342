// Profiles of tables (printers, scanners, CMYK, Lab), by Little CMS.
#pragma once

#include <memory>
#include <string>

#include "codec/colour_profile.h"
#include "codec/lcms_profile.h"

namespace recover {

/// Its ToWorking() is null if Little CMS cannot use the profile.
std::shared_ptr<const ColourProfile> MakeTableProfile(std::string name, ProfilePtr profile,
                                                      ColourModel model);

}  // namespace recover
