"""A person at a shell: pastes the lines of a runbook as they are, after those of the runbooks' README that name the installation."""
import os
import pty
import select
import subprocess
import time

from drills.installation import ASSIGNMENTS, README

NAMES = [f"{name}={value}" for name, value in ASSIGNMENTS.items()]


class Shell:
    """One bash for one page, with `path` first on its PATH and a folder of its own."""

    def __init__(self, path, worker):
        self.folder = worker.folder / "shell"
        self.folder.mkdir(exist_ok=True)
        self.environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}", "DRILL": str(worker.drill), "CURL_HOME": str(self.folder)}

    def paste(self, *lines):
        """[(line, exit code, output)]; whoever pastes waits until a forwarded port is there."""
        script = list(NAMES)
        for at, line in enumerate(lines):
            script.append(f"{{ {line}\n}} >out.{at} 2>&1; echo $? >code.{at}")
            if line.endswith("&"):
                script.append("for i in {1..200}; do [ -s .curlrc ] && break; read -rt 0.05 <> <(:) || :; done")
        if any(line.endswith("&") for line in lines):
            script.append("kill %1")
            assert "`kill %1`" in README
        subprocess.run(["bash", "-c", "\n".join(script)], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, timeout=120)

        def text(name, at):
            return (self.folder / f"{name}.{at}").read_text()
        return [(line, int(text("code", at)), text("out", at)) for at, line in enumerate(lines)]

    def answer(self, line, reply="yes\n"):
        """At a terminal, where a question is asked. Exit code and what was to be seen."""
        parent, child = pty.openpty()
        process = subprocess.Popen(["bash", "-c", "\n".join([*NAMES, line])], cwd=self.folder, env=self.environment,
                                   stdin=child, stdout=child, stderr=child, start_new_session=True)
        os.close(child)
        seen, replied, end = b"", False, time.monotonic() + 60
        while time.monotonic() < end:
            if select.select([parent], [], [], 0.2)[0]:
                try:
                    seen += os.read(parent, 65536)
                except OSError:  # nobody has the other end any more
                    break
                if not replied and b"[y/N]" in seen:
                    os.write(parent, reply.encode())
                    replied = True
        os.close(parent)
        return process.wait(30), seen.decode(errors="replace")
