"""Many random commands at once on one store; and the same few commands a thousand times.

Something shared may disappear under a command (a box that another one removes), which it then reports in one
line; anything else always works. Afterwards the invariants hold.
"""
import copy
import os
import random
import threading

import checker
from kit import take_template

PROJECTS = 3
STEPS = "image = app:1\n[run]\n1 = echo made >/opt/made\n"

# Weight, the command, its output on success (None: any), may it fail? P is a project, NEW a new
# name.
ACTIONS = [
    (5, ["enter", "--quiet", "./P", "--", "sh", "-c", "cat /etc/who ~/kept 2>/dev/null; echo kept >~/kept"], None, True),
    (5, ["run", "app:1", "cat", "/etc/who"], "app", False),
    (2, ["run", "--disk", "app:1", "cat", "/etc/who"], "app", False),
    (2, ["run", "--detach", "--name", "NEW", "app:1", "sleep", "1"], None, False),
    (3, ["exec", "./P", "true"], None, True),
    (3, ["stop", "-t", "1", "./P"], None, True),
    (3, ["rm", "--force", "./P"], None, True),
    (1, ["enter", "--quiet", "--rebuild", "./P", "--", "true"], None, True),
    (1, ["try", "--quiet", "./P", "--", "sh", "-c", "echo x >file"], None, True),
    (1, ["discard", "--force", "./P"], None, True),
    (4, ["ls", "--json"], None, False),
    (2, ["ps"], None, False),
    (2, ["images", "--names"], None, False),
    (2, ["image", "import", "--quiet", "LAYOUTS/new", "new:1"], None, False),
    (1, ["image", "import", "--quiet", "LAYOUTS/new", "NEW:1"], None, False),
    (1, ["image", "tag", "app:1", "second:1"], None, False),
    (2, ["image", "rm", "new:1"], None, True),
    (3, ["image", "prune"], None, True),
    (1, ["image", "verify"], "", False),
    (1, ["image", "df"], None, False),
]


class Client(threading.Thread):
    """Runs so many commands, one after the other."""

    def __init__(self, world, number, seed, commands):
        super().__init__()
        self.world = copy.copy(world)
        self.world.io = f"{world.path}.io{number}"
        os.makedirs(self.world.io)
        self.number, self.chance, self.wanted = number, random.Random(f"{seed} {number}"), commands
        self.commands, self.broken = 0, []

    def command(self):
        actions = ACTIONS + ([(2, ["pull", "--quiet", f"{self.world.kit.registry}/pulled:1"], None, False)]
                             if self.world.kit.registry else [])
        _, argv, out, may_fail = self.chance.choices(actions, [a[0] for a in actions])[0]
        words = {"P": f"p{self.chance.randrange(PROJECTS)}", "NEW": f"n{self.number}-{self.commands}",
                 "LAYOUTS": self.world.kit.layouts}
        argv = [a if " " in a else next((a.replace(k, v) for k, v in words.items() if k in a), a) for a in argv]
        r = self.world.sandbox(*argv)
        r.crashes, r.left = [], []
        if r.status == "none within the limit":
            self.broken.append(("a hang", str(r)))
        elif r.status in (134, 135, 136, 139):
            self.broken.append(("a crash", str(r)))
        elif r.status != 0 and not may_fail:
            self.broken.append(("a command fails beside others", str(r)))
        elif r.status not in (137, 143, 129):  # the box was ended from under it
            self.broken += [(i, f"{what}: {r}") for i, what in checker.words(r, (125,))]
        if r.status == 0 and out is not None and r.out != out:
            self.broken.append(("status 0, and not all was done", str(r)))

    def run(self):
        while self.commands < self.wanted and len(self.broken) < 20:
            self.command()
            self.commands += 1


def storm(world, seed, commands, clients=6):
    """Returns (number of commands, [broken])."""
    take_template(world)
    for i in range(PROJECTS):
        world.write(f"p{i}/sandbox.ini", "[sandbox]\nlinger = 0\n" + (STEPS if i else "image = app:1\n"))
    threads = [Client(world, i, seed, commands // clients) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    broken = [b for thread in threads for b in thread.broken]
    broken += checker.leaks(world) + checker.store(world) + checker.index_is_refs(world)
    broken += checker.witnesses(world) + checker.clear(world) + checker.leaks(world)
    return sum(thread.commands for thread in threads), broken


def cycles(world, times):
    """Runs the same few commands that many times, half of them in a persistent box; returns [broken]."""
    take_template(world)
    for name in ("p", "q"):
        world.write(f"{name}/sandbox.ini", "[sandbox]\nlinger = forever\nimage = app:1\n")
    broken, first = [], None
    for i in range(times):
        for argv in (["enter", "--quiet", "./p", "--", "true"], ["stop", "-t", "1", "./p"],
                     ["enter", "--quiet", "./q", "--", "true"], ["rm", "--force", "./q"]):
            r = world.sandbox(*argv)
            if r.status != 0:
                broken.append(("a cycle fails", f"{i}: {r}"))
        if i == 0 or i == times - 1 or i % 100 == 99:
            broken += checker.leaks(world)
            now = {p for p in world.listing() if "/boxes/" not in p}
            first = first or now
            broken += [("leaked in a cycle", f"{i}: {p}") for p in sorted(now - first)]
        if len(broken) > 20:
            break
    return broken + checker.clear(world) + checker.leaks(world)
