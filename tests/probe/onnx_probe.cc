// onnx_probe NETWORK.onnx HEIGHT WIDTH INPUT OUTPUT
//
// Runs a restoration network once through our engine. INPUT holds image (3, H, W), noise
// (4, H/4, W/4), dials (16) and prompt (64) one after another as raw float32; OUTPUT
// gets `restored` (3, H, W). Exit code 0 on success, 1 with a sentence otherwise.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "neural/session.h"

namespace {

int Fail(const std::string& sentence) {
  std::cerr << "onnx_probe: " << sentence << '\n';
  return EXIT_FAILURE;
}

std::string ReadAll(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool ReadInto(std::ifstream& file, std::vector<float>& values) {
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  return file.good();
}

int Probe(char** argv) {
  const int64_t height = std::atoll(argv[2]);
  const int64_t width = std::atoll(argv[3]);
  recover::Tensor image({1, 3, height, width});
  recover::Tensor noise({1, 4, height / 4, width / 4});
  recover::Tensor dials({1, 16});
  recover::Tensor prompt({1, 64});
  recover::Tensor restored({1, 3, height, width});

  std::ifstream input(argv[4], std::ios::binary);
  for (recover::Tensor* tensor : {&image, &noise, &dials, &prompt}) {
    if (!ReadInto(input, tensor->values)) {
      return Fail(std::string(argv[4]) + " is too short");
    }
  }
  auto session = recover::Session::Load(ReadAll(argv[1]), {});
  if (!session) {
    return Fail(session.error().message());
  }
  const recover::NamedTensor inputs[] = {{"image", image.shape, image.values},
                                         {"noise", noise.shape, noise.values},
                                         {"dials", dials.shape, dials.values},
                                         {"prompt", prompt.shape, prompt.values}};
  if (const auto status = session->Run(inputs, {"restored", restored.shape, restored.values});
      !status.ok()) {
    return Fail(status.message());
  }
  std::ofstream output(argv[5], std::ios::binary);
  output.write(reinterpret_cast<const char*>(restored.values.data()),
               static_cast<std::streamsize>(restored.values.size() * sizeof(float)));
  return output.flush().good() ? EXIT_SUCCESS : Fail(std::string("cannot write ") + argv[5]);
}

}  // namespace

int main(int argc, char** argv) {
  return argc == 6 ? Probe(argv) : Fail("usage: onnx_probe NETWORK HEIGHT WIDTH INPUT OUTPUT");
}
