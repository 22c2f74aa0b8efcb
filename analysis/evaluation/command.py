"""`python -m analysis evaluate TRUTH_DIR`: measure videos whose truth is known and write the tables of figures."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from analysis.contracts import Frames, Origin, ReportStatus, SessionReport
from analysis.evaluation import page
from analysis.evaluation.score import Scores, score
from analysis.evaluation.tracks import track_of
from analysis.evaluation.truth import Truth, read_set
from analysis.faces.track import FaceTrack
from analysis.measure import measure
from analysis.models import Models, shipped
from analysis.version import code_version

USAGE: Final = 2
Reports = dict[str, dict[str, Any] | None]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "evaluate",
        help="compare reports with the truth",
        description="Measure every video of TRUTH_DIR (facial-palsy-gt/1), compare with the truth, write tables; "
        "rendered faces and photographic puppets apart.",
        epilog="With --fit the models are also fitted anew, without the subject that is judged, on the given sets and "
        "the other subjects of TRUTH_DIR: the held-out figures. `python -m analysis.evaluation.fit` ships a fit.",
    )
    parser.add_argument("truth_dir", type=Path, metavar="TRUTH_DIR")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep face tracks here and read them from here")
    parser.add_argument("--reports", type=Path, metavar="DIR", help="write one seventh.report/1 per video here")
    parser.add_argument("--fit", nargs="*", metavar="SET:TRACKS", help="more sets to fit the held-out models on")
    parser.add_argument("--folds", type=int, help="groups of subjects that are held out together (default: each alone)")
    parser.add_argument(
        "--readme", action="store_true", help=f"write the tables into {page.README.name} of the package"
    )
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """0 when every video was judged, 2 when there is nothing to judge."""
    truths = read_set(args.truth_dir) if args.truth_dir.is_dir() else []
    if not truths:
        sys.stderr.write(f"python -m analysis evaluate: {args.truth_dir} holds no facial-palsy-gt/1 truth\n")
        return USAGE
    tracks = read_tracks(args.truth_dir, truths, args.cache)
    columns = {"shipped": reports(tracks, shipped())}
    if args.fit is not None:
        columns["held out"] = held_out(args, truths, tracks)
    if args.reports:
        write_reports(columns["shipped"], args.reports)
    text = page.tables({name: split(truths, found) for name, found in columns.items()}, code_version())
    sys.stdout.write(text)
    if args.readme:
        page.replace(page.README, text)
    return 0


def read_tracks(folder: Path, truths: Sequence[Truth], cache: Path | None) -> dict[str, FaceTrack | None]:
    """Track of every video by name; None where there is no video or it is refused."""
    found: dict[str, FaceTrack | None] = {}
    for number, truth in enumerate(truths, 1):
        video = folder / f"{truth.video_id}.mp4"
        known = video.is_file() or (cache is not None and (cache / f"{truth.video_id}.npz").is_file())
        found[truth.video_id] = track_of(video, cache) if known else None
        sys.stderr.write(f"\r{number}/{len(truths)} videos followed")
    sys.stderr.write("\n")
    return found


def reports(tracks: Mapping[str, FaceTrack | None], models: Models) -> Reports:
    return {name: None if track is None else report_of(track, models) for name, track in tracks.items()}


def report_of(track: FaceTrack, models: Models) -> dict[str, Any]:
    """The measuring half of a report; what the video itself would add is left empty."""
    found = measure(track, models=models)
    return SessionReport(
        status=ReportStatus.MEASURED,
        problems=found.problems,
        video=None,
        quality=None,
        frames=Frames([round(float(t), 4) for t in track.time_s], [bool(d) for d in track.detected]),
        action_units=found.action_units,
        segments=found.segments,
        mouth_motions=found.mouth_motions,
        measures=found.measures,
        regions=found.regions,
        affected_side=found.affected_side,
        synkinesis=found.synkinesis,
        house_brackmann=found.house_brackmann,
        severity_level=None,
        palsy=None,
        scales=found.scales,
        origin=Origin(code_version(), "cpu", 0.0, {}, found.weights),
    ).to_json()


def held_out(args: argparse.Namespace, truths: Sequence[Truth], tracks: Mapping[str, FaceTrack | None]) -> Reports:
    """Reports by models that were fitted without the subject that is judged. Puppets are never fitted on."""
    import torch

    from analysis.evaluation import fit

    torch.set_num_threads(1)
    more = fit.read(args.fit)
    own = [v for v in (fit.prepared(t, tracks[t.video_id]) for t in truths if not t.photographic) if v is not None]
    subjects = sorted({t.subject_id for t in truths if not t.photographic})
    found: Reports = {t.video_id: None for t in truths}
    folds = min(args.folds or len(subjects), len(subjects))
    for k in range(folds):
        judged = set(subjects[k::folds])
        models = fit.fit_models(more + [v for v in own if v.truth.subject_id not in judged])
        here = {t.video_id for t in truths if t.subject_id in judged or (t.photographic and k == 0)}
        found |= reports({name: track for name, track in tracks.items() if name in here}, models)
        sys.stderr.write(f"held out {k + 1}/{folds}\n")
    return found


def split(truths: Sequence[Truth], found: Reports) -> dict[str, Scores]:
    """Rendered faces, photographic puppets, and all together, as far as the set has them."""
    groups = {
        "rendered faces": [t for t in truths if not t.photographic],
        "photographic puppets": [t for t in truths if t.photographic],
        "all": list(truths),
    }
    return {name: score(group, found) for name, group in groups.items() if group}


def write_reports(found: Reports, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, report in found.items():
        if report is not None:
            (folder / f"{name}.json").write_text(json.dumps(report, allow_nan=False), encoding="utf-8")
