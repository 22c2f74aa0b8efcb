"""The action units that this project names, and what each is (Ekman, Friesen and Hager 2002)."""

from __future__ import annotations

from typing import Final

from analysis.contracts import AU_NAMES, Region

MEANING: Final = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU5": "upper lid raiser",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU18": "lip puckerer",
    "AU20": "lip stretcher",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU43": "eye closure",
    "AU45": "blink",
}
assert tuple(MEANING) == AU_NAMES

# Niu et al., table 2: the ten units whose active means describe three regions.
PAPER_REGIONS: Final = {
    Region.BROW: ("AU1", "AU2", "AU4"),
    Region.EYE: ("AU5", "AU6"),
    Region.MOUTH: ("AU12", "AU15", "AU17", "AU20", "AU25"),
}
