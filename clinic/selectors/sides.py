"""Whether left and right of a recording can be believed: the side on record, the measured one, and the mirror."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.models import Assessment, Session, Video
from clinic.selectors import flags


@dataclass(frozen=True, slots=True)
class SideView:
    """The affected side, as stored by the clinic and as measured; None where it is not known."""

    stored: str | None
    measured: str | None
    confidence: float | None
    is_conflict: bool
    mirrored: str
    mirror_words: str

    @property
    def is_doubtful(self) -> bool:
        """Nobody knows whether the picture is a mirror image."""
        return self.mirrored == "unknown"


def of(session: Session, video: Video, assessment: Assessment | None) -> SideView:
    stored = session.episode.side if session.episode else None
    measured = assessment.affected_side if assessment else None
    confidence = assessment.affected_confidence if assessment else None
    return SideView(
        stored=stored,
        measured=measured,
        confidence=confidence,
        is_conflict=flags.sides_conflict(stored, measured, confidence),
        mirrored=video.mirrored,
        mirror_words=flags.mirror_words(video.mirrored),
    )
