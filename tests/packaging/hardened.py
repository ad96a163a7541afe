"""Is the built program as hard as the compiler can make it, and does it keep its memory to itself?

    python3 hardened.py PROGRAM
"""
import os
import platform
import re
import signal
import subprocess
import sys

program = sys.argv[1]
failures = 0


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(what, good):
    global failures
    failures += not good
    print(f"{'ok    ' if good else 'FAILED'}  program: {what}")


headers = output("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", "--notes", program)
symbols = output("nm", "--dynamic", program)
code = output("objdump", "--disassemble", "--no-show-raw-insn", program)
check("position independent", "DYN (Position-Independent Executable file)" in headers)
check("relocations read-only once it runs (full RELRO)",
      "GNU_RELRO" in headers and "BIND_NOW" in headers and re.search(r"FLAGS_1.*NOW", headers) is not None)
stack = re.search(r"GNU_STACK(?:\s+0x\w+){5}\s+(\S+)", headers)
check("stack not executable", stack is not None and "E" not in stack[1])
check("nothing both writable and executable", re.search(r"LOAD.*\bRWE\b", headers) is None)
check("code pages hold no data (separate-code)", re.search(r"LOAD(?:\s+0x\w+){5}\s+R\s+0x", headers) is not None)
check("no library from where anybody could put one (RPATH)", "RPATH" not in headers and "RUNPATH" not in headers)
check("no relocations in its code (TEXTREL)", "TEXTREL" not in headers)
check("stack protector", "__stack_chk_fail" in symbols)
check("checked copies (FORTIFY)", re.search(r"\b__(?:mem|str|v?sn?printf|read|recv|fd_elt)\w*_chk\b", symbols) is not None)
check("assertions of the standard library", "__glibcxx_assert_fail" in symbols)
if platform.machine() == "x86_64":
    # Debian 12's start files are not marked for CET, so the linker cannot mark the program; its own code is ready.
    landings, functions = code.count("endbr64"), len(re.findall(r"^[0-9a-f]+ <", code, re.MULTILINE))
    check(f"indirect branches land on endbr64 (CET): {landings} in {functions} functions", landings * 2 > functions)
    # A frame larger than a page touches each of its pages.
    check("stack clash protection", re.search(r"sub\s+\$0x1000,%rsp\s*\n[^\n]*or[ql]\s+\$0x0,", code) is not None)

# Waiting on its standard input, as somebody who is not root, whose processes' /proc is theirs unless they hide.
other = (lambda: (os.setgroups([]), os.setgid(65534), os.setuid(65534))) if os.getuid() == 0 else None
child = subprocess.Popen([program, "explain", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=other)
try:
    # Its start is over once it sleeps: that is in reading the pipe.
    while child.poll() is None and open(f"/proc/{child.pid}/stat").read().rsplit(")", 1)[1].split()[0] != "S":
        pass
    limits = open(f"/proc/{child.pid}/limits").read()
    check("core dumps off", re.search(r"Max core file size\s+0\s+0\s", limits) is not None)
    check("not dumpable: no other program of its user may read its memory", os.stat(f"/proc/{child.pid}/environ").st_uid == 0)
    child.send_signal(signal.SIGSEGV)
    _, status = os.waitpid(child.pid, 0)
    check("killed by a fault, it leaves no core", os.WIFSIGNALED(status) and not os.WCOREDUMP(status))
finally:
    child.kill()
sys.exit(1 if failures else 0)
