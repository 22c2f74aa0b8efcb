"""A residual network of any width up to its pooled vector, with torchvision's names for its tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck


@dataclass(frozen=True, slots=True)
class TrunkConfig:
    blocks: tuple[int, int, int, int] = (3, 4, 6, 3)  # residual blocks per stage; (3, 4, 6, 3) is ResNet-50
    bottleneck: bool = True  # blocks of three convolutions, as from ResNet-50 on, instead of two
    width: int = 64  # channels of the first convolution, 4-64


class ResNetTrunk(nn.Module):
    """Input: (B, 3, H, W) float32. Output: (B, outputs). Source: He et al. 2016, stride on the 3x3 convolution."""

    def __init__(self, cfg: TrunkConfig, wrap: Callable[[nn.Module], nn.Module] = lambda block: block) -> None:
        super().__init__()
        block = Bottleneck if cfg.bottleneck else BasicBlock
        self.outputs = 8 * cfg.width * block.expansion
        self.conv1 = nn.Conv2d(3, cfg.width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(cfg.width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs, stages = cfg.width, []
        for stage, count in enumerate(cfg.blocks):
            planes = cfg.width * 2**stage
            parts = []
            for i in range(count):
                stride = 2 if stage and not i else 1
                parts.append(wrap(block(inputs, planes, stride, _shortcut(inputs, planes * block.expansion, stride))))
                inputs = planes * block.expansion
            stages.append(nn.Sequential(*parts))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, picture: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(picture))))  # (B, w, H/4, W/4)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (B, outputs, H/32, W/32)
        pooled: Tensor = x.mean(dim=(2, 3))
        return pooled


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))
