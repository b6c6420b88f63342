"""The restoration network: one U-Net on the output grid for every scale.

The picture arrives already resampled to its output size. Space-to-depth by 4 puts the work on the
1/4 grid, where a three-level U-Net of plain convolutions (1/4, 1/8, 1/16 of the output grid) works;
depth-to-space by 4 comes back and the result is added to the input. The last convolution starts at
zero, so an untrained network is the identity.

No attention over the whole picture and no statistics over the tile: both would make tiles disagree.
Dials and prompt act as one scale and one shift per channel (FiLM) where a level begins, not in every
block: between two convolutions it would break the engine's fused layout. So placed, the network runs at
0.92 of one convolution's rate (bench/inference); FiLM in every block was not measured.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DIALS: tuple[tuple[str, float, float, float], ...] = (
    # name, default, lowest, highest
    ("log2_scale", 0.0, 0.0, 3.0),
    ("creativity", 0.0, 0.0, 1.0),
    ("texture", 0.0, -1.0, 1.0),
    ("denoise", 0.0, -1.0, 1.0),
    ("sharpen", 0.0, -1.0, 1.0),
    ("natural", 0.0, 0.0, 1.0),
    ("estimates_known", 0.0, 0.0, 1.0),
    ("noise_sigma", 0.0, 0.0, 1.0),
    ("blur_sigma", 0.0, 0.0, 1.0),
    ("jpeg_loss", 0.0, 0.0, 1.0),
    ("effective_scale", 0.0, 0.0, 1.0),
    ("old", 0.0, 0.0, 1.0),
    ("reserved_12", 0.0, 0.0, 1.0),
    ("reserved_13", 0.0, 0.0, 1.0),
    ("reserved_14", 0.0, 0.0, 1.0),
    ("reserved_15", 0.0, 0.0, 1.0),
)
DIAL_COUNT = len(DIALS)
DIAL_INDEX = {name: index for index, (name, *_rest) in enumerate(DIALS)}
PROMPT_SIZE = 64
NOISE_CHANNELS = 4
PATCH = 4  # space-to-depth factor
MULTIPLE = 16  # height and width must be multiples of this


@dataclass(frozen=True)
class NetworkConfig:
    """Channels and residual blocks of the three levels.

    blocks: (1/4 down, 1/8 down, 1/16, 1/8 up, 1/4 up). Channels are multiples of 16: the CPU engine
    pads to that. The 1/16 level has one 3x3 convolution a block (cheap in FLOPs, dear in radius).
    """

    channels: tuple[int, int, int] = (48, 96, 128)
    blocks: tuple[int, int, int, int, int] = (2, 1, 1, 1, 3)


class Block(nn.Module):
    """x + conv(act(conv(x))): (N, C, h, w) to the same shape. Radius 2 pixels of its own grid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, a=0.1)
        nn.init.zeros_(self.first.bias)
        nn.init.normal_(self.second.weight, std=0.2 / (channels * 9) ** 0.5)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.first(x), 0.1))


class WideBlock(nn.Module):
    """x + conv1x1(act(conv3x3(x))), twice as wide inside. Radius 1 pixel of its own grid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        self.second = nn.Conv2d(2 * channels, channels, 1)
        nn.init.kaiming_normal_(self.first.weight, a=0.1)
        nn.init.zeros_(self.first.bias)
        nn.init.normal_(self.second.weight, std=0.2 / (2 * channels) ** 0.5)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.first(x), 0.1))


class Condition(nn.Module):
    """FiLM and noise where a level begins: x * (1 + scale) + shift + creativity * gain * noise.

    x: (N, C, h, w). code: (N, E) from dials and prompt. noise: (N, 4, h, w), unit Gaussian.
    The noise's gain starts at zero. FiLM starts small but not at zero: what is right at 1x is wrong at
    4x, and a network that first has to find its dials learns nothing for a thousand steps (measured).
    """

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        self.film = nn.Linear(code_size, 2 * channels)
        self.noise = nn.Conv2d(NOISE_CHANNELS, channels, 1, bias=False)
        nn.init.normal_(self.film.weight, std=0.1)
        nn.init.zeros_(self.film.bias)
        nn.init.zeros_(self.noise.weight)

    def forward(self, x: Tensor, code: Tensor, noise: Tensor) -> Tensor:
        scale, shift = self.film(code)[:, :, None, None].chunk(2, dim=1)
        return x * (1 + scale) + (self.noise(noise) + shift)


class RestorationNetwork(nn.Module):
    """The network of models/general and models/general-fast.

    forward(image, noise, dials, prompt) -> restored, all float:
      image   (N, 3, H, W) sRGB-encoded RGB in [0, 1]; H and W multiples of 16
      noise   (N, 4, H/4, W/4) unit Gaussian
      dials   (N, 16) in the order of DIALS
      prompt  (N, 64), zero for no prompt
      restored (N, 3, H, W), not clamped
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        c1, c2, c3 = config.channels
        b1, b2, b3, b4, b5 = config.blocks
        code = 64
        self.dial_code = nn.Linear(DIAL_COUNT, code)
        self.prompt_code = nn.Linear(PROMPT_SIZE, code, bias=False)
        self.mix_code = nn.Linear(code, code)
        nn.init.zeros_(self.prompt_code.weight)

        self.stem = nn.Conv2d(3 * PATCH * PATCH, c1, 3, padding=1)
        self.conditions = nn.ModuleList(Condition(c, code) for c in (c1, c2, c3, c2, c1))
        self.level1 = nn.Sequential(*(Block(c1) for _ in range(b1)))
        self.down1 = nn.Conv2d(c1, c2, 2, stride=2)
        self.level2 = nn.Sequential(*(Block(c2) for _ in range(b2)))
        self.down2 = nn.Conv2d(c2, c3, 2, stride=2)
        self.level3 = nn.Sequential(*(WideBlock(c3) for _ in range(b3)))
        self.up2 = nn.Conv2d(c3, 4 * c2, 1)
        self.level4 = nn.Sequential(*(Block(c2) for _ in range(b4)))
        self.up1 = nn.Conv2d(c2, 4 * c1, 1)
        self.level5 = nn.Sequential(*(Block(c1) for _ in range(b5)))
        self.tail = nn.Conv2d(c1, 3 * PATCH * PATCH, 3, padding=1)
        nn.init.normal_(self.stem.weight, std=4 / (9 * 48) ** 0.5)  # the picture spans only +-0.5
        for between, gain in ((self.down1, 1.0), (self.down2, 1.0), (self.up1, 0.5), (self.up2, 0.5)):
            nn.init.normal_(between.weight, std=gain * (2 / between.weight[0].numel()) ** 0.5)
            nn.init.zeros_(between.bias)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)

    def forward(self, image: Tensor, noise: Tensor, dials: Tensor, prompt: Tensor) -> Tensor:
        code = F.leaky_relu(self.dial_code(dials) + self.prompt_code(prompt), 0.1)
        code = F.leaky_relu(self.mix_code(code), 0.1)
        creativity = dials[:, DIAL_INDEX["creativity"]][:, None, None, None]
        noise1 = noise * creativity
        noise2 = F.avg_pool2d(noise1, 2) * 2  # the mean of 4 unit Gaussians, back at unit variance
        noise3 = F.avg_pool2d(noise2, 2) * 2

        enter = self.conditions
        x1 = self.level1(enter[0](self.stem(F.pixel_unshuffle(image - 0.5, PATCH)), code, noise1))
        x2 = self.level2(enter[1](self.down1(x1), code, noise2))
        x3 = self.level3(enter[2](self.down2(x2), code, noise3))
        x = self.level4(enter[3](x2 + F.pixel_shuffle(self.up2(x3), 2), code, noise2))
        x = self.level5(enter[4](x1 + F.pixel_shuffle(self.up1(x), 2), code, noise1))
        return image + F.pixel_shuffle(self.tail(x), PATCH)


def receptive_field_radius_px(config: NetworkConfig) -> int:
    """How far, in output pixels, an input pixel can act on the result.

    Exact upper bound: the convolutions' own reach on each grid, plus the alignment of each coarser
    grid: at most one 1/4 pixel, one 1/8 pixel, and three pixels inside a patch.
    """
    b1, b2, b3, b4, b5 = config.blocks
    fine = 2 * (b1 + b5) + 2
    middle = 2 * (b2 + b4)
    coarse = b3
    return PATCH * fine + 2 * PATCH * middle + 4 * PATCH * coarse + PATCH + 2 * PATCH + PATCH - 1


def parameter_count(network: nn.Module) -> int:
    """The number of trained values."""
    return sum(p.numel() for p in network.parameters())


def multiply_adds_per_pixel(config: NetworkConfig) -> float:
    """Multiply-adds of the convolutions per output pixel, without overlap."""
    c1, c2, c3 = config.channels
    b1, b2, b3, b4, b5 = config.blocks
    fine = 2 * 9 * 48 * c1 + 2 * 9 * c1 * c1 * (b1 + b5)
    middle = 2 * 9 * c2 * c2 * (b2 + b4) + 4 * c1 * c2 + 4 * c1 * c2
    coarse = (2 * 9 + 2) * c3 * c3 * b3 + 4 * c2 * c3 + 4 * c2 * c3
    noise = NOISE_CHANNELS * (2 * c1 + 2 * c2 / 4 + c3 / 16)
    return (fine + middle / 4 + coarse / 16 + noise) / (PATCH * PATCH)


def tflop_per_mp(config: NetworkConfig, core_px: int) -> float:
    """TFLOP per output megapixel at tiles of `core_px` plus overlap; FLOP = 2 x multiply-add."""
    radius = -(-receptive_field_radius_px(config) // MULTIPLE) * MULTIPLE
    overlap = ((core_px + 2 * radius) / core_px) ** 2
    return 2 * multiply_adds_per_pixel(config) * overlap * 1e6 / 1e12


def network_config_to_dict(config: NetworkConfig) -> dict[str, object]:
    """For the checkpoint and the manifest."""
    return asdict(config)


def network_config_from_dict(values: dict[str, object]) -> NetworkConfig:
    """Back from network_config_to_dict or a TOML table."""
    return NetworkConfig(tuple(values["channels"]), tuple(values["blocks"]))  # type: ignore[arg-type]
