"""Training and testing the Integrated Deep Model (Storey et al. 2018 and 2019, section III-A): finding faces.

Three stages: the heat-map network on landmarks, the detector on boxes, then both together on equation 4 over the
detector's proposals. Landmarks and boxes are those that following the face gave (FaceMesh), as no data set here states
any: the model learns from another method's opinion, and its figures say how well it repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, NamedTuple, Self

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.ops import box_iou

from analysis.faces.integrated.fan import Fan, FanConfig, alignment_loss, peaks, target_maps
from analysis.faces.integrated.model import IntegratedConfig, IntegratedDeepModel, detector_of, faces_in
from analysis.grading.fusion.points68 import MIRROR68, POINTS
from analysis.training import metrics
from analysis.training.examples import Arrays, Examples
from analysis.training.prepare import Seen
from analysis.training.protocols import Rows
from analysis.training.recording import Recording
from analysis.training.results import Figure, Result
from analysis.training.stage import Pace, Stage, Tuner
from analysis.training.systems.base import Predictions, System, in_parts

FACE, POINTS_TARGET = "face", "points"
_MOST = 16  # frames of one recording
_OVERLAPS = 0.5  # intersection over union from which a box is the face
_PROPOSALS = 8  # of one picture, the most probable ones, that equation 4 sees
_SMALLEST = 0.4  # share of the picture that a placed face's surroundings take at least


class Placed(NamedTuple):
    """Pictures with the face anywhere in them."""

    pictures: Tensor  # (B, 3, P, P) 0-1
    points: Tensor  # (B, 68, 2) pixels
    boxes: Tensor  # (B, 4) the points' bounding box


@dataclass(frozen=True)
class IntegratedSystem(System):
    cfg: IntegratedConfig = field(default_factory=IntegratedConfig)
    picture_px: int = 512  # side of the pictures that are learnt from
    learning_rate: float = 2.5e-4  # of the heat-map network (Bulat and Tzimiropoulos 2017)
    detector_rate: float = 0.005  # of the detector, as torchvision trains it
    joint_rate: float = 1e-5
    epochs: int = 40  # of the heat-map network and of the detector, each
    joint_epochs: int = 10  # of both together, which have learnt by then; each of their steps costs eight of the others
    batch: int = 8

    name: ClassVar[str] = "integrated"
    title: ClassVar[str] = "Integrated Deep Model (Storey et al. 2018)"
    published: ClassVar[str] = "the 2019 paper states the equations and no figure of the detector by itself"
    spread_by: ClassVar[str] = FACE
    stage_names: ClassVar[tuple[str, ...]] = ("fan", "detector", "joint")
    ablations: ClassVar[tuple[str, ...]] = ()
    titles: ClassVar[Mapping[str, str]] = {"fan": "Landmarks", "detector": "Faces found"}

    def preparation(self) -> str:
        return f"integrated-{self.picture_px}-{_MOST}"

    def cut(self, recording: Recording, seen: Seen) -> tuple[Arrays, Arrays] | None:
        """Evenly chosen frames with what surrounds the face, and 68 landmarks; every recording has them."""
        count = len(seen.frame)
        rows = np.unique(np.round(np.linspace(0, count - 1, min(count, _MOST))).astype(int)) if count else []
        pictures, points = [], []
        for i in rows:
            height, width, _ = seen.pictures[i].shape
            size = (self.picture_px, self.picture_px)
            pictures.append(cv2.resize(seen.pictures[i], size, interpolation=cv2.INTER_AREA))
            points.append(seen.landmarks[i][list(POINTS), :2] * np.array([size[0] / width, size[1] / height]))
        if not pictures:
            return None
        targets: Arrays = {FACE: np.zeros(len(rows), np.int64), POINTS_TARGET: np.array(points, np.float32)}
        return {"picture": np.stack(pictures).astype(np.uint8)}, targets

    def stage(self, name: str, examples: Examples, train: Rows, done: Mapping[str, nn.Module]) -> Stage:
        if name == "fan":
            return FanStage(self, examples)
        if name == "detector":
            return DetectorStage(self, examples)
        return JointStage(self, examples, done)

    def predict(
        self, networks: Mapping[str, nn.Module], examples: Examples, rows: Rows, device: torch.device
    ) -> Predictions:
        """Per row: the best box's overlap with the face (fused score; detector alone), landmark error, box, points."""
        model, alone = networks["joint"], networks["detector"]
        assert isinstance(model, IntegratedDeepModel)
        found: dict[str, list[Any]] = {"overlap": [], "overlap.detector": [], "error": [], "box": [], "points": []}
        for part in in_parts(rows):
            placed = place(examples, part, torch.Generator().manual_seed(int(part[0])), device)
            pictures = list(placed.pictures)
            for i, (judged, single) in enumerate(zip(model(pictures), alone(pictures), strict=True)):
                found["overlap"].append(_best(judged.boxes, placed.boxes[i]))
                found["overlap.detector"].append(_best(single["boxes"], placed.boxes[i]))
            found["error"] += _landmark_errors(model.fan, placed, self.cfg).tolist()
            found["box"] += placed.boxes.cpu().numpy().tolist()
            found["points"] += points_in(placed, self.cfg).cpu().numpy().tolist()
        return {name: np.array(values, np.float64) for name, values in found.items()}

    def lesson(self, examples: Examples, train: Rows) -> Predictions:
        """The mean box of placed training faces and the mean face in a crop: what somebody says who never looks."""
        placed = place(examples, train, torch.Generator().manual_seed(0), torch.device("cpu"))
        mean_face = points_in(placed, self.cfg).numpy().mean(axis=0)
        return {"box": placed.boxes.numpy().mean(axis=0), "points": mean_face}

    def judge(self, predictions: Predictions, learnt: Sequence[Predictions]) -> list[Result]:
        persons = predictions["person"].tolist()
        usual = np.stack([lesson["box"] for lesson in learnt])[predictions["fold"]]
        blind = np.array([_overlap(a, b) for a, b in zip(usual, predictions["box"], strict=True)])
        faces = np.asarray(predictions["points"], np.float64)
        mean_face = np.stack([lesson["points"] for lesson in learnt])[predictions["fold"]]
        unseen = np.linalg.norm(mean_face - faces, axis=2).mean(axis=1) / _eyes_apart(faces)
        error = replace(_mean(predictions["error"], persons), baseline=float(unseen.mean()))
        found = {
            "found": _share(predictions["overlap"], persons, blind),
            "found by the detector alone": _share(predictions["overlap.detector"], persons, blind),
        }
        results = {"fan": {"error": error}, "detector": found}
        return [Result(self.titles[of], len(persons), len(set(persons)), figures) for of, figures in results.items()]

    def variants(self, ablation: str) -> dict[str, Self]:
        raise ValueError("the Integrated Deep Model's ablations are none: its paper compares detectors")

    def small(self) -> Self:
        fan = FanConfig(stacks=2, depth=3, width=64, size_px=128)
        cfg = replace(self.cfg, backbone="mobilenet", fan=fan, min_side_px=256, max_side_px=256)
        return replace(self, cfg=cfg, picture_px=256, epochs=20, joint_epochs=4)


class _FaceStage(Stage):
    def __init__(self, system: IntegratedSystem, name: str, examples: Examples, epochs: int | None = None) -> None:
        super().__init__(name, Pace(epochs or system.epochs, system.batch), examples)
        self.system, self.cfg = system, system.cfg

    def placed(self, rows: Rows, device: torch.device, generator: torch.Generator | None = None) -> Placed:
        return place(self.examples, rows, generator or torch.Generator().manual_seed(int(rows[0])), device)


class FanStage(_FaceStage):
    """Mean squared error of every hourglass's maps, RMSprop."""

    def __init__(self, system: IntegratedSystem, examples: Examples) -> None:
        super().__init__(system, "fan", examples)

    def build(self) -> nn.Module:
        return Fan(self.cfg.fan)

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        return [Tuner(torch.optim.RMSprop(network.parameters(), self.system.learning_rate))]

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        placed = self.placed(rows, device, generator)
        faces, points = crops(placed, self.cfg)
        return alignment_loss(network(faces), target_maps(points, self.cfg.fan.size_px))

    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        assert isinstance(network, Fan)
        return maps_of(network, self.placed(rows, device), self.cfg)

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        assert isinstance(network, Fan)
        errors = [_landmark_errors(network, self.placed(part, device), self.cfg) for part in in_parts(rows)]
        return -float(np.concatenate(errors).mean())


class DetectorStage(_FaceStage):
    """torchvision's own losses of Faster R-CNN, stochastic gradient descent."""

    def __init__(self, system: IntegratedSystem, examples: Examples) -> None:
        super().__init__(system, "detector", examples)

    def build(self) -> nn.Module:
        network: nn.Module = detector_of(self.cfg)
        return network

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        learning = [p for p in network.parameters() if p.requires_grad]
        return [Tuner(torch.optim.SGD(learning, self.system.detector_rate, momentum=0.9, weight_decay=5e-4))]

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        placed = self.placed(rows, device, generator)
        one = torch.ones(1, dtype=torch.int64, device=device)
        targets = [{"boxes": box[None], "labels": one} for box in placed.boxes]
        losses = network(list(placed.pictures), targets)
        return torch.stack(list(losses.values())).sum()

    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        assert isinstance(network, FasterRCNN)
        return likeliness(network, self.placed(rows, device))

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        """Mean overlap of the most probable box with the face."""
        overlaps: list[float] = []
        for part in in_parts(rows):
            placed = self.placed(part, device)
            found = network(list(placed.pictures))
            overlaps += [_best(f["boxes"], box) for f, box in zip(found, placed.boxes, strict=True)]
        return float(np.mean(overlaps))


class JointStage(_FaceStage):
    """Equation 4 over the detector's proposals, beside the heat maps' own loss; normalisation stays as it was learnt.

    Equation 4 looks at the height of each map's peak and not at its place: by itself it raises peaks anywhere, and in
    one epoch the landmarks' error grew from .037 to .154 of the eyes' distance. The squared error is summed over a
    map here, so that a peak weighs alike in both.
    """

    def __init__(self, system: IntegratedSystem, examples: Examples, done: Mapping[str, nn.Module]) -> None:
        super().__init__(system, "joint", examples, system.joint_epochs)
        self.done = done

    def build(self) -> nn.Module:
        model = IntegratedDeepModel(self.cfg)
        if {"fan", "detector"} <= self.done.keys():
            model.fan.load_state_dict(self.done["fan"].state_dict())
            model.detector.load_state_dict(self.done["detector"].state_dict())
        return model

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        learning = [p for p in network.parameters() if p.requires_grad]
        return [Tuner(torch.optim.Adam(learning, self.system.joint_rate))]

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        assert isinstance(network, IntegratedDeepModel)
        placed = self.placed(rows, device, generator)
        network.eval()
        losses = []
        for picture, box in zip(placed.pictures, placed.boxes, strict=True):
            boxes, scores = proposals(network.detector, picture)
            if len(boxes):
                is_face = (box_iou(boxes, box[None])[:, 0] >= _OVERLAPS).float()
                losses.append(network.joint_loss(picture, boxes.detach(), scores, is_face))
        faces, points = crops(placed, self.cfg)
        wanted = target_maps(points, self.cfg.fan.size_px)
        in_place = alignment_loss(network.fan(faces), wanted) * wanted[0, 0].numel()
        return in_place + torch.stack(losses).mean() if losses else in_place

    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        assert isinstance(network, IntegratedDeepModel)
        placed = self.placed(rows, device)
        maps = maps_of(network.fan, placed, self.cfg).flatten(1)
        return torch.cat([maps, likeliness(network.detector, placed)], dim=1)

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        assert isinstance(network, IntegratedDeepModel)
        overlaps: list[float] = []
        for part in in_parts(rows):
            placed = self.placed(part, device)
            found = network(list(placed.pictures))
            overlaps += [_best(f.boxes, box) for f, box in zip(found, placed.boxes, strict=True)]
        return float(np.mean(overlaps))


def proposals(detector: FasterRCNN, picture: Tensor) -> tuple[Tensor, Tensor]:
    """Boxes and probabilities of the likeliest faces of one picture."""
    (found,) = detector([picture])
    return found["boxes"][:_PROPOSALS], found["scores"][:_PROPOSALS]


def likeliness(detector: FasterRCNN, placed: Placed) -> Tensor:
    """(B, anchors) what the boxes of proposals are sorted by: no face or a face, about every anchor."""
    pictures, _ = detector.transform(list(placed.pictures))
    found, _ = detector.rpn.head(list(detector.backbone(pictures.tensors).values()))
    return torch.cat([level.flatten(1) for level in found], dim=1)


def maps_of(fan: Fan, placed: Placed, cfg: IntegratedConfig) -> Tensor:
    """(B, 68, S/4, S/4) the last hourglass's heat maps."""
    found: list[Tensor] = fan(crops(placed, cfg)[0])
    return found[-1]


def place(examples: Examples, rows: Rows, generator: torch.Generator, device: torch.device) -> Placed:
    """Pictures shrunk and put somewhere on grey, half of them mirrored, so that a place is nothing to learn."""
    pictures = torch.from_numpy(examples.gather("picture", rows)).permute(0, 3, 1, 2).float() / 255
    points = torch.from_numpy(examples.targets(POINTS_TARGET, rows)).float()
    out, moved = torch.full_like(pictures, 0.5), torch.empty_like(points)
    side = pictures.shape[-1]
    for i, (picture, marks) in enumerate(zip(pictures, points, strict=True)):
        flip, share, right, down = torch.rand(4, generator=generator).tolist()
        if flip < 0.5:
            picture = picture.flip(-1)
            marks = torch.stack([side - marks[list(MIRROR68), 0], marks[list(MIRROR68), 1]], dim=1)
        size = round(side * (_SMALLEST + (1 - _SMALLEST) * share))
        small = nn.functional.interpolate(picture[None], size=(size, size), mode="bilinear", antialias=True)[0]
        x, y = round(right * (side - size)), round(down * (side - size))
        out[i, :, y : y + size, x : x + size] = small
        moved[i] = marks * (size / side) + torch.tensor([float(x), float(y)])
    boxes = torch.cat([moved.amin(dim=1), moved.amax(dim=1)], dim=1).clamp(0, side)
    return Placed(out.to(device), moved.to(device), boxes.to(device))


def crops(placed: Placed, cfg: IntegratedConfig) -> tuple[Tensor, Tensor]:
    """Faces (B, 3, S, S) as `faces_in` cuts them, and their points in pixels of the crop."""
    faces = [faces_in(picture, box[None], cfg) for picture, box in zip(placed.pictures, placed.boxes, strict=True)]
    return torch.cat(faces), points_in(placed, cfg) * cfg.fan.size_px


def points_in(placed: Placed, cfg: IntegratedConfig) -> Tensor:
    """(B, 68, 2) the points as shares of the crop that `faces_in` cuts."""
    half = (placed.boxes[:, 2:] - placed.boxes[:, :2]).amax(dim=1) * (0.5 + cfg.margin)  # (B,)
    middle = (placed.boxes[:, :2] + placed.boxes[:, 2:]) / 2
    corner = middle - half[:, None]
    return (placed.points - corner[:, None]) / (2 * half[:, None, None])


def _landmark_errors(fan: Fan, placed: Placed, cfg: IntegratedConfig) -> npt.NDArray[np.float64]:
    """(B,) mean distance of the heat maps' peaks to the points, in distances between the outer corners of the eyes."""
    faces, points = crops(placed, cfg)
    away = (peaks(fan(faces)[-1]) - points).norm(dim=2).mean(dim=1)
    errors: npt.NDArray[np.float64] = away.double().cpu().numpy() / _eyes_apart(points.double().cpu().numpy())
    return errors


def _eyes_apart(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(B,) distance between the outer corners of the eyes."""
    apart: npt.NDArray[np.float64] = np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    return apart


def _best(boxes: Tensor, face: Tensor) -> float:
    """Overlap of the first, most probable box; 0 when nothing was found."""
    return float(box_iou(boxes[:1], face[None])[0, 0]) if len(boxes) else 0.0


def _overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    return float(box_iou(torch.as_tensor(a)[None], torch.as_tensor(b)[None])[0, 0])


def _share(overlap: npt.NDArray[np.float64], persons: list[str], blind: npt.NDArray[np.float64]) -> Figure:
    figure = _mean((overlap >= _OVERLAPS).astype(np.float64), persons)
    return replace(figure, baseline=float((blind >= _OVERLAPS).mean()))


def _mean(values: npt.NDArray[np.float64], persons: list[str]) -> Figure:
    def of(rows: npt.NDArray[np.intp], given: npt.NDArray[np.float64]) -> float:
        return float(given[rows].mean())

    low, high = metrics.interval_by_person(partial(of, given=values), persons) or (None, None)
    return Figure(float(values.mean()), low, high)
