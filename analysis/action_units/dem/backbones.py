"""The networks of Niu et al.'s table 4, cut into stages, so that features can be taken out and put in between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from torch import nn
from torchvision import models


class Backbone(NamedTuple):
    stages: list[nn.Module]  # each halves the picture at least once
    head: nn.Module  # from the last stage's features to `outputs` numbers


# Convolutions of each stage; simonyan and zisserman's configurations A, D and E.
_VGG: Final = {"vgg11": (1, 1, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_MOBILENET_CUTS: Final = (2, 4, 7, 13)  # first block of each later stage, where the stride is 2
_EFFICIENTNET_CUTS: Final = (2, 3, 4, 6)


def build(name: str, outputs: int, *, width: int = 64, dense: int = 4096) -> Backbone:
    """A backbone of table 4 by its name in lower case; `width` and `dense` (hidden units of the head) make VGG smaller.

    Raises ValueError for another name, or when a network other than VGG is asked for at another width.
    """
    if name in _VGG:
        return _vgg(_VGG[name], outputs, width, dense)
    if name not in _OTHERS:
        raise ValueError(f"no backbone {name!r}; one of {', '.join(NAMES)}")
    if (width, dense) != (64, 4096):
        raise ValueError(f"{name} comes in its published size only")
    return _OTHERS[name](outputs)


def _vgg(depths: Sequence[int], outputs: int, width: int, dense: int) -> Backbone:
    stages: list[nn.Module] = []
    before = 3
    for stage, depth in enumerate(depths):
        channels = width * min(2**stage, 8)
        layers: list[nn.Module] = []
        for _ in range(depth):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
            before = channels
        stages.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(7),
        nn.Flatten(),
        nn.Linear(before * 49, dense),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Linear(dense, dense),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Linear(dense, outputs),
    )
    for module in [m for part in (*stages, head) for m in part.modules()]:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # these convolutions have one
    return Backbone(stages, head)


def _resnet(make: Callable[..., models.ResNet], outputs: int) -> Backbone:
    net = make(weights=None, num_classes=outputs)
    first = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1)
    return Backbone([first, net.layer2, net.layer3, net.layer4], nn.Sequential(net.avgpool, nn.Flatten(), net.fc))


def _densenet(make: Callable[..., models.DenseNet], outputs: int) -> Backbone:
    net = make(weights=None, num_classes=outputs)
    parts = dict(net.features.named_children())
    stages = [nn.Sequential(*(parts[n] for n in ("conv0", "norm0", "relu0", "pool0", "denseblock1")))]
    stages += [nn.Sequential(parts[f"transition{i}"], parts[f"denseblock{i + 1}"]) for i in (1, 2, 3)]
    head = nn.Sequential(parts["norm5"], nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), net.classifier)
    return Backbone(list(stages), head)


def _cut(net: models.MobileNetV3 | models.EfficientNet, cuts: Sequence[int]) -> Backbone:
    blocks, edges = list(net.features), [0, *cuts]
    stages = [nn.Sequential(*blocks[a:b]) for a, b in zip(edges, [*cuts, len(blocks)], strict=True)]
    return Backbone(list(stages), nn.Sequential(net.avgpool, nn.Flatten(), net.classifier))


_OTHERS: Final[dict[str, Callable[[int], Backbone]]] = {
    "resnet50": lambda n: _resnet(models.resnet50, n),
    "resnet101": lambda n: _resnet(models.resnet101, n),
    "resnet152": lambda n: _resnet(models.resnet152, n),
    "densenet169": lambda n: _densenet(models.densenet169, n),
    "densenet201": lambda n: _densenet(models.densenet201, n),
    "mobilenetv3": lambda n: _cut(models.mobilenet_v3_large(weights=None, num_classes=n), _MOBILENET_CUTS),
    "efficientnet_b6": lambda n: _cut(models.efficientnet_b6(weights=None, num_classes=n), _EFFICIENTNET_CUTS),
    "efficientnet_b7": lambda n: _cut(models.efficientnet_b7(weights=None, num_classes=n), _EFFICIENTNET_CUTS),
}
TABLE_4: Final = (*list(_OTHERS), "vgg16", "vgg19")  # the ten of the paper
NAMES: Final = (*TABLE_4, "vgg11")
