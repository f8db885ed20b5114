"""Start the real agent with a backend of our own instead of docker.

The agent of the release is used unchanged (RPC server, life cycle, events, heartbeats). This file
adds the missing backend `dummy` (its name is known to the release, its code is not packaged): a
"container" is a process in its own mount and pid namespace, see container.py.

Switches per session, given as environment variables of the session:
  RB_SSHD  shipped (default) | debian | openssh | none (no such app) | dead (port refuses)
  RB_KEY   default | mounted (as if a folder named .ssh were mounted: no key is written;
           RB_AUTHORIZED then is the text of its authorized_keys)
  RB_RESTART_PORTS  same (default) | new (a restart moves the host ports, as docker may do)
"""

import asyncio
import hashlib
import io
import json
import os
import pickle
import secrets
import shutil
import signal
import socket
import stat
import sys
import tarfile
import types
from decimal import Decimal
from pathlib import Path, PurePosixPath

from ai.backend.agent.agent import ACTIVE_STATUS_SET, AbstractAgent, AbstractKernelCreationContext
from ai.backend.agent.alloc_map import (
    AllocationStrategy,
    DeviceSlotInfo,
    DiscretePropertyAllocMap,
)
from ai.backend.agent.exception import UnsupportedResource
from ai.backend.agent.kernel import AbstractKernel
from ai.backend.agent.resources import (
    AbstractComputeDevice,
    AbstractComputePlugin,
    KernelResourceSpec,
    Mount,
    known_slot_types,
)
from ai.backend.agent.types import LifecycleEvent
from ai.backend.common.types import (
    CommitStatus,
    DeviceId,
    DeviceName,
    MountTypes,
    ResourceSlot,
    ServicePortProtocols,
    SlotName,
    SlotTypes,
    current_resource_slots,
)

try:
    from ai.backend.common.events import KernelLifecycleEventReason
except ImportError:
    from ai.backend.agent.types import KernelLifecycleEventReason

RUN = Path(os.environ["REAL_BACKENDAI_RUN"])
KERNEL_DIR = RUN / "kernel"
SCRATCH = RUN / "scratch"
HOME = PurePosixPath("/home/work")
UID = GID = 1000
CORES, MEMORY = 64, 256 << 30  # pretended, so that many small sessions fit


def scratch_of(kernel_id):
    return SCRATCH / str(kernel_id)


# ---- resources -------------------------------------------------------------------------------

class FixedPlugin(AbstractComputePlugin):
    """A made-up amount of one intrinsic resource."""

    config_watch_enabled = False
    kind = amount = None

    async def init(self, context=None):
        pass

    async def cleanup(self):
        pass

    async def update_plugin_config(self, new_plugin_config):
        pass

    def get_metadata(self):
        return {
            "slot_name": str(self.key), "description": str(self.key),
            "human_readable_name": str(self.key).upper(), "display_unit": "",
            "number_format": {"binary": self.kind == SlotTypes.BYTES, "round_length": 0},
            "display_icon": "cpu",
        }

    async def available_slots(self):
        return {SlotName(str(self.key)): Decimal(self.amount)}

    def get_version(self):
        return "0"

    async def extra_info(self):
        return {}

    async def gather_node_measures(self, ctx):
        return []

    async def gather_container_measures(self, ctx, container_ids):
        return []

    async def gather_process_measures(self, ctx, pid_map):
        return []

    async def create_alloc_map(self):
        per_device = self.amount // len(await self.list_devices())
        return DiscretePropertyAllocMap(
            allocation_strategy=AllocationStrategy.FILL,
            device_slots={
                device.device_id: DeviceSlotInfo(
                    self.kind, SlotName(str(self.key)), Decimal(per_device))
                for device in await self.list_devices()
            },
        )

    async def get_hooks(self, distro, arch):
        return []

    async def generate_docker_args(self, docker, device_alloc):
        return {}

    async def restore_from_container(self, container, alloc_map):
        pass

    async def get_attached_devices(self, device_alloc):
        return []

    async def get_docker_networks(self, device_alloc):
        return []

    async def generate_mounts(self, source_path, device_alloc):
        return []


class Cpu(FixedPlugin):
    key, kind, amount = DeviceName("cpu"), SlotTypes.COUNT, CORES
    slot_types = [(SlotName("cpu"), SlotTypes.COUNT)]

    async def list_devices(self):
        return [AbstractComputeDevice(DeviceId(str(n)), "root", 0, 1, 0, self.key)
                for n in range(CORES)]


class Mem(FixedPlugin):
    key, kind, amount = DeviceName("mem"), SlotTypes.BYTES, MEMORY
    slot_types = [(SlotName("mem"), SlotTypes.BYTES)]

    async def list_devices(self):
        return [AbstractComputeDevice(DeviceId("root"), "root", MEMORY, 0, 0, self.key)]


# ---- kernels ---------------------------------------------------------------------------------

class SandboxKernel(AbstractKernel):
    async def init(self, event_producer):
        self.runner = None  # there is no kernel runner to talk to

    async def close(self):
        pass

    async def create_code_runner(self, event_producer, *, client_features, api_version):
        raise NotImplementedError

    async def check_status(self):
        return {}

    async def get_completions(self, text, opts):
        return {"status": "finished", "completions": []}

    async def get_logs(self):
        path = scratch_of(self.kernel_id) / "config/sshd.log"
        return {"logs": path.read_text(errors="replace") if path.exists() else ""}

    async def interrupt_kernel(self):
        pass

    async def start_service(self, service, opts):
        if self.data.get("block_service_ports"):
            return {"status": "failed", "error": "operation blocked"}
        if service not in [port["name"] for port in self.service_ports]:
            return {"status": "failed", "error": "invalid service name"}
        return {"status": "running" if service in ("sshd", "ttyd") else "started"}

    async def start_model_service(self, model_service):
        return {"status": "failed", "error": "not available here"}

    async def shutdown_service(self, service):
        if service == "sshd":
            tell(self.kernel_id, "sshd stop")

    async def check_duplicate_commit(self, kernel_id, subdir):
        return CommitStatus.READY

    async def commit(self, kernel_id, subdir, filename):
        raise NotImplementedError

    async def get_service_apps(self):
        return {"status": "done", "data": []}

    def _inside(self, path):
        """The file behind a path of the container, which must stay below its home."""
        work = (scratch_of(self.kernel_id) / "work").resolve()
        wanted = HOME / path
        try:
            real = (work / wanted.relative_to(HOME)).resolve()
            real.relative_to(work)
        except ValueError:
            raise PermissionError(f"You cannot reach files outside {HOME}") from None
        return real

    async def accept_file(self, filename, filedata):
        target = self._inside(filename)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(filedata)
        os.chown(target, UID, GID)

    def _read(self, path):
        file = self._inside(path)
        if not file.exists():
            raise FileNotFoundError(f"Could not found the file: {HOME / path}")
        if file.stat().st_size > (1 << 20):
            raise ValueError("too large file")
        return file

    async def download_file(self, filepath):
        file = self._read(filepath)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.add(file, arcname=file.name)
        return out.getvalue()

    async def download_single(self, filepath):
        return self._read(filepath).read_bytes()

    async def list_files(self, path):
        found = []
        try:
            for entry in sorted(os.scandir(self._inside(path)), key=lambda e: e.name):
                s = entry.stat(follow_symlinks=False)
                found.append({"mode": stat.filemode(s.st_mode), "size": s.st_size,
                              "ctime": s.st_ctime, "mtime": s.st_mtime, "atime": s.st_atime,
                              "filename": entry.name})
        except OSError as e:
            return {"files": "", "errors": str(e), "abspath": str(path)}
        return {"files": json.dumps(found) + "\n", "errors": "", "abspath": str(path)}

    async def notify_event(self, evdata):
        pass

    async def ping(self):
        return None


def tell(kernel_id, line):
    fd = os.open(scratch_of(kernel_id) / "config/control", os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(fd, line.encode() + b"\n")
    finally:
        os.close(fd)


class SandboxContext(AbstractKernelCreationContext):
    agent = None  # set by the agent

    @property
    def scratch(self):
        return scratch_of(self.kernel_id)

    async def get_extra_envs(self):
        return {}

    async def prepare_resource_spec(self):
        kept = self.scratch / "config/resource-spec.dat"
        opts = self.kernel_config.get("resource_opts", {})
        if self.restarting:
            return pickle.loads(kept.read_bytes()), opts
        slots = ResourceSlot.from_json(self.kernel_config["resource_slots"])
        for name, value in slots.items():
            if name not in known_slot_types and value != 0:
                raise UnsupportedResource(name)
        current_resource_slots.set(known_slot_types)
        slots = slots.normalize_slots(ignore_unknown=True)
        return KernelResourceSpec(container_id="", allocations={}, slots={**slots}, mounts=[],
                                  scratch_disk_size=0), opts

    async def prepare_scratch(self):
        for name in ("work", "config"):
            (self.scratch / name).mkdir(parents=True, exist_ok=True)
        os.chown(self.scratch / "work", UID, GID)
        (self.scratch / "work").chmod(0o755)

    async def get_intrinsic_mounts(self):
        return []

    async def apply_network(self, cluster_info):
        self.cluster_info = cluster_info

    async def prepare_ssh(self, cluster_info):
        pair = cluster_info["ssh_keypair"]
        if pair:
            folder = self.scratch / "config/ssh"
            folder.mkdir(parents=True, exist_ok=True)
            for name, text, mode in (("id_cluster", pair["private_key"], 0o600),
                                     ("id_cluster.pub", pair["public_key"], 0o644)):
                (folder / name).write_text(text)
                (folder / name).chmod(mode)
                os.chown(folder / name, UID, GID)

    async def process_mounts(self, mounts):
        pass

    async def apply_accelerator_allocation(self, computer, device_alloc):
        pass

    async def generate_accelerator_mounts(self, computer, device_alloc):
        return []

    def resolve_krunner_filepath(self, filename):
        return Path()

    def get_runner_mount(self, type, src, target, perm="ro", opts=None):
        return Mount(MountTypes.BIND, Path(), Path())

    async def mount_krunner(self, resource_spec, environ):
        pass

    def write_user_key(self):
        """The key of the owner's keypair, at the places and with the modes docker agents use."""
        work = self.scratch / "work"
        pair = self.internal_data.get("ssh_keypair")
        ssh = work / ".ssh"
        if self.environ.get("RB_KEY") == "mounted":
            ssh.mkdir(mode=0o700, exist_ok=True)
            if not (ssh / "authorized_keys").exists():
                (ssh / "authorized_keys").write_text(self.environ.get("RB_AUTHORIZED", "") + "\n")
            files = ["authorized_keys"]
        elif pair:
            ssh.mkdir(mode=0o700, exist_ok=True)
            (ssh / "authorized_keys").write_text(pair["public_key"])
            if not (ssh / "id_rsa").is_file():
                (ssh / "id_rsa").write_text(pair["private_key"])
            (work / "id_container").write_text(pair["private_key"])
            (work / "id_container").chmod(0o600)
            os.chown(work / "id_container", UID, GID)
            files = ["authorized_keys", "id_rsa"]
        else:
            return  # the container makes a pair itself
        os.chown(ssh, UID, GID)
        for name in files:
            (ssh / name).chmod(0o600)
            os.chown(ssh / name, UID, GID)

    async def spawn(self, resource_spec, environ, service_ports):
        self.environ = {k: str(v) for k, v in environ.items()}
        if self.environ.get("RB_SSHD") == "none":
            service_ports[:] = [p for p in service_ports if p["name"] != "sshd"]
        (self.scratch / "config/resource-spec.dat").write_bytes(pickle.dumps(resource_spec))
        self.write_user_key()
        return SandboxKernel(
            self.kernel_id, self.session_id, self.agent_id, self.image_ref, self.kspec_version,
            agent_config=self.local_config, service_ports=service_ports,
            resource_spec=resource_spec, environ=environ, data={},
        )

    async def take_port(self, wanted, avoid):
        """A free host port; or exactly the wanted one, as soon as its last owner is gone."""
        for _ in range(100):
            for port in [wanted] if wanted else sorted(self.agent.port_pool.difference(avoid)):
                with socket.socket() as s:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        s.bind(("127.0.0.1", port))
                    except OSError:
                        continue
                self.agent.port_pool.discard(port)
                return port
            await asyncio.sleep(0.05)
        raise RuntimeError("no host port is free")

    async def start_container(self, kernel_obj, cmdargs, resource_opts, preopen_ports):
        used, services, sshd_port = [], [], None
        kept = self.scratch / "config/ports.json"
        before, avoid = json.loads(kept.read_text()) if self.restarting else {}, ()
        if self.environ.get("RB_RESTART_PORTS") == "new":
            before, avoid = {}, set(before.values())
        for sport in kernel_obj.service_ports:
            ports = tuple([await self.take_port(before.get(f"{sport['name']}:{p}"), avoid)
                           for p in sport["container_ports"]])
            before |= {f"{sport['name']}:{c}": h for c, h in zip(sport["container_ports"], ports)}
            sport["host_ports"] = ports
            used += ports
            if sport["name"] == "sshd":
                sshd_port = ports[0]
            elif sport["protocol"] in (ServicePortProtocols.HTTP, ServicePortProtocols.TCP):
                services += [{"name": sport["name"], "port": p,
                              "protocol": sport["protocol"].value} for p in ports]

        kept.write_text(json.dumps(before))
        listen, hosts = [("127.0.0.1", sshd_port)] if sshd_port else [], {}
        if self.cluster_info["size"] > 1:  # every container gets an own loopback address
            third = self.agent.cluster_number(self.session_id)
            names = [f"{role}{n + 1}" for role, count in self.cluster_info["replicas"].items()
                     for n in range(count)]
            hosts = {name: f"127.23.{third}.{n + 1}" for n, name in enumerate(names)}
            mine = hosts.get(self.kernel_config["cluster_hostname"])
            if mine and listen:
                listen.append((mine, 2200))
        sshd = self.environ.get("RB_SSHD", "shipped")
        (self.scratch / "config/ready").unlink(missing_ok=True)
        password = self.scratch / "work/.password"
        if not password.exists():
            password.write_text(secrets.token_hex(8) + "\n")
        config = self.scratch / "container.json"
        config.write_text(json.dumps({
            "scratch": str(self.scratch), "kernel_dir": str(KERNEL_DIR), "uid": UID, "gid": GID,
            "sshd": sshd, "sshd_listen": listen, "services": services, "hosts": hosts,
            "password": password.read_text().strip(), "environ": self.environ,
        }))
        out = open(self.scratch / "container.log", "ab")
        process = await asyncio.create_subprocess_exec(
            "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--",
            sys.executable, "-I", str(Path(__file__).with_name("container.py")), str(config),
            stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )
        started = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
        (self.scratch / "container.pid").write_text(f"{process.pid} {started}")
        for _ in range(400):
            if (self.scratch / "config/ready").exists():
                break
            if process.returncode is not None:
                raise RuntimeError(f"container ended: see {self.scratch}/container.log")
            await asyncio.sleep(0.05)
        container_id = hashlib.sha256(os.urandom(16)).hexdigest()
        self.agent.watch(self.kernel_id, self.session_id, container_id, process)
        return {
            "container_id": container_id,
            "kernel_host": "127.0.0.1",
            "repl_in_port": 0, "repl_out_port": 0, "stdin_port": 0, "stdout_port": 0,
            "host_ports": used,
            "domain_socket_proxies": [],
            "block_service_ports": self.internal_data.get("block_service_ports", False),
        }


# ---- agent -----------------------------------------------------------------------------------

class SandboxAgent(AbstractAgent):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.processes = {}
        self.watchers = {}
        self.clusters = {}

    def cluster_number(self, session_id):
        if session_id not in self.clusters:
            self.clusters[session_id] = len(self.clusters) % 250 + 1
        return self.clusters[session_id]

    def watch(self, kernel_id, session_id, container_id, process):
        """Report a container that ends by itself, as the docker event stream would."""
        async def wait():
            code = await process.wait()
            if self.processes.get(kernel_id) is process:
                await self.inject_container_lifecycle_event(
                    kernel_id, session_id, LifecycleEvent.CLEAN,
                    KernelLifecycleEventReason.SELF_TERMINATED,
                    container_id=container_id, exit_code=code)

        self.processes[kernel_id] = process
        self.watchers[kernel_id] = asyncio.create_task(wait())

    async def load_resources(self):
        return {plugin.key: plugin({}, self.local_config) for plugin in (Cpu, Mem)}

    async def scan_available_resources(self):
        slots = {}
        for context in self.computers.values():
            known_slot_types.update(dict(context.instance.slot_types))
            slots.update(await context.instance.available_slots())
        return slots

    async def sync_container_lifecycles(self, interval):
        await self.set_container_count(len(self.processes))

    async def enumerate_containers(self, status_filter=ACTIVE_STATUS_SET):
        return []

    async def scan_images(self):
        return {}

    async def pull_image(self, image_ref, registry_conf):
        pass

    async def check_image(self, image_ref, image_id, auto_pull):
        return False

    def get_public_service_ports(self, service_ports):
        return [p for p in service_ports if p["protocol"] != ServicePortProtocols.INTERNAL]

    async def init_kernel_context(self, kernel_id, session_id, kernel_config, *,
                                  restarting=False, cluster_ssh_port_mapping=None):
        context = SandboxContext(kernel_id, session_id, self.id, self.event_producer,
                                 kernel_config, self.local_config, self.computers,
                                 restarting=restarting)
        context.agent = self
        return context

    async def execute(self, *args, **kwargs):
        return {"status": "not-implemented"}

    async def execute_batch(self, session_id, kernel_id, startup_command):
        pass

    async def destroy_kernel(self, kernel_id, container_id):
        process = self.processes.pop(kernel_id, None)
        if process and process.returncode is None:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(process.pid, signal.SIGKILL)  # takes the whole namespace with it
            await process.wait()
            for _ in range(100):
                if not any(Path(f"/proc/{child}").exists() for child in children):
                    break
                await asyncio.sleep(0.02)

    async def clean_kernel(self, kernel_id, container_id, restarting):
        await self.destroy_kernel(kernel_id, container_id)
        self.watchers.pop(kernel_id, None)
        if not restarting:
            shutil.rmtree(scratch_of(kernel_id), ignore_errors=True)

    async def create_local_network(self, network_name):
        pass

    async def destroy_local_network(self, network_name):
        pass

    async def restart_kernel__load_config(self, kernel_id, name):
        return (scratch_of(kernel_id) / "config" / name).read_bytes()

    async def restart_kernel__store_config(self, kernel_id, name, data):
        (scratch_of(kernel_id) / "config" / name).write_bytes(data)


def install_backend():
    package = types.ModuleType("ai.backend.agent.dummy")
    package.get_agent_cls = lambda: SandboxAgent
    package.__path__ = []
    kernel = types.ModuleType("ai.backend.agent.dummy.kernel")

    async def prepare_krunner_env(local_config):
        return {}

    kernel.prepare_krunner_env = prepare_krunner_env
    package.kernel = kernel
    sys.modules[package.__name__] = package
    sys.modules[kernel.__name__] = kernel


if __name__ == "__main__":
    install_backend()
    # kernel objects are pickled by module name, which must not be __main__
    sys.modules["agent"] = sys.modules["__main__"]
    SandboxKernel.__module__ = "agent"
    from ai.backend.agent.server import main

    sys.exit(main())
