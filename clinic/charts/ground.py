"""What the two large charts of a course stand on: the time axis, treatments in lanes at the foot, marked breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from clinic.charts import style, timeline
from clinic.charts.rows import Course

Parts = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ground:
    course: Course
    axis: timeline.TimeAxis
    origin: timeline.Origin
    lanes: int  # of treatments
    row: int  # number of the treatments' y axis, the last one

    @classmethod
    def of(cls, course: Course, origin: timeline.Origin, *, row: int) -> Ground:
        axis = timeline.TimeAxis.of(course)
        return cls(course, axis, origin, timeline.lane_count(axis, course.treatments), row)

    @property
    def height(self) -> int:
        return timeline.COURSE_PX + self.lanes * timeline.LANE_PX

    @property
    def plot(self) -> int:
        """Pixels of the plotting area."""
        return self.height - timeline.TOP_PX - timeline.BOTTOM_PX

    @property
    def bottom(self) -> float:
        """Where the curves' part of the picture begins, as a share of the plotting area."""
        return round(self.lanes * timeline.LANE_PX / self.plot, 4)

    def figure(self, traces: Parts, *, shapes: Iterable[Any] = (), notes: Iterable[Any] = (), **axes: Any) -> Any:
        """The plotly figure: `traces`, and above and below them what lies in time."""
        course = self.course
        marks = list(timeline.breaks(self.axis, course.points, self.origin))
        treatments = timeline.treatment_traces(self.axis, course.treatments, f"y{self.row}")
        foot = {
            "domain": [0, max(self.bottom - 0.02, 0)],
            "range": [self.lanes - 0.5, -0.8],
            "visible": False,
            "fixedrange": True,
        }
        lines = timeline.treatment_lines(self.axis, course.treatments, self.bottom)
        return style.plain(
            style.figure(
                style.with_legend([*traces, *treatments], hidden=[trace["name"] for trace in treatments]),
                height=self.height,
                meta=self.axis.meta,
                margin={"l": 36, "r": 12, "t": timeline.TOP_PX, "b": timeline.BOTTOM_PX},
                xaxis=self.axis.layout(anchor="free", position=0),
                **{f"yaxis{self.row}": foot},
                shapes=[*shapes, *lines, *[shape for shape, _ in marks]],
                annotations=[*notes, *[note for _, note in marks]],
                hovermode="closest",
                **style.LEGEND,
                **axes,
            )
        )
