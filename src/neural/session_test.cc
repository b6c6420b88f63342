#include "neural/session.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "neural/test_models.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

Session LoadSession(const std::string& name, const SessionOptions& options = {}) {
  Result<Session> session = Session::Load(LoadTinyModel(name).onnx, options);
  RECOVER_CHECK(session.has_value());
  return *std::move(session);
}

/// All inputs of a tiny network for one picture size, filled at random.
class Inputs {
 public:
  Inputs(int64_t height, int64_t width)
      : image({1, 3, height, width}),
        noise({1, 4, height / 4, width / 4}),
        dials({1, 16}),
        prompt({1, 64}) {
    std::mt19937 engine(1);
    std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
    for (Tensor* tensor : {&image, &noise, &dials}) {
      std::ranges::generate(tensor->values, [&] { return uniform(engine); });
    }
  }

  std::vector<NamedTensor> named() {
    return {{"image", image.shape, image.values},
            {"noise", noise.shape, noise.values},
            {"dials", dials.shape, dials.values},
            {"prompt", prompt.shape, prompt.values}};
  }

  Tensor image;
  Tensor noise;
  Tensor dials;
  Tensor prompt;
};

Tensor Restore(const Session& session, Inputs& inputs) {
  Tensor out(inputs.image.shape);
  const Status status = session.Run(inputs.named(), {"restored", out.shape, out.values});
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

double LargestDifference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    largest = std::max<double>(largest, std::abs(a.values[i] - b.values[i]));
  }
  return largest;
}

TEST(Session, DescribesItsInputsAndOutputs) {
  const Session session = LoadSession("unet");
  ASSERT_EQ(session.inputs().size(), 4U);
  EXPECT_EQ(session.inputs()[0].name, "image");
  EXPECT_EQ(session.inputs()[0].shape, (Shape{1, 3, -1, -1}));
  EXPECT_TRUE(session.inputs()[0].is_float);
  EXPECT_EQ(session.inputs()[2].shape, (Shape{1, 16}));
  ASSERT_EQ(session.outputs().size(), 1U);
  EXPECT_EQ(session.outputs()[0].name, "restored");
  EXPECT_EQ(session.device(), Device::kCpu);
}

TEST(Session, IdentityGivesTheInputBack) {
  const Session session = LoadSession("identity");
  Inputs inputs(32, 48);
  EXPECT_EQ(Restore(session, inputs).values, inputs.image.values);
}

TEST(Session, BytesThatAreNoNetworkAreRefused) {
  const std::string good = LoadTinyModel("unet").onnx;
  for (const std::string& bytes :
       {std::string("not a network"), good.substr(0, good.size() / 2), std::string(100, '\0')}) {
    const Result<Session> session = Session::Load(bytes, {});
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code(), StatusCode::kCorruptInput) << session.error().message();
  }
}

TEST(Session, WrongNameOrShapeIsAnInvalidArgument) {
  const Session session = LoadSession("unet");
  Inputs inputs(32, 32);
  Tensor out(inputs.image.shape);
  std::vector<NamedTensor> named = inputs.named();
  named[3].name = "promptt";
  EXPECT_EQ(session.Run(named, {"restored", out.shape, out.values}).code(),
            StatusCode::kInvalidArgument);
  named = inputs.named();
  named[2].shape = {16, 1};
  EXPECT_EQ(session.Run(named, {"restored", out.shape, out.values}).code(),
            StatusCode::kInvalidArgument);
}

// The law behind choosing threads freely: who multiplies does not matter.
TEST(Session, SameBytesForAnyThreads) {
  Inputs inputs(176, 208);
  const Tensor one = Restore(LoadSession("unet"), inputs);
  for (const int threads : {2, 3, 4, 7}) {
    SessionOptions options;
    options.threads = threads;
    EXPECT_EQ(Restore(LoadSession("unet", options), inputs).values, one.values) << threads;
  }
}

TEST(Session, RunsFromSeveralThreadsAtOnce) {
  const Session session = LoadSession("unet");
  Inputs inputs(64, 64);
  const Tensor expected = Restore(session, inputs);
  std::vector<Tensor> outs(4);
  std::vector<std::thread> threads;
  for (Tensor& out : outs) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        out = Restore(session, inputs);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const Tensor& out : outs) {
    EXPECT_EQ(out.values, expected.values);
  }
}

TEST(Session, StopBeforeAndDuringARun) {
  const Session session = LoadSession("unet");
  std::stop_source stop;
  stop.request_stop();
  Inputs small(16, 16);
  Tensor small_out(small.image.shape);
  EXPECT_EQ(
      session.Run(small.named(), {"restored", small_out.shape, small_out.values}, stop.get_token())
          .code(),
      StatusCode::kCancelled);

  // Large enough that the stop falls into the run; how far it came does not matter,
  // only that the answer says so and comes well before the whole would have.
  Inputs large(2048, 2048);
  Tensor large_out(large.image.shape);
  std::stop_source later;
  std::thread stopper([&] {
    std::this_thread::yield();
    later.request_stop();
  });
  const Status status = session.Run(large.named(), {"restored", large_out.shape, large_out.values},
                                    later.get_token());
  stopper.join();
  EXPECT_EQ(status.code(), StatusCode::kCancelled) << status.message();
}

/// How often `text` occurs in `bytes`.
int Occurrences(const std::string& bytes, const std::string& text) {
  int count = 0;
  for (size_t at = bytes.find(text); at != std::string::npos; at = bytes.find(text, at + 1)) {
    ++count;
  }
  return count;
}

std::string OptimizedGraph(const std::string& name) {
  const fs::path path = fs::path(testing::TempDir()) / ("optimized-" + name + ".onnx");
  SessionOptions options;
  options.optimized_graph_path = path;
  LoadSession(name, options);
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  fs::remove(path);
  return bytes;
}

TEST(Session, StoredWeightsAreUnfoldedAtLoad) {
  // Node types stand as plain text in an ONNX file.
  ASSERT_GT(Occurrences(LoadTinyModel("stored-int8").onnx, "Cast"), 0);
  ASSERT_GT(Occurrences(LoadTinyModel("stored-fp16").onnx, "Cast"), 0);
  const std::string plain = OptimizedGraph("stored-fp32");
  ASSERT_GT(Occurrences(plain, "Conv"), 0);
  for (const char* name : {"stored-fp16", "stored-int8"}) {
    const std::string graph = OptimizedGraph(name);
    EXPECT_EQ(Occurrences(graph, "Cast"), 0) << name;
    EXPECT_EQ(Occurrences(graph, "Mul"), Occurrences(plain, "Mul")) << name;
    EXPECT_EQ(Occurrences(graph, "Conv"), Occurrences(plain, "Conv")) << name;
  }
}

TEST(Session, StoredWeightsGiveTheSameNumbers) {
  Inputs inputs(64, 48);
  const Tensor plain = Restore(LoadSession("stored-fp32"), inputs);
  EXPECT_GT(LargestDifference(plain, inputs.image), 0.05) << "the network does nothing";
  EXPECT_EQ(Restore(LoadSession("stored-fp16"), inputs).values, plain.values);
  EXPECT_EQ(Restore(LoadSession("stored-int8"), inputs).values, plain.values);
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST(Session, RepeatedRunsHoldNoMoreMemory) {
  const Session session = LoadSession("unet");
  Inputs inputs(512, 512);
  Tensor out(inputs.image.shape);
  const NamedTensor output{"restored", out.shape, out.values};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(session.Run(inputs.named(), output).ok());
  }
  const int64_t before = ResidentBytes();
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(session.Run(inputs.named(), output).ok());
  }
  // One run holds about 8 MB of activations; a leak of one run in ten would show.
  EXPECT_LT(ResidentBytes() - before, 4 << 20);
}

// A batch brings another tile shape with each picture.
TEST(Session, ManyShapesHoldLittleMoreThanTheLargest) {
  const Session session = LoadSession("unet");
  const auto run = [&](int side) {
    Inputs inputs(side, side);
    Restore(session, inputs);
  };
  run(512);
  run(512);
  const int64_t before = ResidentBytes();
  for (int side = 16; side <= 512; side += 16) {
    run(side);
  }
  EXPECT_LT(ResidentBytes() - before, 16 << 20);
}

}  // namespace
}  // namespace recover
