#include "pipeline/frame_plan.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace recover {
namespace {

/// number * numerator / denominator, rounded half up, at least 1. Exact: the
/// largest product here is below 2^53.
int64_t Follow(int64_t number, int64_t numerator, int64_t denominator) {
  return std::max<int64_t>(1, (2 * number * numerator + denominator) / (2 * denominator));
}

int64_t ScaleSide(int side, double scale) {
  return std::max<int64_t>(1, static_cast<int64_t>(std::floor(side * scale + 0.5)));
}

std::string SizeText(int64_t width, int64_t height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

std::string MegapixelText(int64_t pixels) {
  const std::string text = std::to_string((pixels + 50'000) / 100'000);
  return text.size() < 2
             ? "0." + text + " MP"
             : text.substr(0, text.size() - 1) +
                   (text.back() == '0' ? "" : "." + text.substr(text.size() - 1)) + " MP";
}

Status CheckInput(Size input, const PixelLimits& limits) {
  if (input.width < 1 || input.height < 1) {
    return {StatusCode::kInvalidArgument, "The picture has no pixels."};
  }
  if (input.area() > limits.max_input_pixels) {
    return {StatusCode::kTooLarge,
            "The picture has " + MegapixelText(input.area()) + ", more than the limit of " +
                MegapixelText(limits.max_input_pixels) + "; --max-pixels raises it."};
  }
  return Status::Ok();
}

Status CheckRequest(const SizeRequest& request) {
  if (request.scale && (request.width || request.height)) {
    return {StatusCode::kInvalidArgument,
            "--scale and --width or --height contradict each other: give one or the other."};
  }
  if (request.scale && !(std::isfinite(*request.scale) && *request.scale > 0)) {
    return {StatusCode::kInvalidArgument, "--scale must be above 0."};
  }
  if (request.width.value_or(1) < 1 || request.height.value_or(1) < 1) {
    return {StatusCode::kInvalidArgument, "--width and --height must be at least 1."};
  }
  return Status::Ok();
}

Status CheckOutput(int64_t width, int64_t height, const PixelLimits& limits) {
  if (width > limits.max_side_px || height > limits.max_side_px) {
    return {StatusCode::kTooLarge, "The output would be " + SizeText(width, height) +
                                       "; a side may have at most " +
                                       std::to_string(limits.max_side_px) + " pixels."};
  }
  if (width * height > limits.max_output_pixels) {
    return {StatusCode::kTooLarge,
            "The output would be " + SizeText(width, height) + " (" +
                MegapixelText(width * height) + "), more than the limit of " +
                MegapixelText(limits.max_output_pixels) + "; --max-output-pixels raises it."};
  }
  return Status::Ok();
}

/// The largest size of the input's aspect inside `box`.
Size SizeInside(Size input, Size box) {
  // Compares box.width / input.width with box.height / input.height, exactly.
  if (int64_t{box.width} * input.height <= int64_t{box.height} * input.width) {
    const int64_t height = Follow(input.height, box.width, input.width);
    return {box.width, static_cast<int>(std::min<int64_t>(height, box.height))};
  }
  const int64_t width = Follow(input.width, box.height, input.height);
  return {static_cast<int>(std::min<int64_t>(width, box.width)), box.height};
}

FramePlan PlanBox(Size input, Size box, bool crop_to_fill) {
  FramePlan plan{.input = input, .crop = {}, .picture = SizeInside(input, box), .output = box};
  if (plan.picture == box) {
    return plan;  // The same aspect, up to rounding.
  }
  if (crop_to_fill) {
    plan.picture = box;
    plan.crop = CropToFill(input, box);
  } else {
    plan.left = (box.width - plan.picture.width) / 2;
    plan.top = (box.height - plan.picture.height) / 2;
  }
  return plan;
}

}  // namespace

double FramePlan::scale() const {
  const double from_width = has_crop() ? crop.width : input.width;
  const double from_height = has_crop() ? crop.height : input.height;
  return std::sqrt((picture.width / from_width) * (picture.height / from_height));
}

Result<FramePlan> PlanFrame(Size input, const SizeRequest& request, const PixelLimits& limits) {
  RECOVER_RETURN_IF_ERROR(CheckInput(input, limits));
  RECOVER_RETURN_IF_ERROR(CheckRequest(request));
  int64_t width = request.width.value_or(input.width);
  int64_t height = request.height.value_or(input.height);
  if (request.scale) {
    width = ScaleSide(input.width, *request.scale);
    height = ScaleSide(input.height, *request.scale);
  } else if (request.width && !request.height) {
    height = Follow(input.height, width, input.width);
  } else if (request.height && !request.width) {
    width = Follow(input.width, height, input.height);
  }
  RECOVER_RETURN_IF_ERROR(CheckOutput(width, height, limits));
  const Size output{static_cast<int>(width), static_cast<int>(height)};
  if (request.width && request.height) {
    return PlanBox(input, output, request.crop_to_fill);
  }
  return FramePlan{.input = input, .crop = {}, .picture = output, .output = output};
}

}  // namespace recover
