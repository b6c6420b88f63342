// Restores every picture of a folder with one loaded network:
//   enhance_folder IN OUT [SCALE]
#include <cstdio>
#include <cstdlib>

#include <recover/recover.h>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: enhance_folder IN OUT [SCALE]\n");
    return 2;
  }
  const auto enhancer = recover::Enhancer::Load({});
  if (!enhancer) {
    std::fprintf(stderr, "%s\n", enhancer.error().message.c_str());
    return 1;
  }
  recover::EnhanceSettings settings;
  settings.scale = argc > 3 ? std::atof(argv[3]) : 1.0;
  settings.overwrite = true;
  recover::EnhanceControl control;
  control.progress = [](double share) { std::fprintf(stderr, "\r%3.0f%%", 100 * share); };

  int failures = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    const auto output = argv[2] / entry.path().filename();
    const auto report = enhancer->EnhanceFile(entry.path(), output, settings, control);
    if (report) {
      std::printf("%s: %dx%d in %.1f s\n", output.c_str(), report->output_width,
                  report->output_height, report->total_seconds);
    } else {
      std::printf("%s\n", report.error().message.c_str());
      ++failures;
    }
  }
  return failures == 0 ? 0 : 1;
}
