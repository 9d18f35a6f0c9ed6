"""Reproduces the tables of docs/accuracy.md from the volunteers' pictures: `python benchmarks/accuracy.py FOLDER`.

With `--write` the default pack's calibration and the figure are written anew; the digest in `default_pack.py` has to
follow. Takes about four minutes on one core.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from accuracy_templates import HALF_COVERED, KINDS, Picture, label_templates, read_pictures
from numpy.typing import NDArray

from assent.evaluation.fit_calibration import fit_calibration, measure_distances
from assent.faces import DEFAULT_MANIFEST, PROBE_WARNING, list_reasons
from assent.faces.default_pack import CALIBRATION_PATH
from assent.search import choose_threshold
from assent.settings import Settings

Numbers = NDArray[np.float64]
Views = tuple[NDArray[np.float32], NDArray[np.float32]]

FPIR: Final = 0.01
REDRAWINGS: Final = 400
FIGURE: Final = Path(__file__).parents[1] / "docs" / "images" / "error-versus-discard.svg"
BASIS: Final = (
    "Measured on 120 volunteers, adults photographed from the front in good light: real pictures are harder, and other "
    "people may be more alike, so calibrate on your own."
)


def unit(vectors: Numbers) -> Numbers:
    """Lay vectors on the unit sphere."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float64)


def one_view(views: Views) -> Numbers:
    """Take the crop alone."""
    return views[0].astype(np.float64)


def both_views(views: Views) -> Numbers:
    """Average the crop and its mirror image."""
    return (views[0].astype(np.float64) + views[1]) / 2


def of_reference(picture: Picture) -> Numbers:
    """Take the template of somebody enrolled, as shipped."""
    return picture.reference.astype(np.float64)


def of_view(choose: Callable[[Views], Numbers]) -> Callable[[Picture], Numbers]:
    """Make a reference from the unspoiled picture's views."""
    return lambda picture: choose(picture.views[KINDS[0]])


# For each method: how a probe's vector is made, and how a reference's.
METHODS: Final[dict[str, tuple[Callable[[Views], Numbers], Callable[[Picture], Numbers]]]] = {
    "before": (one_view, of_view(one_view)),
    "mirrored averaging, both sides": (both_views, of_view(both_views)),
    "unit length": (lambda views: unit(one_view(views)), of_view(lambda views: unit(one_view(views)))),
    "unit length, mirrored both sides": (
        lambda views: unit(both_views(views)),
        of_view(lambda views: unit(both_views(views))),
    ),
    "as shipped": (lambda views: unit(one_view(views)), of_reference),
    "as shipped, probes mirrored too": (lambda views: unit(both_views(views)), of_reference),
}


def collect_searches(pictures: list[Picture], kind: str, method: str) -> tuple[Numbers, Numbers]:
    """Return genuine distances, shape (2, 80), and distances to the nearest stranger, shape (2, 120).

    Both pictures of the London volunteers take turns as references; a probe without a face is infinitely far.
    """
    make_probe, make_reference = METHODS[method]
    london = [picture for picture in pictures if picture.people_set == "london"]
    sides = {name: [one for one in london if one.name == name] for name in ("neutral", "smiling")}
    outsiders = [picture for picture in pictures if picture.people_set != "london"]
    genuine, strangers = [], []
    for gallery, probes in (("neutral", "smiling"), ("smiling", "neutral")):
        references = np.stack([make_reference(picture) for picture in sides[gallery]])
        searched = [*sides[probes], *outsiders]
        distances = np.full((len(searched), len(references)), np.inf)
        for row, picture in enumerate(searched):
            if kind in picture.views:
                distances[row] = measure_distances(make_probe(picture.views[kind])[None], references)[0]
        own = np.arange(len(references))
        genuine.append(distances[own, own].copy())
        distances[own, own] = np.inf
        strangers.append(distances.min(axis=1))
    return np.array(genuine), np.array(strangers)


def measure_fnir(genuine: Numbers, strangers: Numbers, weights: Numbers) -> float:
    """Return the share of mated searches missed where 1 % of non-mated ones return somebody; weights per person."""
    order = np.argsort(strangers.ravel())
    shares = np.cumsum(np.tile(weights, 2)[order]) / (2 * weights.sum())
    threshold = strangers.ravel()[order][np.searchsorted(shares, FPIR)]
    drawn = weights[: genuine.shape[1]]
    return float((drawn * (genuine >= threshold)).sum() / (2 * drawn.sum()))


def print_methods(pictures: list[Picture]) -> None:
    """Print FNIR at FPIR 1 % of each method for each way of spoiling, and the means with paired intervals."""
    rng = np.random.default_rng(0)
    draws = [np.ones(120)]
    for _ in range(REDRAWINGS):
        parts = [rng.multinomial(count, np.full(count, 1 / count)) for count in (80, 40)]
        draws.append(np.concatenate(parts).astype(np.float64))
    spoiled = KINDS[1:]
    rates = {}
    for method in METHODS:
        searches = [collect_searches(pictures, kind, method) for kind in KINDS]
        rates[method] = np.array([[measure_fnir(*found, weights) for found in searches] for weights in draws])
    print("| probes | " + " | ".join(METHODS) + " |")
    for column, kind in enumerate(KINDS):
        print(f"| {kind} | " + " | ".join(f"{100 * rates[method][0, column]:.1f}" for method in METHODS) + " |")
    for name, kinds in (
        ("mean", spoiled),
        ("mean without covered faces", [k for k in spoiled if k not in HALF_COVERED]),
    ):
        columns = [KINDS.index(kind) for kind in kinds]
        means = {method: rates[method][:, columns].mean(axis=1) for method in METHODS}
        print(f"\n{name}: FNIR in %, and its difference from before with the 95 % interval")
        for method, values in means.items():
            change = values - means["before"]
            low, high = 100 * np.quantile(change[1:], [0.025, 0.975])
            print(f"| {method} | {100 * values[0]:.2f} | {100 * change[0]:+.2f} ({low:+.2f} to {high:+.2f}) |")


def print_quality(pictures: list[Picture], *, is_written: bool) -> None:
    """Print the share missed among probes with and without a warning, and draw the error-versus-discard curves."""
    calibration = fit_calibration(label_templates(pictures), DEFAULT_MANIFEST.pack_id, basis=BASIS)
    threshold = choose_threshold(calibration, 80).distance
    by_name = {(picture.people_set, picture.person, picture.name): picture for picture in pictures}
    rows = []
    for (people_set, person, name), picture in by_name.items():
        other = by_name.get((people_set, person, "smiling" if name == "neutral" else "neutral"))
        if other is not None:
            for kind, views in picture.views.items():
                distance = float(np.linalg.norm(unit(one_view(views)) - of_reference(other)))
                rows.append((picture.qualities[kind], distance > threshold))
    missed = np.array([row[1] for row in rows])
    is_warned = np.array([bool(list_reasons(row[0], PROBE_WARNING)) for row in rows])
    print(f"\n{len(rows)} probes, threshold {threshold:.3f}: missed {100 * missed.mean():.1f} %")
    print(
        f"warned of: {100 * is_warned.mean():.1f} %; missed of these {100 * missed[is_warned].mean():.1f} %, ", end=""
    )
    print(f"of the others {100 * missed[~is_warned].mean():.1f} %")
    figures = {
        "eye distance": np.array([row[0].eye_distance_px for row in rows]),
        "sharpness": np.array([row[0].sharpness for row in rows]),
        "contrast": np.array([row[0].contrast for row in rows]),
        "turn": np.array([-row[0].turn for row in rows]),
        "detector's certainty": np.array([row[0].score for row in rows]),
    }
    curves = {name: discard_worst(values, missed) for name, values in figures.items()}
    for name, curve in curves.items():
        print(f"| {name} | " + " | ".join(f"{100 * share:.1f}" for share in curve[::10]) + " |")
    if is_written:
        draw_curves(curves)
        text = calibration.to_json()
        CALIBRATION_PATH.write_text(text, "utf-8")
        print("calibration_digest:", hashlib.sha256(text.encode()).hexdigest())


def discard_worst(values: Numbers, missed: NDArray[np.bool_]) -> Numbers:
    """Return the share missed after discarding the worst 0, 1, 2 ... 50 % of the probes by one figure."""
    order = np.argsort(values, kind="stable")
    return np.array([missed[order[len(order) * percent // 100 :]].mean() for percent in range(51)])


def draw_curves(curves: dict[str, Numbers]) -> None:
    """Draw the curves, the same to the byte each time."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "assent"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    for (name, curve), style in zip(curves.items(), ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))), strict=True):
        axes.plot(range(51), 100 * curve, linestyle=style, label=name)
    axes.set(xlabel="worst probes discarded (%)", ylabel="missed of the rest (%)", ylim=(0, None), xlim=(0, 50))
    axes.legend()
    axes.grid(alpha=0.3)
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, metadata={"Date": None, "Creator": None}, bbox_inches="tight")


def main() -> None:
    """Read the volunteers' pictures and print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the volunteers' pictures: SET/PERSON/PICTURE.jpg")
    parser.add_argument("--write", action="store_true", help="write the calibration and the figure")
    chosen = parser.parse_args()
    pictures = read_pictures(Settings.from_environment().cache_folder, chosen.folder)
    print_methods(pictures)
    print_quality(pictures, is_written=chosen.write)


if __name__ == "__main__":
    main()
