"""What all worlds of a run share: the programs, images, a store to begin with, a registry."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import operations as rows
from world import World

IMAGES = ("app", "old", "pm")


class Kit:
    def __init__(self, build, base):
        self.build, self.base = os.path.abspath(build), base
        self.source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.inject = f"{self.build}/tests/programs/inject"
        self.layouts = f"{base}/layouts"
        self.registry = self.registry_process = None
        self.references, self.known_layers = {}, set()
        for name, layers in rows.LAYOUTS.items():
            subprocess.run([sys.executable, f"{self.source}/tests/images/mkimage.py", f"{self.layouts}/{name}"],
                           input=f"{{'layers': {layers}}}", text=True, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-cf", f"{self.layouts}/new.tar", "-C", f"{self.layouts}/new", "."], check=True)
        self.start_registry()
        self.make_template()
        self.operations = rows.operations(self)

    def turn(self, world):
        """A word that no other world uses, for shared things."""
        return os.path.basename(os.path.dirname(world.path)).encode().hex()

    def start_registry(self):
        """Debian's docker-registry on a free loopback port."""
        if not shutil.which("docker-registry"):
            return
        for _ in range(5):
            # none of those of other tests (images.bash), nor those that the kernel gives to clients
            port = random.SystemRandom().randrange(16000, 20000)
            with open(f"{self.base}/registry.yml", "w") as f:
                f.write(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                        f"storage: {{filesystem: {{rootdirectory: {self.base}/registry}}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n")
            with open(f"{self.base}/registry.log", "w") as log:
                self.registry_process = subprocess.Popen(["docker-registry", "serve", f"{self.base}/registry.yml"], stdout=log, stderr=log)
            for _ in range(100):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1):
                        self.registry = f"localhost:{port}"
                        return
                except OSError:
                    time.sleep(0.1)
                if self.registry_process.poll() is not None:
                    break
            self.registry_process.kill()

    def make_template(self):
        world = World(self, f"{self.base}/template")
        for name in IMAGES:
            world.need("image", "import", "--quiet", f"{self.layouts}/{name}", f"{name}:1")
        if self.registry:
            world.need("image", "import", "--quiet", f"{self.layouts}/new", "new:1")
            world.need("push", "--quiet", "new:1", f"{self.registry}/pulled:1")
            world.need("image", "rm", "new:1")
            self.publish_feature()
        world.need("image", "prune")
        for name in IMAGES:  # what a start notes of an image is there
            world.need("run", f"{name}:1", "true")
        self.canary = world.canary()
        self.template = world.data

    def publish_feature(self):
        """features/tool:1 of the registry."""
        directory = f"{self.base}/tool"
        os.mkdir(directory)
        for name, text in (("devcontainer-feature.json", '{"id": "tool", "version": "1.0.0"}'), ("install.sh", rows.FEATURE)):
            with open(f"{directory}/{name}", "w") as f:
                f.write(text)
        subprocess.run([sys.executable, f"{self.source}/tests/images/push_feature.py", f"{self.registry}/features/tool", directory, "1"],
                       check=True, stdout=subprocess.DEVNULL)

    def know_layers(self):
        """The expected content of each layer, from commands run without faults."""
        self.known_layers = {h for reference in self.references.values() for h in reference["layers"]}

    def knows_layer(self, world, name):
        """The host's /etc may have changed since the references were made: then its layer is made again."""
        hash_ = world.layer_hash(name)
        if hash_ in self.known_layers or not name.startswith("host-"):
            return hash_ in self.known_layers
        fresh = World(self, tempfile.mkdtemp(prefix="host-", dir=self.base))
        fresh.need("run", "host", "true")
        hashes = {n: fresh.layer_hash(n) for n in fresh.layers()}
        fresh.remove()
        self.known_layers |= set(hashes.values())
        return hashes.get(name, hash_) == hash_

    def close(self):
        if self.registry_process:
            self.registry_process.kill()
            self.registry_process.wait()


def take_template(world):
    """The initial store, with a box of another project."""
    subprocess.run(["cp", "-al", world.kit.template, world.data], check=True)
    for entry in list(os.scandir(world.data)):  # the locks are each world's own
        if entry.is_file():
            os.unlink(entry.path)
            shutil.copy2(f"{world.kit.template}/{entry.name}", entry.path)
    world.write("other/sandbox.ini", f"[sandbox]\n{rows.LINGER}image = old:1\n")
    world.need("enter", "--quiet", "./other", "--", "sh", "-c", "printf note >~/note; printf note >/note")
    world.wait_for_nobody()
