"""The Integrated Deep Model (Storey et al. 2018): Faster R-CNN proposes faces, a FAN's heat maps confirm them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN, fasterrcnn_resnet50_fpn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import mobilenet_backbone
from torchvision.ops import roi_align

from analysis.devices import exactly
from analysis.faces.integrated.fan import Fan, FanConfig
from analysis.faces.integrated.score import (
    face_loss,
    face_probability,
    landmark_probability,
    size_penalty,
    visibility_weights,
)
from analysis.faces.mtcnn import Faces
from analysis.video.picture import RGB

# Of the small detector: boxes that its second stage looks at. A patient's video shows one face, not fifty things.
_FEW: Final = {"rpn_post_nms_top_n_train": 256, "rpn_post_nms_top_n_test": 64, "box_batch_size_per_image": 64}
PREPROCESS: Final = "integrated-faces/1"  # `faces_in`: squares about boxes with a margin, RGB 0-1


@dataclass(frozen=True, slots=True)
class IntegratedConfig:
    backbone: str = "resnet50"  # of the detector: resnet50, or mobilenet for a small one
    fan: FanConfig = field(default_factory=FanConfig)
    min_side_px: int = 800  # shorter side that pictures are scaled to for the detector, 64-1200
    max_side_px: int = 1333  # and the longer side at most
    margin: float = 0.1  # of a box's size, added on each side before landmarks are looked for, 0-0.5
    min_score: float = 0.5  # of p_face, 0-1: less is no face

    def __post_init__(self) -> None:
        """Raises ValueError for what no such model has: it may come from a card."""
        visibility_weights(self.fan.landmarks)
        sides = 64 <= self.min_side_px <= 1200 and self.min_side_px <= self.max_side_px <= 2000
        if not sides or not 0 <= self.margin <= 0.5 or not 0 <= self.min_score <= 1:
            raise ValueError(f"no detector has these sizes: {self}")


@dataclass(frozen=True, slots=True)
class Judged:
    """Faces of one picture, best first."""

    boxes: Tensor  # (k, 4) x0, y0, x1, y1 pixels
    p_face: Tensor  # (k,) equation 2
    p_detector: Tensor  # (k,)
    p_fan: Tensor  # (k,) equation 1


class IntegratedDeepModel(nn.Module):
    """Faces of pictures, each with the fused score p_face.

    Input: list of (3, H, W) float32 RGB, 0-1. Output: list of `Judged`.
    Raises: ValueError for a picture of another form.
    Source: Storey, Bouridane and Jiang, IEEE Access 6:74442 (2018); Storey et al. 2019, equations 1-4.
    Differs: detector and heat-map network are trained on their own losses and then together on equation 4 over the
        detector's proposals (`joint_loss`), which replaces the detector's class loss; the papers' detector backbone
        (VGG-16 in 2018) is torchvision's ResNet-50 with a feature pyramid.
    """

    def __init__(self, cfg: IntegratedConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.detector = detector_of(cfg)
        self.fan = Fan(cfg.fan)
        self.register_buffer("gamma", visibility_weights(cfg.fan.landmarks), persistent=False)

    def forward(self, pictures: Sequence[Tensor]) -> list[Judged]:
        for picture in pictures:
            if picture.ndim != 3 or picture.shape[0] != 3 or not picture.is_floating_point():
                raise ValueError(f"a picture must be (3, H, W) floating point, not {tuple(picture.shape)}")
        found = self.detector(list(pictures))
        return [self._judge(p, f["boxes"], f["scores"]) for p, f in zip(pictures, found, strict=True)]

    def _judge(self, picture: Tensor, boxes: Tensor, scores: Tensor) -> Judged:
        p_fan, p_face = self.probabilities(picture, boxes, scores)
        order = p_face.argsort(descending=True)
        order = order[p_face[order] >= self.cfg.min_score]
        return Judged(boxes[order], p_face[order], scores[order], p_fan[order])

    def probabilities(self, picture: Tensor, boxes: Tensor, p_detector: Tensor) -> tuple[Tensor, Tensor]:
        """p_fan and p_face (k,) of boxes (k, 4) in one picture whose detector gave `p_detector`."""
        if not len(boxes):
            return p_detector, p_detector
        p_fan = landmark_probability(self.fan(faces_in(picture, boxes, self.cfg))[-1], self.get_buffer("gamma"))
        widths = boxes[:, 2] - boxes[:, 0]
        return p_fan, face_probability(p_fan, p_detector, size_penalty(widths, picture.shape[-1]))

    def joint_loss(self, picture: Tensor, boxes: Tensor, p_detector: Tensor, is_face: Tensor) -> Tensor:
        """Equation 4 over proposals of one picture."""
        return face_loss(self.probabilities(picture, boxes, p_detector)[1], is_face)


def faces_in(picture: Tensor, boxes: Tensor, cfg: IntegratedConfig) -> Tensor:
    """(k, 3, S, S) the boxes, widened to squares with a margin, resampled for the heat-map network."""
    half = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1) * (0.5 + cfg.margin)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    squares = torch.cat([middle - half[:, None], middle + half[:, None]], dim=1)
    faces: Tensor = roi_align(picture[None], [squares], output_size=cfg.fan.size_px, aligned=True)
    return faces


@torch.inference_mode()
def rescored(fan: Fan, picture: RGB, faces: Faces, cfg: IntegratedConfig) -> Faces:
    """Faces of another detector (MTCNN) with the fused score instead of its own, most probable first.

    Its score takes the place of p_faster in equation 2. `fan` must be in evaluation mode and trained.
    """
    if not len(faces):
        return faces
    device = next(fan.parameters()).device
    image = torch.as_tensor(np.ascontiguousarray(picture), device=device).permute(2, 0, 1).float() / 255
    boxes = torch.as_tensor(faces.boxes, device=device)
    scores = torch.as_tensor(faces.scores, device=device)
    with exactly():
        maps = fan(faces_in(image, boxes, cfg))[-1]
    p_fan = landmark_probability(maps, visibility_weights(cfg.fan.landmarks).to(device))
    p_face = face_probability(p_fan, scores, size_penalty(boxes[:, 2] - boxes[:, 0], picture.shape[1]))
    order = p_face.argsort(descending=True).cpu().numpy()
    return Faces(faces.boxes[order], p_face.cpu().numpy()[order], faces.points[order])


def detector_of(cfg: IntegratedConfig) -> FasterRCNN:
    """The detector alone. Raises ValueError for an unknown backbone. Nothing is downloaded: weights come from files."""
    sizes = {"min_size": cfg.min_side_px, "max_size": cfg.max_side_px}
    if cfg.backbone == "resnet50":
        return fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2, **sizes)
    if cfg.backbone == "mobilenet":
        # torchvision's default freezes the normalisation, which only a trained backbone bears
        backbone = mobilenet_backbone(
            backbone_name="mobilenet_v3_small", weights=None, fpn=True, trainable_layers=6, norm_layer=nn.BatchNorm2d
        )
        maps = 3  # of this backbone's pyramid, its pooled one among them
        anchors = AnchorGenerator(((32, 64, 128, 256, 512),) * maps, ((0.5, 1.0, 2.0),) * maps)
        return FasterRCNN(backbone, num_classes=2, rpn_anchor_generator=anchors, **sizes, **_FEW)
    raise ValueError(f"no detector backbone {cfg.backbone!r}")
