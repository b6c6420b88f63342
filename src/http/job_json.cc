#include "http/job_json.h"

namespace recover {
namespace {

int64_t Seconds(UnixTime time) { return time.time_since_epoch().count(); }

}  // namespace

Json StatusJson(const JobRecord& job) {
  const RequestSettings& settings = job.settings;
  Json json = Json::object();
  json["process_id"] = job.process_id;
  json["source_id"] = job.source_id;
  json["filename"] = job.filename;
  json["input_format"] = FormatApiName(job.input_format);
  json["input_height"] = job.input_size.height;
  json["input_width"] = job.input_size.width;
  json["output_format"] = FormatApiName(settings.output_format);
  json["output_height"] = job.output_size.height;
  json["output_width"] = job.output_size.width;
  json["category"] = "Enhance";
  json["model_type"] = "Generative";
  json["model"] = settings.model;
  json["crop_to_fill"] = settings.crop_to_fill;
  json["subject_detection"] = SubjectName(settings.subject_detection);
  if (settings.face_enhancement) {
    json["face_enhancement"] = *settings.face_enhancement;
  }
  if (settings.face_enhancement_strength) {
    json["face_enhancement_strength"] = *settings.face_enhancement_strength;
  }
  if (settings.face_enhancement_creativity) {
    json["face_enhancement_creativity"] = *settings.face_enhancement_creativity;
  }
  if (!job.options_json.empty()) {
    json["options_json"] = job.options_json;
  }
  json["status"] = JobStateName(job.state);
  json["progress"] = job.progress;
  json["eta"] = Seconds(job.eta);
  json["creation_time"] = Seconds(job.creation_time);
  json["modification_time"] = Seconds(job.modification_time);
  json["credits"] = job.credits;
  if (!job.message.empty()) {
    json["message"] = job.message;
  }
  return json;
}

}  // namespace recover
