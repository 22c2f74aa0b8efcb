"""One face through one video: detected now and then, its landmarks followed in every frame.

Detection (MTCNN) says where faces are and how many, twice a second and whenever the landmarks are lost; the landmarks
(FaceMesh) say where everything in the face is. A landmark result that detection does not confirm is not believed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.contracts import Mirrored, Problem, VideoFacts
from analysis.faces.boxes import Box, Window, alike, first_choice, overlap, same_face, window_around
from analysis.faces.looks import Glance, Grey, look_at
from analysis.faces.mesh import Mesh, MeshTracker
from analysis.faces.mtcnn import FINER_SIDE_PX, FaceDetector, Faces
from analysis.faces.rows import Row, box_of, track_of
from analysis.faces.track import FaceTrack
from analysis.stopwatch import Stopwatch
from analysis.video.decode import Video
from analysis.video.picture import RGB
from analysis.video.policy import POLICY, Policy
from analysis.video.problems import VideoRefused

_CHUNK = 32  # frames held at a time
_LOOK_EVERY_S = 0.5
_SEARCH_EVERY_S = 0.1  # while the face is lost
_SEARCH_FINELY_EVERY_S = 1.0
_AGREES = 0.3  # least overlap of the landmarks' box and the detector's
_SMALL_SHARE = 0.2  # of the picture's longer side: FaceMesh's own detector misses smaller faces in the whole picture
_PAUSE_S = 0.5
_KEPT = 6
_NOBODY_S = 30.0  # a video that shows no face for so long from its start is not read to its end
_GIVE_UP_S = 2.0  # after so long without the face that was followed another may be chosen


Onlooker = Callable[[int, float, RGB, Mesh], None]  # index of the frame, seconds, picture, landmarks in its pixels
MakeDetector = Callable[..., FaceDetector]  # takes `side_px` as FaceDetector does


@dataclass(frozen=True, slots=True)
class Followed:
    """What the image stages know of one video."""

    track: FaceTrack
    facts: VideoFacts
    rows: list[Row]
    without_face: list[RGB]  # up to six pictures in which no face was found
    problems: list[Problem]  # about the file


class Follower:
    """Follows one face from frame to frame; frames come in order, in chunks."""

    def __init__(
        self, mesh: MeshTracker, make_detector: MakeDetector, width: int, height: int, watch: Stopwatch
    ) -> None:
        self.rows: list[Row] = []
        self.without_face: list[RGB] = []
        self._keep_next_s = 0.0
        self._coarse: Grey | None = None
        self._mesh, self._detector, self._watch = mesh, make_detector(), watch
        self._make_detector = make_detector
        self._finer: FaceDetector | None = None
        self._size = (width, height)
        self._window: Window | None = None
        self._box: Box | None = None  # of the face, where it was last seen
        self._seen_s = self._searched_s = self._searched_finely_s = -np.inf
        self._faces = 0
        self._next_look_s = 0.0

    @property
    def hopeless(self) -> bool:
        """Whether there has been no face for so long that there will be none."""
        return self._box is None and bool(self.rows) and self.rows[-1].time_s > _NOBODY_S

    def take(self, chunk: list[tuple[float, RGB]]) -> None:
        looks = []
        for i, (time, _) in enumerate(chunk):
            if time >= self._next_look_s:
                looks.append(i)
                self._next_look_s = time + _LOOK_EVERY_S
        found = dict(zip(looks, self._detect([chunk[i][1] for i in looks]), strict=True))
        for i, (time, picture) in enumerate(chunk):
            self.rows.append(self._follow(time, picture, found.get(i)))

    def _detect(self, pictures: list[RGB]) -> list[Faces]:
        with self._watch("detection"):
            return self._detector.detect(pictures)

    def _follow(self, time: float, picture: RGB, faces: Faces | None) -> Row:
        glance, self._coarse = Glance.of(picture, self._coarse)
        row = Row(time, glance, self._faces)
        if faces is not None:
            self._notice(row, faces)
        mesh = self._continued(picture, time) if self._box is not None else None
        if mesh is not None and row.followed is not None and not self._confirms(row, mesh):
            mesh = self._reseed(row, picture)
        if mesh is None and time - self._searched_s >= self._patience(time):
            mesh = self._search(row, picture)
        if mesh is not None:
            row.mesh, self._box, self._seen_s = mesh, box_of(mesh), time
            row.look = look_at(picture, self._box, mesh, closely=row.agrees)
        return row

    def _notice(self, row: Row, faces: Faces) -> None:
        """Count the faces, find the one that is followed among them, and set where to look for its landmarks."""
        row.detected, row.faces = faces, len(faces)
        self._faces = len(faces)
        row.followed = self._choose(faces, row.time_s)
        if row.followed is None:
            return
        box = faces.boxes[row.followed]
        window = window_around(box, *self._size)
        small = max(box[2] - box[0], box[3] - box[1]) < _SMALL_SHARE * max(self._size)
        if (self._window is None and (small or len(faces) > 1)) or (
            self._window is not None and window.drifted_from(self._window)
        ):
            self._move_to(window)
        if row.time_s - self._seen_s > _PAUSE_S:
            self._box, self._seen_s = box, row.time_s

    def _choose(self, faces: Faces, time: float) -> int | None:
        if self._box is not None and time - self._seen_s < _GIVE_UP_S:
            return same_face(faces, self._box)
        return first_choice(faces, *self._size)

    def _move_to(self, window: Window) -> None:
        self._window = window
        self._mesh.reset()

    def _landmarks(self, picture: RGB) -> Mesh | None:
        part, origin = picture, (0, 0)
        if self._window is not None:
            part, origin = self._window.cut(picture), (self._window.x0, self._window.y0)
        with self._watch("landmarks"):
            return self._mesh.track(part, origin)

    def _continued(self, picture: RGB, time: float) -> Mesh | None:
        """Landmarks where the face was just now; after a pause they must wait for the detector."""
        if time - self._seen_s > _PAUSE_S:
            return None
        mesh = self._landmarks(picture)
        if mesh is None or self._box is None:
            return None
        box = box_of(mesh)
        goes_on = alike(box, self._box) if self._faces <= 1 else overlap(box, self._box) >= _AGREES
        return mesh if goes_on else None

    def _confirms(self, row: Row, mesh: Mesh) -> bool:
        assert row.detected is not None and row.followed is not None
        row.agrees = overlap(box_of(mesh), row.detected.boxes[row.followed]) >= _AGREES
        return row.agrees

    def _reseed(self, row: Row, picture: RGB) -> Mesh | None:
        """Landmarks of the followed face alone, None when they still lie elsewhere."""
        assert row.detected is not None and row.followed is not None
        self._move_to(window_around(row.detected.boxes[row.followed], *self._size))
        mesh = self._landmarks(picture)
        return mesh if mesh is not None and self._confirms(row, mesh) else None

    def _patience(self, time: float) -> float:
        """How long to wait between two searches: a face that was just lost is soon back, an empty room stays empty."""
        return _SEARCH_EVERY_S if time - max(self._seen_s, 0.0) < _GIVE_UP_S else _LOOK_EVERY_S

    def _keep(self, time: float, picture: RGB) -> None:
        """A few pictures without a face, ever further apart, to find out later why there was none."""
        if len(self.without_face) < _KEPT and time >= self._keep_next_s:
            self.without_face.append(picture)
            self._keep_next_s = time + 0.3 * 2 ** len(self.without_face)

    def _search(self, row: Row, picture: RGB) -> Mesh | None:
        """The landmarks are lost: detect now, and look around what is found."""
        self._searched_s = row.time_s
        faces = row.detected if row.detected is not None else self._detect([picture])[0]
        if not len(faces) and row.time_s - self._searched_finely_s >= _SEARCH_FINELY_EVERY_S:
            self._searched_finely_s = row.time_s
            self._finer = self._finer or self._make_detector(side_px=FINER_SIDE_PX)
            with self._watch("detection"):
                faces = self._finer.detect([picture])[0]
        if not len(faces):
            self._keep(row.time_s, picture)
        self._notice(row, faces)
        return self._reseed(row, picture) if row.followed is not None else None


def follow(
    path: Path,
    *,
    mirrored: Mirrored = Mirrored.UNKNOWN,
    policy: Policy = POLICY,
    progress: Callable[[float], None] | None = None,
    watch: Stopwatch | None = None,
    onlooker: Onlooker | None = None,
    detector: MakeDetector = FaceDetector,
) -> Followed:
    """Decode a video and follow its face. `progress` is told the share that is done, 0-1; `watch` takes the times of
    `decoding` (waiting for it), `detection` and `landmarks`; `onlooker` is shown every frame that has landmarks;
    `detector` makes what finds faces.

    Raises VideoRefused (with the facts known by then) for a bad file, OSError when it cannot be opened.
    """
    watch = watch or Stopwatch()
    video = Video(path, mirrored=mirrored, policy=policy)
    try:
        with video:
            frames = watch.waiting_for(video, "decoding")
            told = _told(frames, video.expected_frames, progress)
            rows, without_face = follow_frames(told, watch, onlooker, detector)
    except VideoRefused as refused:
        refused.facts = video.facts
        raise
    facts, problems = video.facts, video.problems
    assert facts is not None  # a video without a frame was refused
    scale = 1.0 / policy.working_scale(facts.width, facts.height)
    return Followed(track_of(rows, facts.width, facts.height, scale), facts, rows, without_face, problems)


def _told(
    frames: Iterable[tuple[float, RGB]], expected: int, progress: Callable[[float], None] | None
) -> Iterator[tuple[float, RGB]]:
    for done, frame in enumerate(frames, 1):
        yield frame
        if progress is not None:
            progress(min(1.0, done / max(1, expected)))


def follow_frames(
    frames: Iterable[tuple[float, RGB]],
    watch: Stopwatch | None = None,
    onlooker: Onlooker | None = None,
    detector: MakeDetector = FaceDetector,
) -> tuple[list[Row], list[RGB]]:
    """One row a frame, in the pixels of the frames, which all have the same size; and pictures without a face."""
    frames = iter(frames)
    first = list(itertools.islice(frames, 1))
    if not first:
        return [], []
    height, width, _ = first[0][1].shape
    watch = watch or Stopwatch()
    with ExitStack() as stack:
        with watch("loading"):
            follower = Follower(stack.enter_context(MeshTracker()), detector, width, height, watch)
        chunk = first + list(itertools.islice(frames, _CHUNK - 1))
        while chunk and not follower.hopeless:
            follower.take(chunk)
            if onlooker is not None:
                _show(chunk, follower.rows, onlooker)
            chunk = list(itertools.islice(frames, _CHUNK))
    return follower.rows, follower.without_face


def _show(chunk: list[tuple[float, RGB]], rows: list[Row], onlooker: Onlooker) -> None:
    """Frames of a chunk that were just followed; whether their landmarks are believed is known only at the end."""
    first = len(rows) - len(chunk)
    for i, (time, picture) in enumerate(chunk, first):
        if (mesh := rows[i].mesh) is not None:
            onlooker(i, time, picture, mesh)
