"""A facial alignment network of stacked hourglasses (Bulat and Tzimiropoulos 2017): a heat map for each landmark."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis.shapes import check_batch


@dataclass(frozen=True, slots=True)
class FanConfig:
    landmarks: int = 68  # heat maps
    stacks: int = 4  # hourglasses, 1-4
    depth: int = 4  # times that an hourglass halves its picture; size_px / 4 must be divisible by 2 ** depth
    width: int = 256  # channels, a multiple of 4, 16-256
    size_px: int = 256  # side of the face picture, 32-512; heat maps have a quarter of it

    def __post_init__(self) -> None:
        """Raises ValueError for sizes that no network of this kind has: they may come from a card."""
        counts = 1 <= self.stacks <= 4 and 1 <= self.depth <= 6 and 1 <= self.landmarks <= 200
        widths = 16 <= self.width <= 256 and self.width % 4 == 0
        if not counts or not widths or not 32 <= self.size_px <= 512 or self.size_px % (4 * 2**self.depth):
            raise ValueError(f"no heat-map network has these sizes: {self}")


class Block(nn.Module):
    """Hierarchical, parallel and multi-scale block: three 3x3 convolutions in a row, their outputs side by side."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        widths = (outputs // 2, outputs // 4, outputs // 4)
        before = (inputs, *widths[:2])
        self.steps = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(a), nn.ReLU(), nn.Conv2d(a, b, 3, padding=1, bias=False))
            for a, b in zip(before, widths, strict=True)
        )
        plain = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, 1, bias=False))
        self.shortcut = nn.Identity() if inputs == outputs else plain

    def forward(self, x: Tensor) -> Tensor:
        parts, step = [], x
        for layer in self.steps:
            step = layer(step)
            parts.append(step)
        joined: Tensor = torch.cat(parts, dim=1) + self.shortcut(x)
        return joined


class Hourglass(nn.Module):
    """Halves and doubles `depth` times, with a path across at every size."""

    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.across, self.down, self.up = Block(width, width), Block(width, width), Block(width, width)
        self.inner = Hourglass(depth - 1, width) if depth > 1 else Block(width, width)

    def forward(self, x: Tensor) -> Tensor:
        low = self.up(self.inner(self.down(functional.avg_pool2d(x, 2))))
        summed: Tensor = self.across(x) + functional.interpolate(low, scale_factor=2.0, mode="nearest")
        return summed


class Fan(nn.Module):
    """Where each landmark of one face is.

    Input: (B, 3, S, S) float32 RGB, 0-1, the face filling most of it; S = cfg.size_px.
    Output: one (B, landmarks, S/4, S/4) per hourglass, the last one the best: Gaussian bumps of height 1.
    Raises: ValueError when the shape does not match cfg.
    Source: Bulat and Tzimiropoulos, ICCV 2017: four hourglasses of hierarchical multi-scale blocks, each seeing what
        the one before it found.
    """

    def __init__(self, cfg: FanConfig = FanConfig()) -> None:
        super().__init__()
        self.cfg = cfg
        w = cfg.width
        self.stem = nn.Sequential(
            nn.Conv2d(3, w // 4, 7, stride=2, padding=3), nn.BatchNorm2d(w // 4), nn.ReLU(), Block(w // 4, w // 2)
        )
        self.after = nn.Sequential(Block(w // 2, w // 2), Block(w // 2, w))
        stacks = range(cfg.stacks)
        self.hourglasses = nn.ModuleList(nn.Sequential(Hourglass(cfg.depth, w), Block(w, w)) for _ in stacks)
        self.ends = nn.ModuleList(nn.Sequential(nn.Conv2d(w, w, 1), nn.BatchNorm2d(w), nn.ReLU()) for _ in stacks)
        self.maps = nn.ModuleList(nn.Conv2d(w, cfg.landmarks, 1) for _ in stacks)
        self.back = nn.ModuleList(nn.Conv2d(w, w, 1) for _ in stacks[1:])
        self.maps_back = nn.ModuleList(nn.Conv2d(cfg.landmarks, w, 1) for _ in stacks[1:])

    def forward(self, face: Tensor) -> list[Tensor]:
        check_batch("face", face, (3, self.cfg.size_px, self.cfg.size_px))
        x: Tensor = self.after(functional.avg_pool2d(self.stem(face), 2))  # (B, w, S/4, S/4)
        found = []
        for i, hourglass in enumerate(self.hourglasses):
            y = self.ends[i](hourglass(x))
            maps = self.maps[i](y)
            found.append(maps)
            if i < len(self.back):
                x = x + self.back[i](y) + self.maps_back[i](maps)
        return found


def target_maps(points: Tensor, size_px: int, sigma_px: float = 1.0) -> Tensor:
    """Gaussian bumps of height 1 at `points` (B, N, 2), in pixels of the face picture; maps are a quarter of its size.

    A point that is not finite or lies outside gives an empty map.
    """
    side = size_px // 4
    grid = torch.arange(side, device=points.device, dtype=torch.float32)
    at = points.float() / 4
    known = torch.isfinite(at).all(dim=-1) & (at >= 0).all(dim=-1) & (at < side).all(dim=-1)  # (B, N)
    x, y = (torch.nan_to_num(at[..., i])[..., None] for i in (0, 1))
    across = torch.exp(-((grid - x) ** 2) / (2 * sigma_px**2))  # (B, N, side)
    down = torch.exp(-((grid - y) ** 2) / (2 * sigma_px**2))
    return down[..., :, None] * across[..., None, :] * known[..., None, None]


def alignment_loss(found: list[Tensor], wanted: Tensor) -> Tensor:
    """Mean squared error of every hourglass's maps, summed over them."""
    return torch.stack([functional.mse_loss(maps, wanted) for maps in found]).sum()


def peaks(maps: Tensor) -> Tensor:
    """(B, N, 2) x, y of each map's maximum in pixels of the face picture."""
    side = maps.shape[-1]
    index = maps.flatten(2).argmax(dim=2)
    return torch.stack([index % side, index // side], dim=-1).float() * 4
