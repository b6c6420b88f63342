#include "pipeline/engine.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/env.h"
#include "base/failing_env.h"
#include "image/image_rows.h"
#include "pipeline/enhance_file.h"

namespace recover {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A picture of soft waves with a hard edge.
Image MakePicture(Size size, int channels) {
  Image image(size, channels);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c) {
        const int wave = (x * (3 + c) + y * 5) % 64;
        image.at(x, y, c) = (x > size.width / 2 ? 0.2F : 0.4F) + static_cast<float>(wave) / 128;
      }
    }
  }
  return image;
}

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "engine-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static EngineOptions Options(const std::string& model) {
    return {.model = model,
            .models_folder = fs::path(RECOVER_SOURCE_DIR) / "tests" / "data" / "tiny_models",
            .device = Device::kCpu,
            .threads = 2,
            .memory_bytes = int64_t{1} << 30,
            .tile_px = 0,
            .temp_folder = {}};
  }

  static std::unique_ptr<Engine> Load(const EngineOptions& options) {
    auto engine = Engine::Load(options);
    EXPECT_TRUE(engine) << engine.error().message();
    return *std::move(engine);
  }

  fs::path WritePicture(const std::string& name, Size size, int channels,
                        FileFormat format = FileFormat::kPng) {
    ImageRows rows(MakePicture(size, channels));
    const Status status = EncodeFile(rows, {}, {.format = format}, folder_ / name);
    EXPECT_TRUE(status.ok()) << status.message();
    return folder_ / name;
  }

  static Image ReadPicture(const fs::path& path) {
    const auto picture = Picture::Open(Input::FromFile(path), {});
    EXPECT_TRUE(picture) << picture.error().message();
    auto rows = picture->OpenRows();
    EXPECT_TRUE(rows);
    auto image = ReadImage(**rows);
    EXPECT_TRUE(image);
    return *std::move(image);
  }

  static std::string Bytes(const fs::path& path) {
    auto bytes = Env::Real().ReadFile(path, 1 << 30);
    EXPECT_TRUE(bytes) << path;
    return bytes ? *bytes : "";
  }

  JobReport Run(const Engine& engine, const fs::path& input, const JobSettings& settings,
                const std::string& output) {
    auto report = engine.Run(Input::FromFile(input), settings, folder_ / output, RunContext{});
    EXPECT_TRUE(report) << report.error().message();
    return report ? *std::move(report) : JobReport{};
  }

  fs::path folder_;
};

TEST_F(EngineTest, TheIdentityNetworkKeepsThePicture) {
  const auto engine = Load(Options("identity"));
  for (const int channels : {1, 2, 3, 4}) {
    const fs::path input = WritePicture("in.png", {97, 61}, channels);
    Run(*engine, input, {.tone = ToneMode::kKeep, .format = FileFormat::kPng}, "out.png");
    const Image before = ReadPicture(input);
    const Image after = ReadPicture(folder_ / "out.png");
    ASSERT_EQ(after.size(), before.size());
    ASSERT_EQ(after.channels(), channels);
    for (size_t i = 0; i < before.samples().size(); ++i) {
      ASSERT_NEAR(before.samples()[i], after.samples()[i], 1.01 / 255) << channels;
    }
  }
}

TEST_F(EngineTest, AFadedPictureGetsItsRangeBackUnlessItIsToBeKept) {
  const auto engine = Load(Options("identity"));
  Image faded({120, 90}, 4);
  for (int y = 0; y < 90; ++y) {
    for (int x = 0; x < 120; ++x) {
      const float value = 0.25F + 0.45F * static_cast<float>((x * 7 + y * 13) % 97) / 96;
      const float sepia[] = {value, 0.9F * value, 0.72F * value, 1.0F};
      std::copy_n(sepia, 4, faded.view().pixel(x, y));
    }
  }
  ImageRows rows(std::move(faded));
  ASSERT_TRUE(EncodeFile(rows, {}, {.format = FileFormat::kPng}, folder_ / "in.png").ok());
  const auto darkest = [&](ToneMode tone, bool expect_change) {
    const JobSettings settings{.tone = tone, .format = FileFormat::kPng};
    const JobReport report = Run(*engine, folder_ / "in.png", settings, "out.png");
    EXPECT_EQ(report.tone_changed, expect_change);
    const Image image = ReadPicture(folder_ / "out.png");
    float least = 1;
    for (int x = 0; x < 120; ++x) least = std::min(least, image.at(x, 40, 0));
    return least;
  };
  EXPECT_NEAR(darkest(ToneMode::kKeep, false), 0.25F, 0.02F);
  EXPECT_LT(darkest(ToneMode::kAuto, true), 0.06F);
  EXPECT_LT(darkest(ToneMode::kNeutral, true), 0.06F);
}

TEST_F(EngineTest, SizesAreExact) {
  const auto engine = Load(Options("identity"));
  const fs::path input = WritePicture("in.png", {60, 40}, 3);
  Run(*engine, input, {.size = {.scale = 2.5}, .format = FileFormat::kPng}, "a.png");
  EXPECT_EQ(ReadPicture(folder_ / "a.png").size(), (Size{150, 100}));
  Run(*engine, input, {.size = {.width = 90}, .format = FileFormat::kPng}, "b.png");
  EXPECT_EQ(ReadPicture(folder_ / "b.png").size(), (Size{90, 60}));
  Run(*engine, input,
      {.size = {.width = 50, .height = 77, .crop_to_fill = true}, .format = FileFormat::kPng},
      "c.png");
  const Image cut = ReadPicture(folder_ / "c.png");
  EXPECT_EQ(cut.size(), (Size{50, 77}));
  EXPECT_EQ(cut.channels(), 3);
}

TEST_F(EngineTest, LetterboxIsTransparentWhereTheFormatCanAndBlackElsewhere) {
  const auto engine = Load(Options("identity"));
  const fs::path input = WritePicture("in.png", {60, 40}, 3);
  const SizeRequest box{.width = 60, .height = 80};
  Run(*engine, input, {.size = box, .format = FileFormat::kPng}, "a.png");
  const Image clear = ReadPicture(folder_ / "a.png");
  ASSERT_EQ(clear.channels(), 4);
  EXPECT_EQ(clear.at(30, 5, 3), 0);
  EXPECT_EQ(clear.at(30, 40, 3), 1);
  Run(*engine, input, {.size = box, .format = FileFormat::kJpeg}, "b.jpg");
  const Image black = ReadPicture(folder_ / "b.jpg");
  ASSERT_EQ(black.channels(), 3);
  EXPECT_LT(black.at(30, 5, 0), 0.02);
  EXPECT_GT(black.at(30, 40, 1), 0.1);
}

TEST_F(EngineTest, AnyThreadsAndMemoryGiveTheSameBytes) {
  const fs::path input = WritePicture("in.png", {300, 170}, 3);
  const JobSettings settings{
      .size = {.scale = 2}, .creativity = 9, .seed = 7, .format = FileFormat::kPng};
  std::string first;
  int64_t one_worker_bytes = 0;
  for (const int threads : {1, 2, 5}) {
    EngineOptions options = Options("unet");
    options.threads = threads;
    const auto engine = Load(options);
    const JobReport report = Run(*engine, input, settings, "out.png");
    if (first.empty()) {
      first = Bytes(folder_ / "out.png");
      one_worker_bytes = report.plan.memory_bytes;
    }
    EXPECT_EQ(Bytes(folder_ / "out.png"), first) << threads;
  }
  EngineOptions tight = Options("unet");
  tight.threads = 5;
  tight.memory_bytes = one_worker_bytes;
  const JobReport report = Run(*Load(tight), input, settings, "out.png");
  EXPECT_EQ(report.plan.workers, 1);
  EXPECT_EQ(Bytes(folder_ / "out.png"), first);
}

TEST_F(EngineTest, TheSeedComesFromTheInputUnlessGiven) {
  const auto engine = Load(Options("unet"));
  const fs::path a = WritePicture("a.png", {64, 64}, 3);
  fs::copy_file(a, folder_ / "copy.png");
  const JobSettings settings{.creativity = 9, .format = FileFormat::kPng};
  const JobReport first = Run(*engine, a, settings, "1.png");
  const JobReport copy = Run(*engine, folder_ / "copy.png", settings, "2.png");
  EXPECT_EQ(first.seed, copy.seed);
  EXPECT_GE(first.seed, 0);
  EXPECT_EQ(Bytes(folder_ / "1.png"), Bytes(folder_ / "2.png"));
  const fs::path other = WritePicture("b.png", {64, 65}, 3);
  EXPECT_NE(Run(*engine, other, settings, "3.png").seed, first.seed);
  JobSettings seeded = settings;
  seeded.seed = 1;
  EXPECT_EQ(Run(*engine, a, seeded, "4.png").seed, 1);
  EXPECT_NE(Bytes(folder_ / "4.png"), Bytes(folder_ / "1.png"));
}

TEST_F(EngineTest, TooLittleMemoryIsRefusedWithWhatIsNeeded) {
  EngineOptions options = Options("unet");
  options.memory_bytes = 1 << 20;
  const auto engine = Load(options);
  const fs::path input = WritePicture("in.png", {64, 64}, 3);
  const auto report = engine->Run(Input::FromFile(input), {}, folder_ / "out.jpg", RunContext{});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), StatusCode::kTooLarge);
  EXPECT_THAT(report.error().message(), HasSubstr("--memory"));
  EXPECT_THAT(report.error().message(), HasSubstr("in.png"));
}

TEST_F(EngineTest, TheStagesAddUpToTheTotal) {
  const auto engine = Load(Options("unet"));
  for (const int channels : {3, 4}) {
    const fs::path input = WritePicture("in.png", {400, 300}, channels);
    const StageSeconds seconds =
        Run(*engine, input, {.size = {.scale = 2}, .format = FileFormat::kPng}, "o.png").seconds;
    EXPECT_GE(seconds.decode, 0);
    EXPECT_GE(seconds.resample, 0);
    EXPECT_GT(seconds.network, 0);
    EXPECT_GT(seconds.encode, 0);
    const double sum = seconds.decode + seconds.resample + seconds.network + seconds.encode;
    EXPECT_LE(sum, seconds.total * 1.001);
    EXPECT_GE(sum, seconds.total * 0.5);
  }
}

TEST_F(EngineTest, ProgressNeverFallsAndEndsWhole) {
  const auto engine = Load(Options("unet"));
  const fs::path input = WritePicture("in.png", {200, 300}, 3);
  int64_t last = 0;
  int64_t total = 0;
  RunContext context;
  context.progress = [&](int64_t done, int64_t all) {
    EXPECT_GE(done, last);
    last = done;
    total = all;
  };
  ASSERT_TRUE(engine->Run(Input::FromFile(input), {.format = FileFormat::kPng}, folder_ / "o.png",
                          context));
  EXPECT_EQ(last, total);
  EXPECT_EQ(total, 200 * 300);
}

TEST_F(EngineTest, TheSettingsKeyChangesWithWhatDecidesTheBytes) {
  const auto engine = Load(Options("unet"));
  const std::string key = engine->SettingsKey({});
  EXPECT_EQ(engine->SettingsKey({}), key);
  EXPECT_NE(engine->SettingsKey({.creativity = 4}), key);
  EXPECT_NE(engine->SettingsKey({.tone = ToneMode::kKeep}), key);
  EXPECT_NE(engine->SettingsKey({.seed = 0}), key);
  EXPECT_NE(engine->SettingsKey({.size = {.width = 5}}), key);
  EXPECT_NE(engine->SettingsKey({.format = FileFormat::kPng}), key);
  EXPECT_NE(engine->SettingsKey({.quality = 1}), key);
  EXPECT_NE(engine->SettingsKey({.profile = ProfileMode::kSrgb}), key);
  EXPECT_NE(engine->SettingsKey({.strip_metadata = true}), key);
  EXPECT_NE(Load(Options("identity"))->SettingsKey({}), key);
  EngineOptions other = Options("unet");
  other.threads = 1;
  other.memory_bytes = int64_t{2} << 30;
  EXPECT_EQ(Load(other)->SettingsKey({}), key) << "threads and memory do not count";
}

TEST_F(EngineTest, AMissingModelNamesWhatIsThere) {
  const auto engine = Engine::Load(Options("no-such-model"));
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code(), StatusCode::kNotFound);
  EXPECT_THAT(engine.error().message(), HasSubstr("identity"));
}

TEST_F(EngineTest, AStopLeavesNoOutput) {
  const auto engine = Load(Options("unet"));
  const fs::path input = WritePicture("in.png", {300, 300}, 3);
  std::stop_source stop;
  RunContext context;
  context.stop = stop.get_token();
  context.progress = [&stop](int64_t, int64_t) { stop.request_stop(); };
  const auto report = EnhanceFile(*engine,
                                  {.input = Input::FromFile(input),
                                   .output = folder_ / "sub" / "out.png",
                                   .settings = {.size = {.scale = 2}, .format = FileFormat::kPng},
                                   .on_existing = OnExisting::kKeep,
                                   .before_commit = {}},
                                  context);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), StatusCode::kCancelled);
  EXPECT_TRUE(fs::is_empty(folder_ / "sub"));
}

TEST_F(EngineTest, ADiskThatFailsAtTheEndLeavesTheOldOutput) {
  const auto engine = Load(Options("identity"));
  const fs::path input = WritePicture("in.png", {64, 64}, 3);
  std::ofstream(folder_ / "out.png") << "old";
  const FileJob job{.input = Input::FromFile(input),
                    .output = folder_ / "out.png",
                    .settings = {.format = FileFormat::kPng},
                    .on_existing = OnExisting::kReplace,
                    .before_commit = {}};
  for (const auto op : {FailingEnv::Op::kSync, FailingEnv::Op::kRename, FailingEnv::Op::kCreate}) {
    FailingEnv env;
    env.Fail(op, ENOSPC);
    const auto report = EnhanceFile(*engine, job, RunContext{}, env);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), StatusCode::kOutOfSpace);
    EXPECT_EQ(Bytes(folder_ / "out.png"), "old");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
  ASSERT_TRUE(EnhanceFile(*engine, job, RunContext{}));
  EXPECT_EQ(ReadPicture(folder_ / "out.png").size(), (Size{64, 64}));
}

TEST_F(EngineTest, AnExistingOutputIsRefusedBeforeAnyWork) {
  const auto engine = Load(Options("identity"));
  std::ofstream(folder_ / "out.png") << "old";
  const auto report = EnhanceFile(*engine,
                                  {.input = Input::FromFile(folder_ / "not-even-there.png"),
                                   .output = folder_ / "out.png",
                                   .settings = {},
                                   .on_existing = OnExisting::kKeep,
                                   .before_commit = {}},
                                  RunContext{});
  EXPECT_EQ(report.error().code(), StatusCode::kAlreadyExists);
}

TEST_F(EngineTest, MemoryInMemoryOutEqualsTheFile) {
  const auto engine = Load(Options("unet"));
  const fs::path input = WritePicture("in.png", {80, 50}, 4);
  const JobSettings settings{.size = {.scale = 2}, .format = FileFormat::kPng};
  Run(*engine, input, settings, "out.png");
  const auto made =
      EnhanceInMemory(*engine, Input::FromMemory(Bytes(input), "upload"), settings, RunContext{});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->bytes, Bytes(folder_ / "out.png"));
}

/// Bytes of a JPEG with an EXIF block that says "turned right".
std::string TurnJpeg(std::string jpeg) {
  const std::string tiff("MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);
  const std::string block = std::string("Exif\0\0", 6) + tiff;
  return jpeg.insert(2, std::string("\xFF\xE1\0", 3) + static_cast<char>(block.size() + 2) + block);
}

TEST_F(EngineTest, WithOneTurnstileTheNextIsDecodedWhileTheFirstIsInTheNetwork) {
  const auto engine = Load(Options("unet"));
  const fs::path first = WritePicture("first.png", {200, 300}, 3);
  const fs::path upright = WritePicture("upright.jpg", {300, 200}, 3, FileFormat::kJpeg);
  const fs::path second = folder_ / "second.jpg";
  std::ofstream(second, std::ios::binary) << TurnJpeg(Bytes(upright));
  ASSERT_EQ(engine->Inspect(Input::FromFile(second), {})->orientation, 6);
  const JobSettings settings{.seed = 1, .format = FileFormat::kPng};
  Run(*engine, first, settings, "first-alone.png");
  Run(*engine, second, settings, "second-alone.png");

  Turnstile turnstile;
  std::mutex mutex;  // Guards `tiles`.
  std::string tiles;
  std::latch first_in_network(1);
  std::promise<void> second_waits;
  const auto run = [&](const fs::path& input, const char* output, const RunContext& context) {
    const auto report = engine->Run(Input::FromFile(input), settings, folder_ / output, context);
    EXPECT_TRUE(report) << report.error().message();
  };
  const auto note = [&](char who) {
    const std::lock_guard lock(mutex);
    tiles += who;
    return tiles.size();
  };
  RunContext a{.stop = {}, .progress = {}, .turnstile = &turnstile, .waiting = {}};
  a.progress = [&](int64_t, int64_t) {
    if (note('a') == 1) {
      first_in_network.count_down();
      // Ends only if the second one comes all the way to the network meanwhile: the
      // turned picture is decoded whole before its first row is there.
      EXPECT_EQ(second_waits.get_future().wait_for(std::chrono::seconds(60)),
                std::future_status::ready);
    }
  };
  RunContext b{.stop = {}, .progress = {}, .turnstile = &turnstile, .waiting = {}};
  b.progress = [&](int64_t, int64_t) { note('b'); };
  b.waiting = [&](bool is_waiting) {
    if (is_waiting) second_waits.set_value();
  };
  std::jthread one([&] { run(first, "first.png.out", a); });
  first_in_network.wait();
  run(second, "second.png.out", b);
  one.join();

  EXPECT_GT(std::count(tiles.begin(), tiles.end(), 'a'), 4);
  EXPECT_GT(std::count(tiles.begin(), tiles.end(), 'b'), 4);
  EXPECT_TRUE(std::is_sorted(tiles.begin(), tiles.end())) << tiles;
  EXPECT_EQ(Bytes(folder_ / "first.png.out"), Bytes(folder_ / "first-alone.png"));
  EXPECT_EQ(Bytes(folder_ / "second.png.out"), Bytes(folder_ / "second-alone.png"));
}

TEST_F(EngineTest, AStopWhileWaitingForATurnEndsTheRun) {
  const auto engine = Load(Options("unet"));
  const fs::path input = WritePicture("in.png", {64, 64}, 3);
  Turnstile turnstile;
  const auto held = turnstile.Enter({});
  std::stop_source stop;
  RunContext context{
      .stop = stop.get_token(), .progress = {}, .turnstile = &turnstile, .waiting = {}};
  context.waiting = [&](bool) { stop.request_stop(); };
  const auto report = engine->Run(Input::FromFile(input), {}, folder_ / "out.jpg", context);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), StatusCode::kCancelled);
  EXPECT_EQ(turnstile.waiting(), 0);
}

TEST_F(EngineTest, ARunThatFailsInTheNetworkLetsTheNextOneIn) {
  const auto engine = Load(Options("unet"));
  const fs::path input = WritePicture("in.png", {200, 200}, 3);
  Turnstile turnstile;
  std::stop_source stop;
  RunContext context{
      .stop = stop.get_token(), .progress = {}, .turnstile = &turnstile, .waiting = {}};
  context.progress = [&](int64_t, int64_t) { stop.request_stop(); };
  ASSERT_FALSE(engine->Run(Input::FromFile(input), {}, folder_ / "out.jpg", context));
  context.stop = {};
  context.progress = {};
  EXPECT_TRUE(engine->Run(Input::FromFile(input), {}, folder_ / "out.jpg", context));
}

TEST_F(EngineTest, TheProbeMeasuresATime) {
  const auto seconds = Load(Options("unet"))->MeasureSecondsPerMegapixel();
  ASSERT_TRUE(seconds) << seconds.error().message();
  EXPECT_GT(*seconds, 0);
  EXPECT_LT(*seconds, 1000);
}

}  // namespace
}  // namespace recover
