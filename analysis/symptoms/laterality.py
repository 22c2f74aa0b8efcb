"""The laterality guard: left and right are the key result, and a mirrored picture exchanges them."""

from __future__ import annotations

from analysis.contracts import AffectedSide, AffectedSideResult, Mirrored, Problem

CONTRADICTS = "side_contradicts_record"
MIRRORED_UNKNOWN = "mirroring_unknown"
_SURE = 0.6  # confidence from which a measured side may contradict a recorded one


def laterality_problems(
    measured: AffectedSideResult, recorded: AffectedSide | None, mirrored: Mirrored = Mirrored.NO
) -> list[Problem]:
    """Warnings, never a silent flip: the numbers stay as measured."""
    found = []
    one_sided = measured.side in (AffectedSide.LEFT, AffectedSide.RIGHT) and measured.confidence >= _SURE
    if mirrored is Mirrored.UNKNOWN and one_sided:
        found.append(
            Problem(
                MIRRORED_UNKNOWN,
                "It is not known whether this video is a mirror image, so left and right may be swapped.",
            )
        )
    if recorded in (AffectedSide.LEFT, AffectedSide.RIGHT) and one_sided and measured.side is not recorded:
        found.append(
            Problem(
                CONTRADICTS,
                f"This video shows the {measured.side} side as the weaker one, but the {recorded} side is on record. "
                "The video may be mirrored: please check before reading left and right from it.",
            )
        )
    return found
