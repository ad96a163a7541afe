"""Is every subcommand and option that --help shows in the man page and in each shell's completions?

    python3 documented.py PROGRAM PREFIX
"""
import gzip
import re
import shutil
import subprocess
import sys
from pathlib import Path

program, share = sys.argv[1], Path(sys.argv[2], "share")
name = "autosignin-worker"
man = gzip.decompress((share / f"man/man1/{name}.1.gz").read_bytes()).decode().replace("\\-", "-")
scripts = {"bash": share / f"bash-completion/completions/{name}", "zsh": share / f"zsh/vendor-completions/_{name}",
           "fish": share / f"fish/vendor_completions.d/{name}.fish"}
failures = 0


def check(what, problems):
    global failures
    failures += len(problems)
    print(f"{'FAILED' if problems else 'ok    '}  {what}")
    for problem in problems:
        print(f"        {problem}")


def shown(path):
    """The options and subcommands in the help of one command, asked in the order of its words."""
    help_text = subprocess.run([program, *path, "--help"], check=True, capture_output=True, text=True).stdout
    options = re.findall(r"^  (-\S+)", help_text, re.MULTILINE)
    inner = re.search(r"^Subcommands:\n((?:  .*\n)*)", help_text, re.MULTILINE)
    names = re.findall(r"^  (\S+)", inner[1], re.MULTILINE) if inner else []
    return [o for group in options for o in group.split(",")], names


def everything(path=()):
    options, names = shown(path)
    yield path, options, names
    for inner in names:
        yield from everything((*path, inner))


table = list(everything())
section = {" ".join(p): man.split(f".SS \\fB{' '.join(p)}\\fR", 1)[-1].split(".SS", 1)[0] if p else man for p, _, _ in table}
check(f"man page: {len(table) - 1} subcommands and their options", [
    f"{' '.join(path)} {option}" for path, options, _ in table for option in options
    if f"\\fB{option}\\fR" not in section[" ".join(path)]] + [
    f"{' '.join(path)}" for path, _, _ in table if path and f".SS \\fB{' '.join(path)}\\fR" not in man])


# Each shell is asked as a person would: words, then tab.
def in_bash(words):
    script = (f"source {scripts['bash']}; COMP_WORDS=({' '.join([name, *words])} ''); "
              "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _autosignin_worker; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout.split("\n")


def in_fish(words):
    ask = lambda last: subprocess.run(
        ["fish", "--no-config", "-c", f"source {scripts['fish']}; complete -C '{' '.join([name, *words, last])}'"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return [line.split("\t")[0] for line in ask("") + ask("-")]


for shell, ask in (("bash", in_bash), ("fish", in_fish)):
    if shutil.which(shell):
        check(f"{shell} completes all of them", [
            f"{' '.join(path)} {missing}" for path, options, names in table
            for missing in {*options, *names} - set(ask(path))])
zsh = scripts["zsh"].read_text()
functions = {m[1]: m[2] for m in re.finditer(r"^(_\S+)\(\) \{\n(.*?)^\}", zsh, re.MULTILINE | re.DOTALL)}
check("zsh has all of them", [
    f"{' '.join(path)} {word}" for path, options, names in table for word in [*options, *names]
    if not re.search(rf"['*]{re.escape(word)}['\[:]", functions.get("_".join([f"_{name}", *path]), ""))])
if shutil.which("zsh"):
    parsed = subprocess.run(["zsh", "-n", str(scripts["zsh"])], capture_output=True, text=True, check=False)
    check("zsh can read it", parsed.stderr.splitlines())
sys.exit(1 if failures else 0)
