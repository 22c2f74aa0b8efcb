import json

from clinic.charts import curves
from clinic.charts.rows import Curves, Signal, Span

TIME = (0.0, 0.1, 0.2, 0.3)
SMILE = Signal("AU12", "AU12 lip corner puller", "0-5", (0.0, 2.0, 3.0, 1.0), (0.0, None, 1.0, 0.5))
BROW = Signal("AU1", "AU1 inner brow raiser", "0-5", (0.0, 0.1, 0.2, 0.1), (0.0, 0.1, 0.1, 0.1))
FISSURE = Signal("palpebral_fissure", "Palpebral fissure", "IOD", (0.2, 0.2, 0.1, 0.0), (0.2, 0.2, 0.2, 0.2))
SPANS = (Span(1, "Rest", 0.0, 0.1, None), Span(2, "Smile, lips closed", 0.1, 0.3, 0.2))
SHOWN = Curves(TIME, (BROW, SMILE, FISSURE), SPANS)


def test_left_is_solid_and_right_is_dashed_in_the_colours_of_the_sides():
    left, right = curves.figure(SHOWN, "AU12")["data"]
    assert (left["name"], left["line"]["dash"], left["line"]["color"]) == ("left side", "solid", "var(--chart-left)")
    assert (right["name"], right["line"]["dash"], right["line"]["color"]) == (
        "right side",
        "dash",
        "var(--chart-right)",
    )


def test_frame_that_was_not_measured_is_a_gap():
    _, right = curves.figure(SHOWN, "AU12")["data"]
    assert list(right["y"]) == [0.0, None, 1.0, 0.5]
    assert right["connectgaps"] is False


def test_exercises_are_named_spans_and_apexes_are_lines():
    layout = curves.figure(SHOWN, "AU12")["layout"]
    assert [(s["x0"], s["x1"]) for s in layout["shapes"] if s["name"] == "exercise"] == [(0.0, 0.1), (0.1, 0.3)]
    assert [s["x0"] for s in layout["shapes"] if s["name"] == "apex"] == [0.2]
    assert [note["text"] for note in layout["annotations"]] == ["Rest", "Smile, lips closed"]


def test_intensities_share_one_scale_and_other_quantities_have_their_own():
    assert curves.vertical(SMILE)["range"] == curves.vertical(BROW)["range"]
    assert "range" not in curves.vertical(FISSURE)


def test_signal_in_which_the_sides_differ_most_is_shown_first():
    assert curves.strongest(SHOWN) == "AU12"
    assert curves.strongest(Curves(TIME, (FISSURE,), SPANS)) == "palpebral_fissure"
    assert curves.strongest(Curves(TIME, (), SPANS)) is None


def test_panel_carries_every_signal_for_the_selector():
    panel = json.loads(json.dumps(curves.panel(SHOWN, "AU12")))
    assert set(panel["signals"]) == {"AU1", "AU12", "palpebral_fissure"}
    assert panel["signals"]["AU12"]["right"][1] is None
    assert panel["time_s"] == list(TIME)
