"""Which action units speak for which region of the face."""

from __future__ import annotations

from typing import Final

from analysis.contracts import Region

# Niu et al., table 2: the ten units whose active means describe three regions.
PAPER_REGIONS: Final = {
    Region.BROW: ("AU1", "AU2", "AU4"),
    Region.EYE: ("AU5", "AU6"),
    Region.MOUTH: ("AU12", "AU15", "AU17", "AU20", "AU25"),
}
