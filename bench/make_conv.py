"""Writes one 64->64 3x3 convolution as an ONNX file: x (1,64,H,W) -> y, padding 1, fp32.

The protocol-buffer bytes are put together by hand (onnx.proto3 of ONNX 1.12: field numbers
in the comments), so that no package is needed. Argument: the file to write.
"""

import random
import struct
import sys

CHANNELS = 64


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def integer(field, number):
    return varint(field << 3) + varint(number)


def block(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def value_info(name):
    sizes = block(1, integer(1, 1)) + block(1, integer(1, CHANNELS))  # dim { dim_value }
    sizes += block(1, block(2, "H")) + block(1, block(2, "W"))  # dim { dim_param }
    tensor = integer(1, 1) + block(2, sizes)  # elem_type FLOAT, shape
    return block(1, name) + block(2, block(1, tensor))  # name, type { tensor_type }


def pads():
    ints = b"".join(integer(8, 1) for _ in range(4))
    return block(1, "pads") + ints + integer(20, 7)  # name, ints, type INTS


def main():
    rng = random.Random(0)
    count = CHANNELS * CHANNELS * 9
    raw = struct.pack(f"<{count}f", *(rng.gauss(0, 1 / 24) for _ in range(count)))
    dims = integer(1, CHANNELS) + integer(1, CHANNELS) + integer(1, 3) + integer(1, 3)
    weights = dims + integer(2, 1) + block(8, "w") + block(9, raw)
    node = block(1, "x") + block(1, "w") + block(2, "y") + block(4, "Conv") + block(5, pads())
    graph = block(1, node) + block(2, "conv") + block(5, weights)
    graph += block(11, value_info("x")) + block(12, value_info("y"))
    model = integer(1, 7) + block(7, graph) + block(8, integer(2, 13))  # ir_version, opset 13
    with open(sys.argv[1], "wb") as file:
        file.write(model)


if __name__ == "__main__":
    main()
