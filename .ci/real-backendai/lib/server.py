"""What up, down and session share: places, ports, processes, a signed HTTP client.

The ports lie above the engine's (10022 to 32767) and above those that the system gives
away (to 60999), so neither takes the other's.
"""

import hashlib
import hmac
import http.client
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

RELEASE = os.environ.get("REAL_BACKENDAI_RELEASE", "23.9.10")
PYTHON_NEEDED = "3.11"

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("REAL_BACKENDAI_HOME") or Path(
    os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "baissh-test/real-backendai")
RUN = Path(os.environ.get("REAL_BACKENDAI_RUN", "/var/tmp/baissh-real-backendai"))  # postgres must reach it
BASE = int(os.environ.get("REAL_BACKENDAI_PORT_BASE", "62000"))
VENV = CACHE / f"venv-{RELEASE}"
TEMPLATE = CACHE / f"state-{RELEASE}"
OVERLAY = os.environ.get("REAL_BACKENDAI_OVERLAY", "")  # a source tree put before the installed packages

PORTS = {
    "postgres": BASE + 1,
    "redis": BASE + 2,
    "etcd": BASE + 3,
    "etcd-peer": BASE + 4,
    "agent": BASE + 10,
    "agent-watcher": BASE + 11,
    "monitor": BASE + 20,  # BASE+20 .. BASE+39: debug consoles of manager and agent
    "manager": BASE + 81,
    "web": BASE + 90,
    "sessions": (BASE + 100, BASE + 900),
}
REGISTRY = "registry.test"
IMAGE = f"{REGISTRY}/stable/python:3.11-debian12"
ARCH = os.uname().machine
DB_PASSWORD = "local-test-only"

# name, e-mail, password, access key, secret key, role, rate limit, "own ssh key"
USERS = [
    ("root", "root@example.com", "root-Passw0rd", "AKIATESTROOT00000001",
     "root-secret-key-0000000000000000000000ab", "superadmin", 30000, True),
    ("carol", "carol@example.com", "carol-Passw0rd", "AKIATESTCAROL0000001",
     "carol-secret-key-000000000000000000000ab", "admin", 30000, True),
    ("alice", "alice@example.com", "alice-Passw0rd", "AKIATESTALICE0000001",
     "alice-secret-key-000000000000000000000ab", "user", 30000, True),
    ("bob", "bob@example.com", "bob-Passw0rd", "AKIATESTBOB000000001",
     "bob-secret-key-00000000000000000000000ab", "user", 30000, False),
    ("dave", "dave@example.com", "dave-Passw0rd", "AKIATESTDAVE00000001",
     "dave-secret-key-0000000000000000000000ab", "user", 30, True),
    ("erin", "erin@example.com", "erin-Passw0rd", "AKIATESTERIN00000001",
     "erin-secret-key-0000000000000000000000ab", "user", 30000, True),
]
IDLE = {"erin": 30}  # seconds after which a user's unused sessions are ended; of others: never
SECOND_KEY = ("AKIATESTALICE0000002", "alice-second-key-000000000000000000000ab")


def log(*words):
    print(*words, file=sys.stderr, flush=True)


def uuid_of(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def release():
    """What the manager calls itself, as "23.09.10"."""
    packages = OVERLAY or next(VENV.glob("lib/python*/site-packages"))
    return (Path(packages) / "ai/backend/manager/VERSION").read_text().strip()


def info():
    """What `up` prints."""
    return {
        "manager": f"http://127.0.0.1:{PORTS['manager']}",
        "webserver": f"http://127.0.0.1:{PORTS['web']}",
        "release": release(),
        "overlay": OVERLAY or None,
        "image": IMAGE,
        "architecture": ARCH,
        "domain": "default",
        "group": "default",
        "scaling_group": "default",
        "users": {
            u[0]: {"email": u[1], "password": u[2], "access_key": u[3], "secret_key": u[4],
                   "role": u[5], "rate_limit": u[6], "keypair_has_ssh_key": u[7],
                   "idle_timeout": IDLE.get(u[0])}
            for u in USERS
        },
        "second_keypair_of_alice": {"access_key": SECOND_KEY[0], "secret_key": SECOND_KEY[1]},
        "run_dir": str(RUN),
    }


# ---- processes -------------------------------------------------------------------------------

def _pidfile(name):
    return RUN / "pids" / name


def _start_time(pid):
    """Kernel start time of a process, so that a reused pid is never taken for ours."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rsplit(")", 1)[1].split()
    return None if fields[0] == "Z" else fields[19]


def running(name):
    try:
        pid, started = _pidfile(name).read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if _start_time(int(pid)) == started else None


def start(name, argv, *, user=None, env=None, cwd=None):
    if running(name):
        return
    if port_taken(PORTS[name]):
        raise SystemExit(f"port {PORTS[name]} is taken by someone else; see REAL_BACKENDAI_PORT_BASE")
    logs = RUN / "logs"
    out = open(logs / f"{name}.log", "ab")
    process = subprocess.Popen(
        [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd or RUN,
        env={**os.environ, **(env or {})}, user=user, group=user and pwd.getpwnam(user).pw_gid,
        extra_groups=[] if user else None, start_new_session=True,
    )
    _pidfile(name).write_text(f"{process.pid} {_start_time(process.pid)}")


def stop(name, sig=signal.SIGTERM, patience=15.0):
    pid = running(name)
    if pid:
        os.kill(pid, sig)
        end = time.monotonic() + patience
        while running(name) and time.monotonic() < end:
            time.sleep(0.05)
        if running(name):
            log(f"{name} did not stop; killing it")
            os.killpg(pid, signal.SIGKILL)  # with its workers, which outlive it otherwise
            time.sleep(0.3)
    _pidfile(name).unlink(missing_ok=True)


def kill_containers():
    """End what an agent that died left behind."""
    for path in (RUN / "scratch").glob("*/container.pid"):
        try:
            pid, started = path.read_text().split()
            if _start_time(int(pid)) == started:
                os.kill(int(pid), signal.SIGKILL)
        except (OSError, ValueError):
            pass


def wait_until(what, test, limit=90.0, watch=None):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            if test():
                return
        except (OSError, http.client.HTTPException, ValueError, subprocess.SubprocessError):
            pass
        if watch and not running(watch):
            raise SystemExit(f"{watch} ended while starting; see {RUN}/logs/{watch}.log")
        time.sleep(0.1)
    raise SystemExit(f"{what} was not ready within {limit:.0f} s; see {RUN}/logs")


def can_connect(port, host="127.0.0.1"):
    with socket.create_connection((host, port), timeout=1):
        return True


def port_taken(port):
    try:
        return can_connect(port)
    except OSError:
        return False


# ---- signed client ---------------------------------------------------------------------------

def sign(method, target, host, content_type, access_key, secret_key, *, when=None,
         version="v6.20220615"):
    when = when or datetime.now(timezone.utc)
    date = when if isinstance(when, str) else when.isoformat(timespec="microseconds")
    day = (datetime.fromisoformat(date) if isinstance(when, str) else when).strftime("%Y%m%d")
    text = "\n".join([
        method, target, date, f"host:{host}", f"content-type:{content_type}",
        f"x-backendai-version:{version}", hashlib.sha256(b"").hexdigest(),
    ])
    key = hmac.new(secret_key.encode(), day.encode(), "sha256").digest()
    key = hmac.new(key, host.encode(), "sha256").digest()
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    return {
        "Authorization": f"BackendAI signMethod=HMAC-SHA256, credential={access_key}:{signature}",
        "Date": date,
        "X-BackendAI-Version": version,
    }


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers.get('Content-Type')} {self.text[:300]}"


def call(method, target, *, user="alice", body=None, raw=None, content_type=None, headers=None,
         port=None, timeout=60, **signing):
    """One request. user=None sends it unsigned."""
    port = port or PORTS["manager"]
    host = f"127.0.0.1:{port}"
    if body is not None:
        raw, content_type = json.dumps(body).encode(), content_type or "application/json"
    sent = dict(headers or {})
    if user:
        keys = {u[0]: (u[3], u[4]) for u in USERS} | {"alice2": SECOND_KEY}
        sent = {**sign(method, target, host, content_type or "application/octet-stream",
                       *keys[user], **signing), **sent}
    if content_type:
        sent["Content-Type"] = content_type
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, target, body=raw, headers=sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()
