"""Fit everything that is fitted: `python -m analysis.evaluation.fit SET:TRACKS ... --out analysis`.

A SET is a folder of truths (`facial-palsy-gt/1`), TRACKS the folder of face tracks that `python -m analysis evaluate
--cache` keeps of the same videos. Photographic puppets are never fitted on. Later stages are fitted on what the
landmark network says of subjects that it has not seen (cross-fitting by subject), so that they know its real errors.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from analysis.action_units import estimator, personal
from analysis.action_units import fit as landmark_fit
from analysis.action_units.estimator import SideActionUnits
from analysis.action_units.features import PREPROCESS as LANDMARK_PREPROCESS
from analysis.contracts import AffectedSide, Exercise, Region
from analysis.evaluation import fit_synkinesis
from analysis.evaluation.tracks import load_track
from analysis.evaluation.truth import Truth, read_set
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import HeadFrame, head_frame
from analysis.faces.track import FaceTrack
from analysis.models import Models
from analysis.motion import fit as exercise_fit
from analysis.motion import recognise
from analysis.motion.recognise import Found
from analysis.motion.rest import Rest, find_rest
from analysis.symptoms import evidence
from analysis.symptoms.coupling import differences
from analysis.symptoms.evidence import EvidenceModel
from analysis.symptoms.patients import posterior
from analysis.symptoms.regions import region_function
from analysis.weights import card
from analysis.weights.loader import Weights

FOLDS: Final = 5
_RIDGE: Final = 0.003  # of the prior's linear map, per sample, on features scaled to unit spread
_BEND_RIDGE: Final = 0.3  # of the evidence's bends, in squared shortfalls
_SIGN: Final = {AffectedSide.LEFT: -1.0, AffectedSide.RIGHT: 1.0, AffectedSide.NONE: 0.0, AffectedSide.BOTH: 0.0}


@dataclass(frozen=True, slots=True)
class Video:
    """One video ready to be fitted on."""

    truth: Truth
    frame: HeadFrame
    rest: Rest
    intensities: tuple[Points, Points]  # left, right, on the track's frames


@dataclass(frozen=True, slots=True)
class Seen:
    """A video as the landmark network, not fitted on its subject, sees it."""

    video: Video
    raw: SideActionUnits
    found: list[Found]


def read(sets: Sequence[str], *, photographs: bool = False) -> list[Video]:
    """Videos of every "SET:TRACKS" whose track exists."""
    videos = []
    for folders in sets:
        truths, tracks = (Path(part) for part in folders.split(":"))
        for truth in read_set(truths):
            path = tracks / f"{truth.video_id}.npz"
            if path.is_file() and (photographs or not truth.photographic):
                videos += [v for v in [prepared(truth, load_track(path))] if v is not None]
    return videos


def prepared(truth: Truth, track: FaceTrack | None) -> Video | None:
    """None when no face was followed."""
    if track is None:
        return None
    frame = head_frame(track)
    rest = find_rest(frame)
    if rest is None:
        return None
    at = np.minimum(np.round(frame.time_s * truth.raw["fps"]).astype(int), truth.raw["frames"] - 1)
    left, right = (truth.action_units(side)[at] for side in SIDES)
    return Video(truth, frame, rest, (left, right))


def fit_models(videos: Sequence[Video], folds: int = FOLDS) -> Models:
    """All models from these videos alone."""
    landmark = fit_landmark(videos)
    raws = cross_raw(videos, folds)
    known = [exercise_fit.states(segments(v.truth), v.frame.time_s) for v in videos]
    states = [(raw, v.frame.time_s, state) for raw, v, state in zip(raws, videos, known, strict=True)]
    exercises = _weights("exercise-frames", exercise_fit.fit(states))
    found = [recognise.recognise(raw, v.frame.time_s, exercises) for raw, v in zip(raws, videos, strict=True)]
    seen = [Seen(*parts) for parts in zip(videos, raws, found, strict=True)]
    model = fit_evidence(seen)
    prior = _weights("exercise-prior", fit_prior(seen, model))
    return Models(landmark, exercises, prior, model, fit_synkinesis.fit([watched(s) for s in seen]))


def watched(s: Seen) -> fit_synkinesis.Watched:
    return s.video.truth, differences(s.video.frame, s.video.rest, s.raw), s.found


def fit_landmark(videos: Sequence[Video]) -> Weights:
    samples = landmark_fit.gather([(v.frame, v.rest, v.intensities) for v in videos])
    return _weights("landmark-au", landmark_fit.fit(samples))


def cross_raw(videos: Sequence[Video], folds: int) -> list[SideActionUnits]:
    """Raw units of every video from a network fitted on the subjects of the other folds."""
    subjects = sorted({v.truth.subject_id for v in videos})
    fold = {subject: index % folds for index, subject in enumerate(subjects)}
    raws: dict[int, SideActionUnits] = {}
    for k in range(folds):
        weights = fit_landmark([v for v in videos if fold[v.truth.subject_id] != k])
        for index, v in enumerate(videos):
            if fold[v.truth.subject_id] == k:
                raws[index] = estimator.estimate(v.frame, v.rest, weights)
    return [raws[index] for index in range(len(videos))]


def segments(truth: Truth) -> list[tuple[Exercise, float, float]]:
    return [(Exercise(s["name"]), s["start"], s["end"]) for s in truth.raw["segments"]]


def signed_weakness(truth: Truth, region: Region) -> float:
    return _SIGN[truth.affected_side] * truth.weakness(region)


def fit_evidence(seen: Sequence[Seen]) -> EvidenceModel:
    """Slope and bend of every index over what it should be (least squares), and the covariance of the rest.

    A missing item of a video is left out of its own fit and counts as average in the covariance.
    """
    slopes, bends, covariances = {}, {}, {}
    for region in Region:
        shown = np.array([evidence.evidence(region, s.raw, s.video.frame.time_s, s.found) for s in seen])
        wanted = evidence.expected(region, np.array([signed_weakness(s.video.truth, region) for s in seen]))
        items = [_bent_line(wanted[:, k], shown[:, k]) for k in range(shown.shape[1])]
        slopes[region], bends[region] = (np.array(part) for part in zip(*items, strict=True))
        fitted = slopes[region] * wanted + bends[region] * wanted * np.abs(wanted)
        off = np.where(np.isfinite(shown), np.nan_to_num(shown) - fitted, 0.0)
        covariances[region] = off.T @ off / len(off) + 1e-4 * np.eye(off.shape[1])
    origin = f"{len(seen)} rendered synthetic videos, cross-fitted by subject"
    return EvidenceModel(slopes, bends, covariances, origin)


def _bent_line(wanted: Points, shown: Points) -> tuple[float, float]:
    """shown = slope x wanted + bend x wanted |wanted|, the bend held back where there is little to tell it from."""
    ok = np.isfinite(shown)
    x = np.stack([wanted[ok], wanted[ok] * np.abs(wanted[ok])], axis=1)
    slope, bend = np.linalg.solve(x.T @ x + np.diag([1e-6, _BEND_RIDGE]), x.T @ shown[ok])
    return float(slope), float(bend)


def fit_prior(seen: Sequence[Seen], model: EvidenceModel) -> dict[str, Points]:
    """Ridge regression from `personal.prior_features` to the true units; every video weighs the same."""
    rows, targets, weights = [], [], []
    for s in seen:
        shares = shares_of(s, model)
        for side, truth in zip(SIDES, s.video.intensities, strict=True):
            features = personal.prior_features(s.raw, s.video.frame.time_s, s.found, shares, side)
            ok = np.isfinite(features).all(axis=1)
            rows.append(features[ok])
            targets.append(np.nan_to_num(truth[ok][:, personal.COLUMNS]))
            weights.append(np.full(int(ok.sum()), 1.0 / max(1, int(ok.sum()))))
    return _ridge(np.concatenate(rows), np.concatenate(targets), np.concatenate(weights))


def shares_of(s: Seen, model: EvidenceModel) -> personal.Shares:
    time_s = s.video.frame.time_s
    patients = posterior({r: evidence.evidence(r, s.raw, time_s, s.found) for r in Region}, model)
    return personal.shares([region_function(r, patients, s.found) for r in Region])


def _ridge(x: Points, y: Points, weight: Points) -> dict[str, Points]:
    weight = weight / weight.sum()
    mean, spread = weight @ x, np.sqrt(weight @ (x - weight @ x) ** 2) + 1e-3
    z = (x - mean) / spread
    centre = weight @ y
    normal = (z * weight[:, None]).T @ z + _RIDGE * np.eye(z.shape[1])
    slope = np.linalg.solve(normal, (z * weight[:, None]).T @ (y - centre)) / spread[:, None]
    return {"weight": slope, "bias": centre - mean @ slope}


def _weights(name: str, tensors: dict[str, Points]) -> Weights:
    """Weights that live in memory only; half precision as on disk, so that figures are those of the file."""
    halves = {key: value.astype(np.float16).astype(np.float32) for key, value in tensors.items()}
    return Weights({"id": name, "sha256": "", "training": {"word": "synthetic"}}, halves)


def write(models: Models, folder: Path, facts: dict[str, str]) -> None:
    """Weights and cards into folder/weights, tables of numbers beside their code. `folder` is the package's."""
    here = Path(__file__).parent
    frames = {"hidden": recognise.HIDDEN}
    net = {"components": estimator.COMPONENTS, "hidden": estimator.HIDDEN, "members": estimator.MEMBERS}
    pieces: list[tuple[Weights, str, str, str, dict[str, Any]]] = [
        (models.landmark, "landmark_card.toml", estimator.WEIGHTS_ID, LANDMARK_PREPROCESS, net),
        (models.exercises, "exercise_card.toml", recognise.WEIGHTS_ID, recognise.PREPROCESS, frames),
        (models.prior, "prior_card.toml", personal.WEIGHTS_ID, personal.PREPROCESS, {"width": personal.WIDTH}),
    ]
    for weights, template, weights_id, preprocess, config in pieces:
        stated = facts | {"id": weights_id, "preprocess": preprocess} | {k: str(v) for k, v in config.items()}
        tensors = {name: value.astype(np.float64) for name, value in weights.tensors.items()}
        card.write(tensors, here / template, folder / "weights", stated)
    for name, table in (("evidence", models.evidence.to_json()), ("synkinesis", models.synkinesis.to_json())):
        text = json.dumps(table, indent=1)
        (folder / "symptoms" / f"{name}_model.json").write_text(text + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Fit the landmark path on synthetic faces")
    parser.add_argument("sets", nargs="+", metavar="SET:TRACKS")
    parser.add_argument("--out", type=Path, required=True, help="the analysis package to write into")
    args = parser.parse_args()
    torch.set_num_threads(1)
    videos = read(args.sets)
    subjects = str(len({v.truth.subject_id for v in videos}))
    write(fit_models(videos), args.out, {"videos": str(len(videos)), "subjects": subjects})
    sys.stdout.write(f"{len(videos)} videos of {subjects} subjects\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
