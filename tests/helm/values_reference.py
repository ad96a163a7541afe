"""What can be derived about the chart's values: the schema of `config` and the event types from the worker's own table of
keys, the list of alerts from the rules, the tables in helm/README.md, and the default objectives as a file.

    values_reference.py --worker PROGRAM --helm PROGRAM [--update]     says what is out of date, or brings it up to date
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm"
SCHEMA = CHART / "values.schema.json"
README = CHART / "README.md"
OBJECTIVES = CHART / "rules" / "objectives.yaml"

PATTERNS = {"duration": r"^[0-9]+(ms|s|m|h|d)$", "size": r"^[0-9]+(KiB|MiB|GiB)?$", "url": r"^(https://.+)?$"}


def keys_of(reference):
    """(path, default, what a value looks like, meaning) of every row of `config-reference`."""
    for line in reference.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`"):
            yield cells[0].strip("`"), cells[1], cells[2].split("; for example")[0], cells[3]


def examples_of(reference):
    """(path, an example of its value) of every row."""
    for line in reference.splitlines():
        if row := re.match(r"\| `([^`]+)` \|.*; for example `([^`]*)` \|", line):
            yield row[1], row[2]


def leaf(value, meaning):
    """The JSON Schema of one key; every form that `config-reference` prints is known here or is an error."""
    numbers = re.match(r"a (whole )?number from ([0-9.]+) to ([0-9.]+)$", value)
    if value == "true or false":
        schema = {"type": "boolean"}
    elif numbers:
        schema = {"type": "integer" if numbers[1] else "number", "minimum": json.loads(numbers[2]),
                  "maximum": json.loads(numbers[3])}
    elif value.startswith("one of "):
        schema = {"type": "string", "enum": value.removeprefix("one of ").split(", ")}
    elif value.startswith("a duration"):
        schema = {"type": "string", "pattern": PATTERNS["duration"]}
    elif value.startswith("a size"):
        schema = {"type": ["string", "integer"], "pattern": PATTERNS["size"]}
    elif value.startswith("https://"):
        schema = {"type": "string", "pattern": PATTERNS["url"]}
    elif value.startswith("a value as librdkafka"):
        schema = {"type": ["string", "integer", "boolean"]}
    elif value.startswith(("a text", "the path")):
        schema = {"type": "string"}
        if most := re.search(r"at most (\d+) characters", value):
            schema["maxLength"] = int(most[1])
    else:
        sys.exit(f"values_reference.py knows no schema for {value!r}")
    return {**schema, "description": meaning}


def config_schema(reference):
    def section(description):
        return {"type": "object", "description": description, "additionalProperties": False, "properties": {}}

    root = section("worker.yaml: what `autosignin-worker config-reference` prints.")
    for path, default, value, meaning in keys_of(reference):
        node, levels = root, path.split(".")
        for depth, level in enumerate(levels):
            last = depth == len(levels) - 1
            name = level.removesuffix("[]")
            inside = leaf(value, meaning) if last else None
            if level == "*":
                node["additionalProperties"] = inside
                node["description"] = meaning
                node.pop("properties", None)
                break
            child = node["properties"].get(name)
            if child is None:
                child = inside if last and not level.endswith("[]") else section(f"Keys below `{'.'.join(levels[:depth + 1])}`.")
                if level.endswith("[]"):
                    child = {"type": "array", "description": meaning if last else f"Items of `{name}`.",
                             "items": inside if last else section(f"One of `{name}`.")}
                node["properties"][name] = child
            if default == "**required**" and last and depth > 0 and levels[depth - 1].endswith("[]"):
                node.setdefault("required", []).append(name)
            node = child.get("items", child)
    # Of the defaults in values.yaml: without them (a null takes them away) there is nothing to probe.
    root["required"] = ["kafka", "admin"]
    root["properties"]["admin"]["required"] = ["address", "port"]
    return root


def alerts_of(chart=CHART):
    names = []
    for path in sorted((chart / "rules").glob("*.yaml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            names += [rule["alert"] for rule in group["rules"] if "alert" in rule]
    return names


def schema_text(reference):
    schema = json.loads(SCHEMA.read_text())
    schema["properties"]["config"] = config_schema(reference)
    # Where several rules have one name, one change of `for` or `expr` would make them all the same.
    schema["properties"]["prometheusRule"]["properties"]["alerts"]["properties"] = {
        name: {"$ref": "#/definitions/" + ("alert" if count == 1 else "alertOfSeveralRules")}
        for name, count in sorted(collections.Counter(alerts_of()).items())}
    objective = schema["properties"]["slo"]["properties"]["objectives"]["items"]["properties"]
    aliases = schema["properties"]["config"]["properties"]["events"]["properties"]["type_aliases"]
    objective["type"]["enum"] = aliases["additionalProperties"]["enum"]
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def rows(schema, values, path=""):
    for name, child in schema.get("properties", {}).items():
        where = f"{path}{name}"
        value = values.get(name) if isinstance(values, dict) else None
        if where in ("config", "prometheusRule.alerts") or not child.get("properties"):
            shown = "worker.yaml" if where == "config" else f"`{json.dumps(value)}`"
            if len(shown) > 60:
                shown = "see values.yaml"
            yield f"| `{where}` | {shown} | {child['description']} |"
        else:
            yield f"| `{where}` | | {child['description']} |"
            yield from rows(child, value, where + ".")


def alert_rows():
    """One row an alert: severity, how long, in the words of its summary."""
    for path in ("slo.yaml", "symptoms.yaml"):
        for group in yaml.safe_load((CHART / "rules" / path).read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    name, window = rule["alert"], rule["labels"].get("window")
                    yield (f"| [{name}](runbooks/{name}.md){f' ({window})' if window else ''} | {rule['labels']['severity']} | "
                           f"{rule.get('for', 'at once')} | {spoken(rule['annotations']['summary'])} |")


def spoken(summary):
    """A template without its braces: values become what they are of."""
    summary = re.sub(r"\{\{ with .*?\{\{ end \}\}", "", summary).strip()
    summary = re.sub(r"\{\{ \$value.*?\}\}", "*n*", summary)
    return re.sub(r"\{\{ (?:or )?\$labels\.(\w+).*?\}\}", r"*\1*", summary).replace("|", "\\|")


def readme_text():
    values = rows(json.loads(SCHEMA.read_text()), yaml.safe_load((CHART / "values.yaml").read_text()))
    tables = {"values": ["| value | default | meaning |", "|---|---|---|", *values],
              "alerts": ["| alert | severity | for | says |", "|---|---|---|---|", *alert_rows()]}
    text = README.read_text()
    for name, lines in tables.items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda it: it[1] + "\n".join(lines) + "\n" + it[2], text, flags=re.S)
    return text


def objectives_text(helm):
    """The default objectives, for a Prometheus without the operator: what the chart renders, of no release."""
    done = subprocess.run(
        [helm, "template", "release", CHART, "--kube-version", "1.31.0", "-f", CHART / "examples" / "values-production.yaml",
         "--show-only", "templates/prometheusrule.yaml"], capture_output=True, text=True, check=True)
    groups = [it for it in yaml.safe_load(done.stdout)["spec"]["groups"] if it["name"] == "autosignin-objectives"]
    for rule in groups[0]["rules"]:
        for label in ("namespace", "job"):
            del rule["labels"][label]
        if not rule["labels"]:
            del rule["labels"]
    return ("# The default objectives as series; made from helm/values.yaml by tests/helm/run --update.\n" +
            yaml.safe_dump({"groups": groups}, sort_keys=False, width=120))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--worker", required=True, help="autosignin-worker, whose config-reference is asked")
    arguments.add_argument("--helm", required=True)
    arguments.add_argument("--update", action="store_true", help="write instead of complaining")
    given = arguments.parse_args()
    reference = subprocess.run([given.worker, "config-reference"], capture_output=True, text=True, check=True).stdout
    stale = 0
    for path, make in ((SCHEMA, lambda: schema_text(reference)), (README, readme_text),
                       (OBJECTIVES, lambda: objectives_text(given.helm))):
        text = make()
        if not path.exists() or path.read_text() != text:
            stale += 1
            if given.update:
                path.write_text(text)
            print(f"{path.relative_to(ROOT)} {'updated' if given.update else 'is out of date'}")
    return 0 if given.update else stale


if __name__ == "__main__":
    sys.exit(main())
