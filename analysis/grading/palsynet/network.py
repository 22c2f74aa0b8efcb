"""3DPalsyNet's networks (Storey et al. 2019): a 3D ResNet-18 with a branch for each task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from torch import Tensor, nn
from torchvision.models.video.resnet import BasicBlock, Conv3DSimple

from analysis.shapes import check_batch

GRADE: Final = "grade"  # House-Brackmann I-VI, class k (0-based) is grade k + 1
MOUTH: Final = "mouth"  # none, smile, open, other: `analysis.contracts.MouthMotionLabel` in its order


@dataclass(frozen=True, slots=True)
class PalsyNetConfig:
    tasks: tuple[tuple[str, int], ...] = ((GRADE, 6), (MOUTH, 4))  # name and number of classes of each branch
    frames: int = 8  # per clip, 2-64; the paper tries 8, 12 and 16
    size_px: int = 112  # side of a face picture, 16-224
    width: int = 64  # channels of the first convolution, 4-64; doubled in each of the last three stages
    blocks: tuple[int, int, int, int] = (2, 2, 2, 2)  # residual blocks per stage; 2 each is ResNet-18
    early_pooling: bool = False  # halve time and size after the stem, as 3D-ResNets does: a fifth of the cost


class Scores(NamedTuple):
    """What one branch gives for a batch."""

    features: Tensor  # (B, 8 width) the vector that centre loss gathers
    logits: Tensor  # (B, classes)


class PalsyNet(nn.Module):
    """House-Brackmann grade and mouth motion of one facial movement clip.

    Input: (B, 3, T, S, S) float32 RGB from `clips.normalise`; T = cfg.frames, S = cfg.size_px.
    Output: {task: Scores}; logits are over classes (grades are ordinal: never average them).
    Raises: ValueError when the clip's shape does not match cfg.
    Source: Storey et al., IEEE Access 7:121655 (2019), section III-B; blocks and names as torchvision's r3d_18, so
        that its Kinetics weights fit (`load_kinetics`).
    Differs: the paper trains two networks, freezing all but the last convolutional stage and the classifier. The
        frozen part is then the same in both, so it is kept once here and each task has a last stage and a classifier
        of its own: the same function at little more than half the cost. Trained without `freeze_early` the early
        stages are shared between the tasks, which the paper's are not. `start_from` puts stages that learnt action
        units in the place of Kinetics weights.
    """

    def __init__(self, cfg: PalsyNetConfig = PalsyNetConfig()) -> None:
        super().__init__()
        self.cfg = cfg
        self._frozen = False
        w = cfg.width
        self.stem = nn.Sequential(
            nn.Conv3d(3, w, kernel_size=(3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False),
            nn.BatchNorm3d(w),
            nn.ReLU(inplace=True),
        )
        self.pool = nn.MaxPool3d(3, stride=2, padding=1) if cfg.early_pooling else nn.Identity()
        self.layer1 = _stage(w, w, cfg.blocks[0], stride=1)
        self.layer2 = _stage(w, 2 * w, cfg.blocks[1], stride=2)
        self.layer3 = _stage(2 * w, 4 * w, cfg.blocks[2], stride=2)
        self.branches = nn.ModuleDict(
            {
                name: nn.ModuleDict({"layer4": _stage(4 * w, 8 * w, cfg.blocks[3], 2), "fc": nn.Linear(8 * w, classes)})
                for name, classes in cfg.tasks
            }
        )
        self.apply(_initialise)

    def forward(self, clip: Tensor) -> dict[str, Scores]:
        check_batch("clip", clip, (3, self.cfg.frames, self.cfg.size_px, self.cfg.size_px))
        x = self.pool(self.stem(clip))  # (B, w, T, S/2, S/2)
        x = self.layer3(self.layer2(self.layer1(x)))  # (B, 4w, T/4, S/8, S/8)
        return {name: _branch(branch, x) for name, branch in self.branches.items()}

    def start_from(self, other: PalsyNet) -> None:
        """Stages as a network of the same sizes learnt them for another task; classifiers stay as they are."""
        for mine, its in zip(self._early(), other._early(), strict=True):
            mine.load_state_dict(its.state_dict())
        (last,) = other.branches.values()
        for branch in self.branches.values():
            _stage_of(branch).load_state_dict(_stage_of(last).state_dict())

    def freeze_early(self) -> None:
        """Train the last stage and the classifiers only, as the paper does on top of Kinetics weights."""
        self._frozen = True
        for part in self._early():
            part.requires_grad_(False)
            part.eval()

    def train(self, mode: bool = True) -> Self:
        """Frozen parts stay in evaluation mode, or their batch statistics would drift."""
        super().train(mode)
        if self._frozen:
            for part in self._early():
                part.eval()
        return self

    def load_kinetics(self, state: Mapping[str, Tensor]) -> None:
        """Weights of torchvision's r3d_18 (Kinetics-400) into every stage; its classifier is left out.

        Raises ValueError when a tensor is missing or has another shape (another width, for instance).
        """
        own = self.state_dict()
        for name, value in own.items():
            source = _kinetics_name(name)
            if source is None:
                continue
            if source not in state or state[source].shape != value.shape:
                raise ValueError(f"the Kinetics weights do not fit at {source}")
            value.copy_(state[source])

    def _early(self) -> tuple[nn.Module, ...]:
        return self.stem, self.layer1, self.layer2, self.layer3


def _branch(branch: nn.Module, x: Tensor) -> Scores:
    assert isinstance(branch, nn.ModuleDict)
    features: Tensor = branch["layer4"](x).mean(dim=(2, 3, 4))  # (B, 8w)
    return Scores(features, branch["fc"](features))


def _stage_of(branch: nn.Module) -> nn.Module:
    assert isinstance(branch, nn.ModuleDict)
    return branch["layer4"]


def _stage(inputs: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    """Residual blocks with convolutional short cuts: the parameter-free ones of some ports pass no gradient."""
    shortcut = None
    if stride != 1 or inputs != outputs:
        shortcut = nn.Sequential(nn.Conv3d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm3d(outputs))
    first = BasicBlock(inputs, outputs, Conv3DSimple, stride, shortcut)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs, Conv3DSimple) for _ in range(blocks - 1)))


def _kinetics_name(name: str) -> str | None:
    """torchvision's name of a tensor: branches.grade.layer4.0.conv1.0.weight -> layer4.0.conv1.0.weight."""
    parts = name.split(".")
    if parts[0] == "branches":
        parts = parts[2:]
    return None if parts[0] == "fc" else ".".join(parts)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv3d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, 0, 0.01)
        nn.init.zeros_(module.bias)
