"""Draws the dashboards from a demo with faults, for helm/README.md; Grafana itself is not needed.

    pictures.py FOLDER [--seconds N]      FOLDER is for Prometheus; writes helm/pictures/*.png

Beside them the worker's status page, as Chromium shows it.
"""
import argparse
import io
import json
import math
import os
import re

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from PIL import Image  # noqa: E402

import browser  # noqa: E402
from chart import CHART  # noqa: E402
from live import Run  # noqa: E402
from panels import filled, panels_of  # noqa: E402

INK, FAINT = "#d8d9da", "#8e8e8e"
COLOURS = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a"]
NAMED = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c"}


def human(value, unit):
    if unit == "percentunit":
        return f"{value * 100:.4g} %"
    if unit == "s":
        for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
            if abs(value) >= size:
                return f"{value / size:.3g} {name}"
        return f"{value:.3g} s" if abs(value) >= 1 or value == 0 else f"{value * 1000:.3g} ms"
    if unit in ("bytes", "Bps"):
        for size, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
            if abs(value) >= size:
                return f"{value / size:.3g} {name}" + ("/s" if unit == "Bps" else "")
    return f"{value:.4g}" + ("/s" if unit in ("ops", "Bps") else "")


def legend(template, labels):
    if template in ("", "__auto"):
        return ""
    return " ".join(re.sub(r"\{\{(\w+)\}\}", lambda it: labels.get(it[1], ""), template).split())


def series_of(run, panel):
    for target in panel["targets"]:
        for labels, points in run.range(filled(target["expr"])):
            yield legend(target["legendFormat"], labels), [(at - run.started, value) for at, value in points if not math.isnan(value)]


def draw_stat(axes, panel, series, unit):
    axes.axis("off")
    value = series[0][1][-1][1]
    colour = "green"
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            colour = step["color"]
    axes.text(0.5, 0.4, human(value, unit), ha="center", va="center", fontsize=17, color=NAMED[colour], transform=axes.transAxes)


def draw_states(axes, series, length):
    rows = [(name, points) for name, points in series if any(value for _, value in points)] or series[:1]
    for row, (_, points) in enumerate(rows):
        for at, value in points:
            axes.barh(row, 1.05, left=at, height=0.7, color=NAMED["red" if value >= 1 else "green"], linewidth=0)
        axes.text(length * 0.01, row, rows[row][0], fontsize=6.5, color=INK, va="center", zorder=9,
                  bbox={"facecolor": "#181b1f", "alpha": 0.7, "pad": 1, "linewidth": 0})
    axes.set_yticks([])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(0, length)


def draw_lines(axes, panel, series, unit, length):
    if panel["fieldConfig"]["defaults"]["custom"].get("stacking"):
        times = sorted({at for _, points in series for at, _ in points})
        values = [[dict(points).get(at, 0) for at in times] for _, points in series]
        axes.stackplot(times, values, labels=[name for name, _ in series], colors=COLOURS, alpha=0.8)
    else:
        for number, (name, points) in enumerate(series):
            axes.plot(*zip(*points), label=name, color=COLOURS[number % len(COLOURS)], linewidth=1)
    axes.set_xlim(0, length)
    axes.yaxis.set_major_formatter(lambda value, _: human(value, unit))
    names = [name for name, points in series if name and any(value for _, value in points)]
    if names:
        handles, labels = axes.get_legend_handles_labels()
        shown = [(handle, label) for handle, label in zip(handles, labels) if label in names][:6]
        axes.legend(*zip(*shown), fontsize=5.5, loc="upper right", frameon=False, labelcolor=INK)


def draw(run, board, file):
    panels = panels_of(board)
    bottom = max(it["gridPos"]["y"] + it["gridPos"]["h"] for it in board["panels"])
    figure = plt.figure(figsize=(14, bottom * 0.3), facecolor="#111217")
    figure.text(0.01, 1 - 0.2 / (bottom * 0.3), board["title"], fontsize=13, color=INK, va="center")
    for row in (it for it in board["panels"] if it["type"] == "row"):
        figure.text(0.01, 1 - (row["gridPos"]["y"] + 1.5) / (bottom + 1), row["title"], fontsize=9, color=FAINT)
    for panel in panels:
        place, unit = panel["gridPos"], panel["fieldConfig"]["defaults"]["unit"]
        x, width = place["x"] / 24, place["w"] / 24
        height = place["h"] / (bottom + 1)
        cell = 1 / (bottom + 1)
        y = 1 - (place["y"] + 1) * cell - height
        axes = figure.add_axes((x + 0.035, y + 0.5 * cell, width - 0.045, height - 1.7 * cell), facecolor="#181b1f")
        axes.set_title(panel["title"], fontsize=8, color=INK, loc="left", pad=3)
        axes.tick_params(colors=FAINT, labelsize=6)
        axes.grid(color="#2c3235", linewidth=0.5)
        for side in axes.spines.values():
            side.set_color("#2c3235")
        series = [(name, points) for name, points in series_of(run, panel) if points]
        if not series:
            axes.text(0.5, 0.5, "no data", color=FAINT, ha="center", transform=axes.transAxes)
        elif panel["type"] == "stat":
            draw_stat(axes, panel, series, unit)
        elif panel["type"] == "state-timeline":
            draw_states(axes, series, run.ended - run.started)
        else:
            draw_lines(axes, panel, series, unit, run.ended - run.started)
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, dpi=75, facecolor=figure.get_facecolor())
    plt.close(figure)
    with Image.open(file) as picture:  # few colours: a third of the size
        picture.convert("RGB").quantize(64).save(file, optimize=True)


def draw_status_page(kept, file):
    """The worker's own page, as far as a screen shows it."""
    with kept.served() as url, browser.chromium() as chromium:
        seen = browser.look(chromium, url, 900, "dark")
    with Image.open(io.BytesIO(seen.picture)) as picture:
        top = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, 1300)))
        top.quantize(64, method=Image.Quantize.FASTOCTREE).save(file, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seconds", default="150")
    given = parser.parse_args()
    kept = browser.Keeper(seconds=10)
    run = Run(given.folder, os.environ["AUTOSIGNIN_DEV"], given.seconds, "--events", str(60 * int(given.seconds)),
              meanwhile=kept.look)
    try:
        for path in sorted((CHART / "dashboards").glob("*.json")):
            draw(run, json.loads(path.read_text()), CHART / "pictures" / f"{path.stem}.png")
        draw_status_page(kept, CHART / "pictures" / "status.png")
    finally:
        run.stop()
    for seconds, what, name in run.watch.history:
        print(f"{seconds:6.0f} s  {what:9} {name}")


if __name__ == "__main__":
    main()
