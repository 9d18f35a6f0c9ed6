"""Draws an evaluation's curves as SVG fragments for a page; colours are the page's, so they suit light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from assent.evaluation.curves import DetPoint, Histogram
from assent.evaluation.rates import OperatingPoint

# Stand-ins for the page's colours: no colour that Matplotlib chooses by itself, and unlike each other.
_PAGE_COLOURS: Final = {
    "#010101": "var(--ink)",
    "#020202": "var(--soft)",
    "#030303": "var(--line)",
    "#040404": "var(--genuine)",
    "#050505": "var(--stranger)",
}
_INK, _SOFT, _LINE, _GENUINE, _STRANGER = _PAGE_COLOURS
_WIDTH_INCHES, _HEIGHT_INCHES = 7.0, 3.6
_DECADES: Final = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_PERCENT: Final = FuncFormatter(lambda share, _: f"{100 * share:.4g} %")


def plot_det(points: Sequence[DetPoint], operating_points: Sequence[OperatingPoint], *, label: str) -> str:
    """Draw FNIR over FPIR, with its band, and the supported operating points."""
    figure, axes = _open_figure()
    fpir = [point.fpir for point in points]
    low, high = [point.fnir_low for point in points], [point.fnir_high for point in points]
    axes.fill_between(fpir, low, high, step="post", color=_GENUINE, alpha=0.18, linewidth=0, label="95 % interval")
    axes.step(fpir, [point.fnir for point in points], where="post", color=_GENUINE, linewidth=1.8, label="FNIR")
    marked = [(point.fpir.value, point.fnir.value) for point in operating_points if point.fpir and point.fnir]
    if marked:
        across, up = zip(*marked, strict=True)
        axes.plot(across, up, linestyle="none", marker="o", markersize=5, color=_INK, label="in the table")
    axes.set_xscale("log")
    axes.set_xlim(min(fpir, default=0.001), 1.0)
    axes.xaxis.set_major_locator(FixedLocator(_DECADES))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.set_ylim(0, max(0.01, 1.1 * max(high, default=0.01)))
    axes.set_xlabel("FPIR: searches for strangers to the gallery that return somebody")
    axes.set_ylabel("FNIR: people missed")
    _place_legend(axes)
    return _to_svg(figure, "det", label)


def plot_histogram(histogram: Histogram, threshold: float | None, *, label: str) -> str:
    """Draw how distances to the person and to the nearest stranger are distributed, each as a share of its searches."""
    figure, axes = _open_figure()
    curves = [
        (histogram.genuine, _GENUINE, "-", "to the person"),
        (histogram.strangers, _STRANGER, "--", "to the nearest stranger"),
    ]
    for counts, colour, style, name in curves:
        total = sum(counts) or 1
        shares = [count / total for count in counts]
        axes.stairs(shares, histogram.edges, fill=True, color=colour, alpha=0.18, linewidth=0)
        axes.stairs(shares, histogram.edges, color=colour, linestyle=style, linewidth=1.8, label=name)
    if threshold is not None:
        axes.axvline(threshold, color=_INK, linewidth=1.2, linestyle=":", label=f"threshold {threshold:.3f}")
    axes.set_xlim(0, histogram.edges[-1])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.set_xlabel("distance")
    axes.set_ylabel("share of searches")
    _place_legend(axes)
    return _to_svg(figure, "histogram", label)


def _open_figure() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH_INCHES, _HEIGHT_INCHES), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=True, color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(_SOFT)
    axes.tick_params(colors=_SOFT)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    return figure, axes


def _place_legend(axes: Axes) -> None:
    figure = axes.figure
    figure.legend(frameon=False, labelcolor=_INK, loc="outside upper left", ncols=3)


def _to_svg(figure: Figure, name: str, label: str) -> str:
    """Return the bare `<svg>` element: text stays text, identifiers are the plot's own, and the label is its name."""
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\n?|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    # The page's font, not the one of the machine that drew it.
    svg = re.sub(r"font-family: [^;\"]*; ", "", svg)
    for stand_in, colour in _PAGE_COLOURS.items():
        svg = svg.replace(stand_in, colour)
    svg = re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", svg, count=1)
    svg = re.sub(r'<svg([^>]*?) height="[^"]*"', r"<svg\1", svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
