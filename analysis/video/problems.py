"""Refusals and warnings about a video: code -> what the patient reads, always with what to do about it."""

from __future__ import annotations

from analysis.contracts import Problem, VideoFacts

_AGAIN = "Please record it again, or choose the file again."
_DAMAGED = f"The file is damaged or incomplete. {_AGAIN}"
_NOT_SUPPORTED = "This type of video is not supported. Please record with your phone's own camera (MP4 or MOV)."

REFUSALS = {
    # The file
    "empty_file": f"The file is empty. {_AGAIN}",
    "too_small": f"The file is too small to be a video. {_AGAIN}",
    "too_large": "The file is larger than 500 MB. Please record a shorter video, or record in Full HD instead of 4K.",
    "not_a_video": "This file is not a video. Please choose a video recorded with a camera.",
    "unsupported_format": _NOT_SUPPORTED,
    "unsupported_codec": _NOT_SUPPORTED,
    "unreadable": _DAMAGED,
    "no_frames": _DAMAGED,
    "undecodable": "This video is copy protected and cannot be read. Please record with your phone's own camera.",
    "no_video_stream": "The file has no picture. Please choose a video recorded with a camera.",
    "too_many_streams": "The file has too many tracks. Please choose the video as your phone recorded it.",
    "too_large_picture": "The picture is larger than 4K. Please record in Full HD (1080p).",
    "too_small_picture": "The picture is too small or too narrow. Please record in Full HD (1080p).",
    "too_short": "The video is too short. Please record for at least one second, better the whole exercise.",
    "too_long": "The video is longer than 5 minutes. Please record the exercises in shorter videos.",
    "too_few_frames": "The video has too few pictures to measure movement. Please record at 30 pictures a second.",
    "frame_rate": "The video has too few or too many pictures a second. Please record at 30 or 60 a second.",
    "truncated": f"The video ends early: most of it is missing. {_AGAIN}",
    "decode_errors": f"Too much of the video is damaged. {_AGAIN}",
    "time_limit": "The video takes too long to read. Please record in Full HD (1080p) at 30 pictures a second.",
    # The picture
    "no_face": "No face was found in the video. Please hold the phone upright before your face, in good light.",
    "wrong_orientation": "The face is on its side or upside down. Please hold the phone upright and record again.",
    "several_faces": "More than one person is visible. Please record again with only your own face in the picture.",
    "face_too_small": "The face is too small in the picture. Please come closer: your face should fill half the width.",
    "face_lost": "The face is out of the picture most of the time. Please keep your whole face in the picture.",
    "face_covered": "Part of the face is covered. Please take away mask, scarf, hand or hair and record again.",
    "too_dark": "The video is too dark. Please face a window or a lamp and record again.",
    "too_bright": "The video is too bright. Please turn away from the direct light and record again.",
    "blurred": "The video is not sharp. Please clean the lens, hold the phone still and record again.",
    "low_quality": "The picture is of too low quality to be measured. Please record in Full HD (1080p), in good light.",
    "turned_away": "The face is turned away from the camera. Please look straight at the phone while you record.",
    "flicker": "The picture flickers too much to be measured. Please record again in steady light.",
}

WARNINGS = {
    # The file
    "truncated": "The video ends early. Only the part that could be read was measured; please upload it again.",
    "decode_errors": "Parts of the video are damaged. The results may be less exact; please upload or record it again.",
    "time_limit": "Only the first part of the video was measured, because reading it took too long. "
    "Please record in Full HD (1080p) at 30 pictures a second.",
    "gap": "Pictures are missing in the middle of the video. Movements in the gap were not measured.",
    "picture_size_changes": "The picture changes its size in the video. Please do not turn the phone while recording.",
    "laterality_uncertain": "This video is stored as a mirror image. Please check that left and right are right.",
    # The picture
    "several_faces": "More than one face was seen; one was followed. Please record only your own face.",
    "face_too_small": "The face is rather small in the picture. Come closer next time for a more exact result.",
    "face_lost": "The face leaves the picture for a while. Those moments were not measured; keep your face in view.",
    "face_covered": "Part of the face seems to be covered. Please keep hands, hair, mask or scarf away from it.",
    "too_dark": "The video is dark. Face a window or a lamp next time for a more exact result.",
    "too_bright": "The video is very bright. Turn away from the direct light next time for a more exact result.",
    "blurred": "The video is not very sharp. Clean the lens and hold the phone still next time.",
    "low_quality": "The picture is of very low quality, so small movements may be missed. Please record in Full HD.",
    "turned_away": "The head is turned away for part of the video. Look straight at the phone next time.",
    "flicker": "The light or the picture flickers. Record in steady light next time.",
    "camera_shake": "The camera moves a lot. Please put the phone on a stand or lean it against something.",
    "no_movement": "The picture does not move. Please record yourself while doing the exercises, not a photograph.",
}


class VideoRefused(Exception):
    """A video that cannot be measured; `code` is one of `REFUSALS`, `detail` is for the log only."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.facts: VideoFacts | None = None  # what was known of the video by then

    @property
    def problem(self) -> Problem:
        return refusal(self.code)


def refusal(code: str, at_s: float | None = None) -> Problem:
    """Raises KeyError for a code that has no sentence."""
    return Problem(code, REFUSALS[code], at_s)


def warning(code: str, at_s: float | None = None) -> Problem:
    """Raises KeyError for a code that has no sentence."""
    return Problem(code, WARNINGS[code], at_s)
