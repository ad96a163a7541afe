"""Is the image what it should be? Reads the archive as a registry would, unpacks it and runs what is inside.

    python3 image.py IMAGE.oci.tar WORKER_SOURCE_DIR
"""
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

archive, source = sys.argv[1], Path(sys.argv[2])
failures = 0


def check(what, good, detail=""):
    global failures
    failures += not good
    print(f"{'ok    ' if good else 'FAILED'}  image: {what}{'' if good else f'  {detail}'}")


def unpacked(tar, root):
    """The configuration and the contents, by the digests that the index leads to."""
    blob = lambda digest: tar.extractfile("blobs/" + digest.replace(":", "/"))
    manifest = json.load(blob(json.load(tar.extractfile("index.json"))["manifests"][0]["digest"]))
    for layer in manifest["layers"]:
        with tarfile.open(fileobj=blob(layer["digest"]), mode="r:*") as contents:
            contents.extractall(root)
    return json.load(blob(manifest["config"]["digest"])), sum(layer["size"] for layer in manifest["layers"])


def bundle(root, folder):
    """What runc needs: read-only, no rights, no network, the image's own user."""
    subprocess.run(["runc", "spec"], cwd=folder, check=True)
    config = json.loads((folder / "config.json").read_text())
    config["root"] = {"path": str(root), "readonly": True}
    config["process"].update(terminal=False, user={"uid": 65532, "gid": 65532}, noNewPrivileges=True,
                             args=["/usr/bin/autosignin-worker", "explain", "-"])
    config["process"]["capabilities"] = {}
    (folder / "config.json").write_text(json.dumps(config))
    return ["runc", "--root", str(folder / "state"), "run", "--bundle", str(folder), f"autosignin-{os.getpid()}"]


def explained(command, event):
    ended = subprocess.run(command, input=event, capture_output=True, timeout=60, check=False)
    return ended.returncode == 0 and b"Nothing was sent." in ended.stdout, (ended.stdout + ended.stderr).decode()


with tempfile.TemporaryDirectory() as scratch, tarfile.open(archive) as tar:
    root, folder = Path(scratch, "root"), Path(scratch, "bundle")
    folder.mkdir()
    config, size = unpacked(tar, root)
    settings = config["config"]
    check("runs as a user that is not root", settings["User"] == "65532:65532", settings.get("User"))
    check("starts the worker", settings["Entrypoint"] == ["/usr/bin/autosignin-worker"], settings.get("Entrypoint"))
    labels = settings.get("Labels", {})
    check("has labels", all(f"org.opencontainers.image.{name}" in labels for name in
                            ("title", "version", "description", "licenses", "revision")), labels)
    check("is of no time", config["created"].startswith("1970-01-01T00:00:00"), config["created"])
    check(f"is small: {size / 2**20:.1f} MiB packed", size < 32 * 2**20)

    files = {"/" + str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file() or path.is_symlink()}
    check("has no shell", not any(name.startswith(("/bin/", "/usr/bin/", "/usr/sbin/")) and
                                  not name.endswith("/autosignin-worker") for name in files), sorted(files))
    check("nothing in it may be written or has a set-user bit",
          not [n for n, p in files.items() if p.lstat().st_mode & 0o6022 and not p.is_symlink()])
    bill = json.loads(files["/usr/share/doc/autosignin-worker/bill-of-materials.cdx.json"].read_text())
    named = {p["value"] for c in bill["components"] for p in c.get("properties", []) if p["name"] == "file"}
    there = {n for n in files if ".so" in n or n.endswith("ca-certificates.crt")}
    check("its bill of materials names every library, with package and version",
          named == there and all(c["version"] and c["purl"] for c in bill["components"]), named ^ there)

    compiled_in = {c["name"] for c in bill["components"] if not any(p["name"] == "file" for p in c["properties"])}
    check("and what is compiled into the program", compiled_in == {"libcli11-dev", "libvalijson-dev", "nlohmann-json3-dev"}, compiled_in)
    system = platform.freedesktop_os_release()
    release = f"distro={system['ID']}-{system['VERSION_ID']}"
    check("of the system that they are from", all(release in c["purl"] for c in bill["components"]))

    event = (source / "schemas/examples/valid/opted-out.json").read_bytes()
    good, said = explained(bundle(root, folder), event) if shutil.which("runc") else (False, "no runc here")
    how = "in runc, read-only and without rights"
    if not good:
        how = "by chroot"
        # In a container runc may not make another; the contents can still prove that they are whole.
        print(f"        runc did not run it here ({said.strip().splitlines()[-1] if said.strip() else ''}), so chroot does")
        good, said = explained(["chroot", "--userspec=65532:65532", str(root),
                                "/usr/bin/autosignin-worker", "explain", "-"], event)
    check(f"the worker in it runs {how}, with what is in it alone", good, said)
sys.exit(1 if failures else 0)
