"""A cluster starts again whatever its last server left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.local import binaries as binaries_module
from config.local import cluster as cluster_module
from config.local import processes
from config.local.binaries import Binaries, find_binaries
from config.local.cluster import Cluster, server_settings, shared_memory_is_usable
from config.local.console import Refusal
from config.local.identity import Identity, can_enter, server_identity
from config.local.places import Places


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    (tmp_path / "data").mkdir()
    binaries = Binaries(directory=Path("/nowhere"), major=18)
    return Cluster(home=tmp_path, binaries=binaries, identity=None, durable=True)


def test_a_pid_file_that_names_a_stranger_is_removed_and_the_stranger_lives(
    cluster: Cluster,
) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lock = cluster.data / "postmaster.pid"
    lock.write_text(f"{stranger.pid}\n{cluster.data}\n")

    cluster.clear_the_way()

    assert not lock.exists()
    assert stranger.poll() is None
    stranger.communicate(b"\n")


def test_a_pid_file_that_names_a_zombie_is_removed(cluster: Cluster) -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    lock = cluster.data / "postmaster.pid"
    lock.write_text(f"{zombie.pid}\n")

    cluster.clear_the_way()

    assert not lock.exists()
    zombie.wait()


@pytest.mark.parametrize("content", ["", "\n", "not a number\n"])
def test_a_spoilt_pid_file_is_removed(cluster: Cluster, content: str) -> None:
    lock = cluster.data / "postmaster.pid"
    lock.write_text(content)

    cluster.clear_the_way()

    assert not lock.exists()


@pytest.mark.skipif(not processes.is_proc_mounted(), reason="/proc isn't mounted")
def test_a_server_of_this_directory_is_ended(cluster: Cluster) -> None:
    # A copy of a small program under the server's name, at work where a server works.
    program = cluster.home / "postgres"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    left = subprocess.Popen([program, "60"], cwd=cluster.data)
    # `Popen` returns a moment before the kernel gives the process its new name.
    assert processes.wait_until(lambda: processes.servers_of(cluster.data) == [left.pid], seconds=5)

    cluster.clear_the_way()

    assert left.wait(timeout=5) != 0


def test_a_made_cluster_is_left_as_it_is(cluster: Cluster) -> None:
    (cluster.data / "PG_VERSION").write_text("18\n")

    cluster.ensure_made(password="unused")


def test_only_a_throw_away_cluster_may_lose_commits() -> None:
    assert server_settings(durable=True)["fsync"] == "on"
    assert server_settings(durable=True)["synchronous_commit"] == "on"
    assert server_settings(durable=False)["fsync"] == "off"


def test_shared_memory_that_only_its_owner_can_write_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    assert not shared_memory_is_usable(tmp_path)
    assert not shared_memory_is_usable(tmp_path / "absent")


def test_shared_memory_that_is_too_small_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o1777)
    monkeypatch.setattr(cluster_module, "SHARED_MEMORY_LEAST_BYTES", 0)
    assert shared_memory_is_usable(tmp_path)

    monkeypatch.setattr(cluster_module, "SHARED_MEMORY_LEAST_BYTES", 2**60)
    assert not shared_memory_is_usable(tmp_path)


def _never(what: str) -> Path:
    raise AssertionError(what)


def test_falls_back_to_the_machines_postgresql_when_the_wheel_is_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries_module, "wheel_directory", lambda: None)
    monkeypatch.setattr(binaries_module, "_machine_directories", lambda: iter([Path("/pg15")]))
    monkeypatch.setattr(binaries_module, "major_version", lambda directory, identity: 15)

    found = find_binaries(identity=None, shelter=lambda: _never("copied"), major=None)

    assert found == Binaries(Path("/pg15"), 15)


def test_passes_over_versions_that_are_too_old_or_not_the_datas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions = {Path("/pg14"): 14, Path("/pg18"): 18, Path("/pg16"): 16}
    monkeypatch.setattr(binaries_module, "wheel_directory", lambda: None)
    monkeypatch.setattr(binaries_module, "_machine_directories", lambda: iter(versions))
    monkeypatch.setattr(
        binaries_module, "major_version", lambda directory, identity: versions[directory]
    )

    found = find_binaries(identity=None, shelter=lambda: _never("copied"), major=16)

    assert found.major == 16
    with pytest.raises(Refusal, match="make clean"):
        find_binaries(identity=None, shelter=lambda: _never("copied"), major=17)


def test_copies_the_wheel_with_its_libraries_where_the_servers_user_can_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site-packages"
    (site / "some_postgres" / "pginstall" / "bin").mkdir(parents=True)
    (site / "some_postgres.libs").mkdir()
    (site / "some_postgres.libs" / "libpq.so").write_bytes(b"x")
    shelter = tmp_path / "shelter"
    shelter.mkdir()
    monkeypatch.setattr(
        binaries_module, "wheel_directory", lambda: site / "some_postgres" / "pginstall"
    )
    monkeypatch.setattr(
        binaries_module,
        "major_version",
        lambda directory, identity: 18 if shelter in directory.parents else None,
    )

    found = find_binaries(identity=Identity(1, 1), shelter=lambda: shelter, major=None)

    assert found.directory == shelter / "some_postgres" / "pginstall" / "bin"
    assert (shelter / "some_postgres.libs" / "libpq.so").exists()


def test_another_user_cannot_enter_what_lies_in_a_closed_directory(tmp_path: Path) -> None:
    inside = tmp_path / "closed" / "inside"
    inside.mkdir(parents=True)
    stranger = Identity(tmp_path.stat().st_uid + 1, tmp_path.stat().st_gid + 1)
    inside.parent.chmod(0o700)

    assert not can_enter(inside, stranger)


def test_root_runs_the_server_as_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    identity = server_identity()
    assert identity is not None
    assert identity.uid != 0

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert server_identity() is None


def test_goes_outside_a_clone_that_the_servers_user_cannot_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    monkeypatch.setattr("config.local.places.can_enter", lambda place, identity: False)
    places = Places(clone=clone, identity=Identity(1, 1), outside_parent=tmp_path / "lib")

    home = places.server_home()

    assert home.parent == tmp_path / "lib"
    assert (clone / "var" / "outside").read_text().strip() == str(home)
    assert Places(tmp_path / "other", Identity(1, 1), tmp_path / "lib").outside != home
