"""Manifests against schemas, offline: Kubernetes' own by kubernetes-validate, custom resources by their definitions.

    manifests.py FILE [KUBERNETES VERSION]      see tests/helm/validate
"""
import functools
import os
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

# No definition of these can be had offline; what the chart says of them is asserted by hand.
WITHOUT_SCHEMA = {"CiliumNetworkPolicy"}


def strict(schema):
    """A real install drops unknown fields silently; here they are errors, as by `kubectl --validate=strict`."""
    if isinstance(schema, dict):
        if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema.setdefault("additionalProperties", False)
        if schema.get("x-kubernetes-int-or-string"):
            schema.pop("type", None)
        for child in schema.values():
            strict(child)
    elif isinstance(schema, list):
        for child in schema:
            strict(child)
    return schema


@functools.cache
def definitions():
    found = {}
    for path in (pathlib.Path(os.environ["HELM_TOOLS"]) / "crds").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = strict(schema)
    return found


def check(manifest, kube):
    if manifest["kind"] in WITHOUT_SCHEMA:
        return
    custom = definitions().get((manifest["apiVersion"], manifest["kind"]))
    if custom:
        jsonschema.Draft7Validator(custom).validate(manifest)
    else:
        kubernetes_validate.validate(manifest, kube, strict=True)


def main(file, kube="1.31"):
    manifests = [it for it in yaml.safe_load_all(pathlib.Path(file).read_text()) if it]
    problems, unknown = [], []
    for manifest in manifests:
        what = f"{manifest['kind']} {manifest['metadata']['name']}"
        if manifest["kind"] in WITHOUT_SCHEMA:
            unknown.append(what)
        try:
            check(manifest, kube)
        except kubernetes_validate.SchemaNotFoundError:  # of an operator that only this installation has
            unknown.append(what)
        except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
            problems.append(f"{file}: {what}: {'.'.join(str(level) for level in error.path)}: {error.message}")
    for line in problems + [f"{file}: {what}: not checked, there is no schema of it here" for what in unknown]:
        print(line)
    print(f"{len(manifests)} manifests for Kubernetes {kube}, {len(problems)} wrong, {len(unknown)} not checked")
    return 1 if problems or not manifests else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
