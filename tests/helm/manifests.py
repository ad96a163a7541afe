"""Manifests against schemas, offline: Kubernetes' own by kubernetes-validate, custom resources by their definitions."""
import functools

import jsonschema
import kubernetes_validate
import yaml

from chart import TOOLS

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
    for path in (TOOLS / "crds").glob("*.yaml"):
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
