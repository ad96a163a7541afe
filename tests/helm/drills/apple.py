"""An Apple that is broken as a drill wants it: HTTPS on loopback, HTTP/1.1, with a certificate authority of its own."""
import email.utils
import http.server
import json
import re
import ssl
import subprocess
import threading
import time


KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def certify(folder):
    """ca.pem, and server.pem with its key for localhost."""
    folder.mkdir()
    openssl("req", "-x509", *KEY, "-subj", "/CN=drills", "-addext", "basicConstraints=critical,CA:TRUE", "-days", 2,
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    issue(folder, "server", days=2)
    return folder


def issue(folder, name, days):
    """A certificate for localhost of that authority, with its key, in one file."""
    key, request, certificate = (folder / f"{name}.{it}" for it in ("key", "csr", "crt"))
    (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("req", *KEY, "-subj", "/CN=localhost", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", days,
            "-extfile", folder / "extensions", "-out", certificate)
    (folder / f"{name}.pem").write_text(key.read_text() + certificate.read_text())
    return folder / f"{name}.pem"


class Apple:
    """`answer(value)` says what a call about a sign-in token value is answered with: status and headers. Canaries have random values.

    `delay`: seconds until it answers; `behind`: seconds that its clock is behind.
    """

    def __init__(self, authority, answer):
        self.answer, self.behind, self.delay = answer, 0, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or "{}")
                value = body.get("existingAutoSignInTokenValue") or body.get("autoSignInTokenValue") or ""
                time.sleep(outer.delay)
                status, headers = outer.answer(value)
                self.send_response_only(status)
                for name, text in {"Date": email.utils.formatdate(time.time() - outer.behind, usegmt=True),
                                   "Content-Length": "0", **headers}.items():
                    if status != 204 or name != "Content-Length":
                        self.send_header(name, text)
                self.end_headers()

            do_POST = do_DELETE = do_GET = do_PUT

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 128

            def handle_error(self, *_):
                """Whoever hung up has its reasons."""
        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / "server.pem")
        # The handshake belongs to the connection's own thread.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def well(_):
    return 204, {}


def always(status, **headers):
    return lambda value: (status, {name.replace("_", "-"): text for name, text in headers.items()})


def bad(status):
    """What is said of values that begin with "bad"; all others are fine."""
    return lambda value: (status if re.match("bad", value) else 204, {})
